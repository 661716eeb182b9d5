import type { Writable } from 'node:stream';
import type { ChangeSink } from '../eras/subscription.ts';

/** Writes messages as lines. What may be dropped is dropped for a reader that is behind (S19). */
export class LineWriter implements ChangeSink {
  readonly #output: Writable;
  readonly #bufferedBytes: number;
  readonly #late: Map<string, string> = new Map();
  readonly #onDrain = (): void => {
    for (const [key, text] of [...this.#late]) {
      this.#late.delete(key);
      this.send(text);
    }
  };
  #isOver = false;

  constructor(output: Writable, bufferedBytes: number) {
    this.#output = output;
    this.#bufferedBytes = bufferedBytes;
    output.on('drain', this.#onDrain);
  }

  /** True if so much waits that no more work should be taken on. */
  get isBehind(): boolean {
    // Below its high-water mark a stream never says that it has drained: whoever waited would wait for ever.
    return this.#output.writableLength >= Math.max(this.#bufferedBytes, this.#output.writableHighWaterMark);
  }

  send(text: string): void {
    if (!this.#isOver && !this.#output.destroyed) this.#output.write(`${text}\n`);
  }

  sendIfRoom(text: string): void {
    if (!this.isBehind) this.send(text);
  }

  sendLatest(key: string, text: string): void {
    if (this.isBehind) this.#late.set(key, text);
    else this.send(text);
  }

  /** Stops writing and resolves when all has left. The stream stays its owner's: it is not ended. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#output.off('drain', this.#onDrain);
    if (this.#output.destroyed || this.#output.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#output.off('drain', done);
        this.#output.off('close', done);
        this.#output.off('error', done);
        resolve();
      };
      this.#output.write('', done);
      this.#output.once('close', done);
      this.#output.once('error', done);
    });
  }
}
