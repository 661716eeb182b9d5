import { writeSync } from 'node:fs';

/** How long to wait for a full pipe before it is tried again, in ms. */
const FULL_PIPE_MS = 2;

/**
 * Blocks until all is written: what was written before a kill has left then. `process.stdout` does not promise that,
 * it queues what a full pipe refuses.
 */
export function writeAll(fd: number, data: Buffer | string): void {
  const bytes = Buffer.from(data);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // Somebody made the pipe non-blocking. There is nothing else to do meanwhile.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_MS);
    }
  }
}
