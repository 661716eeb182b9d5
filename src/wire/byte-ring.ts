/** Keeps the last bytes of a stream, such as a server's stderr: memory stays flat however much is written (F-022). */
export class ByteRing {
  readonly #capacity: number;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #total = 0;

  /** @param capacity how many bytes are kept */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Bytes seen since the beginning. */
  get totalBytes(): number {
    return this.#total;
  }

  push(chunk: Buffer): void {
    this.#total += chunk.length;
    // A copy: holding a slice would keep the whole pooled buffer of the stream alive.
    this.#chunks.push(Buffer.from(chunk.length > this.#capacity ? chunk.subarray(-this.#capacity) : chunk));
    this.#bytes += Math.min(chunk.length, this.#capacity);
    while (this.#chunks.length > 1 && this.#bytes - this.#chunks[0]!.length >= this.#capacity) {
      this.#bytes -= this.#chunks.shift()!.length;
    }
  }

  /** What is kept, as text: at most the capacity, invalid bytes replaced. */
  text(): string {
    const all = Buffer.concat(this.#chunks);
    return all.subarray(Math.max(0, all.length - this.#capacity)).toString('utf8');
  }

  /** The last `count` lines that are not blank. */
  lastLines(count: number): string[] {
    return this.text()
      .split(/\r?\n/u)
      .filter((line) => line.trim() !== '')
      .slice(-count);
  }
}
