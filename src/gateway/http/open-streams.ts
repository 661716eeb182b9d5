import type { ServerResponse } from 'node:http';

/** An open event stream and how it ends in good order. */
interface OpenStream {
  finish(): void;
}

/** The event streams that stay open: bounded in number, and ended together. */
export class OpenStreams {
  readonly #max: number;
  readonly #open: Set<OpenStream> = new Set();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#open.size;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#max;
  }

  /**
   * Keeps a stream until its response closes.
   *
   * @param finish ends it in good order, @param released called once when it is gone, however that came
   */
  add(response: ServerResponse, finish: () => void, released: () => void): void {
    const stream: OpenStream = { finish };
    this.#open.add(stream);
    response.once('close', () => {
      this.#open.delete(stream);
      released();
    });
  }

  finishAll(): void {
    for (const stream of [...this.#open]) stream.finish();
  }
}
