import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { type Deferred, deferred } from '../../core/deferred.ts';

/** Waits for a piece of plain text in the output of a process, on whichever stream it appears. */
export class OutputWatch {
  readonly #seen: Deferred<void> = deferred<void>();
  readonly #release: (() => void)[] = [];

  constructor(streams: readonly Readable[], wanted: string) {
    for (const stream of streams) {
      const decoder = new StringDecoder('utf8');
      // Only so much is kept as can be the beginning of the text.
      let rest = '';
      const look = (chunk: Buffer): void => {
        const text = rest + decoder.write(chunk);
        if (text.includes(wanted)) {
          this.#seen.resolve();
          this.stop();
        } else {
          rest = wanted.length > 1 ? text.slice(1 - wanted.length) : '';
        }
      };
      stream.on('data', look);
      this.#release.push(() => stream.off('data', look));
    }
  }

  get seen(): Promise<void> {
    return this.#seen.promise;
  }

  stop(): void {
    for (const release of this.#release.splice(0)) release();
  }
}
