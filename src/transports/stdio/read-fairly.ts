import type { Readable } from 'node:stream';

/** What Node reads at once if there is as much. */
const FULL_READ = 64 * 1024;
/** Full reads in a row after which everybody else gets a turn. */
const READS_A_TURN = 4;

/**
 * Hands on what arrives on a pipe. As long as there is more, Node would read up to 2 MiB before it turns to anything
 * else: twenty thousand notifications in one go (F-058). A pipe that is read empty costs nothing more.
 */
export function readFairly(stream: Readable, sink: { push(chunk: Buffer): void }): void {
  let reads = 0;
  stream.on('data', (chunk: Buffer) => {
    sink.push(chunk);
    if (chunk.length < FULL_READ) {
      reads = 0;
    } else if (++reads === READS_A_TURN) {
      reads = 0;
      stream.pause();
      setImmediate(() => stream.resume());
    }
  });
}
