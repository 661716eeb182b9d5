/** Buckets grow by this factor: a percentile is exact to about 9 %. */
const GROWTH = 1.09;
const SMALLEST_MS = 0.01;
/** Enough buckets to reach beyond an hour. */
const BUCKETS = 240;

const LOG_GROWTH = Math.log(GROWTH);

/** Latencies of any number of calls in constant memory. */
export class LatencyHistogram {
  readonly #buckets: Uint32Array = new Uint32Array(BUCKETS);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  add(ms: number): void {
    this.#buckets[bucketOf(ms)]!++;
    this.#count++;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  get count(): number {
    return this.#count;
  }

  /** Average in ms; 0 without any value. */
  get average(): number {
    return this.#count === 0 ? 0 : this.#sumMs / this.#count;
  }

  get max(): number {
    return this.#maxMs;
  }

  /** The value in ms below which the share `q` (0–1) of all values lies; 0 without any value. */
  percentile(q: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.#buckets[index]!;
      if (seen >= rank) return Math.min(this.#maxMs, SMALLEST_MS * GROWTH ** (index + 0.5));
    }
    return this.#maxMs;
  }
}

function bucketOf(ms: number): number {
  if (!(ms > SMALLEST_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.floor(Math.log(ms / SMALLEST_MS) / LOG_GROWTH));
}
