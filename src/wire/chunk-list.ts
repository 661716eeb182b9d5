import { joinedBytes } from './joined-bytes.ts';

/**
 * Loose chunks are joined when there are this many: a peer that sends byte by byte must not make us hold an object
 * for each of them.
 */
const JOIN_CHUNKS = 1024;

/** Pieces of a frame that is not whole yet: held as they came and joined once, so the cost is linear (F-034). */
export class ChunkList {
  #chunks: Buffer[] = [];
  /** How many at the end of the list have not been joined yet. */
  #loose = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
    this.#loose++;
    if (this.#loose === JOIN_CHUNKS) {
      this.#chunks.push(Buffer.concat(this.#chunks.splice(-JOIN_CHUNKS)));
      this.#loose = 0;
    }
  }

  /**
   * Everything held, with `last` behind it; the list is empty afterwards. A lone piece is not copied; what was joined is good
   * until the next `take` of any list ({@link joinedBytes}).
   */
  take(last: Buffer): Buffer {
    if (this.#chunks.length === 0) return last;
    this.#chunks.push(last);
    const whole = joinedBytes(this.#chunks, this.#bytes + last.length);
    this.clear();
    return whole;
  }

  clear(): void {
    this.#chunks = [];
    this.#loose = 0;
    this.#bytes = 0;
  }
}
