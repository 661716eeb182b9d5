import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../core/clock.ts';
import { MAX_REQUEST_BYTES } from './control-protocol.ts';

/** How long whoever asks may take for a request, and to read what it was given, in ms. */
const PATIENCE_MS = 10_000;

const LINE_FEED = 0x0a;

/** One asker: gives one request, reads what it is given, and is dropped if it takes too long for either. */
export class ControlConnection {
  /** Fires when nobody reads any more. */
  readonly gone: AbortSignal;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #patience: Timer | undefined;

  constructor(socket: Socket, clock: Clock, asked: (line: string) => Promise<void>) {
    this.#socket = socket;
    this.#clock = clock;
    const gone = new AbortController();
    this.gone = gone.signal;
    this.#wait();
    const read = (chunk: Buffer): void => {
      this.#bytes += chunk.length;
      this.#chunks.push(chunk);
      const end = chunk.indexOf(LINE_FEED);
      if (end < 0 && this.#bytes <= MAX_REQUEST_BYTES) return;
      socket.off('data', read);
      if (this.#bytes > MAX_REQUEST_BYTES) {
        this.destroy();
        return;
      }
      this.#patience?.cancel();
      // Whatever else it says is not read, but its end is noticed.
      socket.resume();
      const line = Buffer.concat(this.#chunks).toString('utf8');
      void asked(line.slice(0, line.indexOf('\n')));
    };
    socket.on('data', read);
    socket.on('error', () => this.destroy());
    socket.once('end', () => {
      // Half a request is none. Who has asked may well have closed its side.
      if (socket.listeners('data').includes(read)) this.destroy();
    });
    socket.once('close', () => {
      this.#patience?.cancel();
      gone.abort();
    });
  }

  /** Resolves when there is room for more: false if there never will be. */
  async write(line: string): Promise<boolean> {
    const socket = this.#socket;
    if (this.gone.aborted) return false;
    if (socket.write(line)) return true;
    this.#wait();
    await new Promise<void>((resolve) => {
      const done = (): void => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.once('drain', done);
      socket.once('close', done);
    });
    this.#patience?.cancel();
    return !this.gone.aborted;
  }

  end(line: string): void {
    if (this.gone.aborted) return;
    this.#wait();
    this.#socket.end(line);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #wait(): void {
    this.#patience?.cancel();
    this.#patience = this.#clock.setTimeout(() => this.destroy(), PATIENCE_MS);
    this.#patience.unref();
  }
}
