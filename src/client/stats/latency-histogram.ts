/** Buckets grow by this factor: a percentile is exact to about 9 %. */
const GROWTH = 1.09;
const SMALLEST_MS = 0.01;
/** Enough buckets to reach beyond an hour. */
const BUCKETS = 240;

/** What a bucket holds. */
const MAX_COUNT = 2 ** 32 - 1;

const LOG_GROWTH = Math.log(GROWTH);

/** What a histogram has counted: plain, so that it can be kept and added to another one. */
export interface LatencyTotals {
  readonly sumMs: number;
  readonly maxMs: number;
  /** Bucket and how many values fell into it; empty ones are left out. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/** Latencies of any number of calls in constant memory. */
export class LatencyHistogram {
  /** Those from {@link #first} on that were needed so far: the latencies of one server lie close together. */
  #counts: number[] = [];
  /** Number of the bucket that comes first. */
  #first = 0;
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  add(ms: number): void {
    // First the place: finding it may put another array there.
    const place = this.#placeOf(bucketOf(ms));
    this.#counts[place]!++;
    this.#count++;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  totals(): LatencyTotals {
    const buckets = this.#counts.flatMap((count, place) =>
      count === 0 ? [] : [[this.#first + place, count] as const],
    );
    return { sumMs: this.#sumMs, maxMs: this.#maxMs, buckets };
  }

  /** Goes on from what another histogram has counted. */
  addTotals({ sumMs, maxMs, buckets }: LatencyTotals): void {
    for (const [bucket, count] of buckets) {
      const place = this.#placeOf(bucket);
      const sum = Math.min(MAX_COUNT, this.#counts[place]! + count);
      this.#count += sum - this.#counts[place]!;
      this.#counts[place] = sum;
    }
    this.#sumMs += sumMs;
    this.#maxMs = Math.max(this.#maxMs, maxMs);
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
    for (const [place, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= rank) return Math.min(this.#maxMs, SMALLEST_MS * GROWTH ** (this.#first + place + 0.5));
    }
    return this.#maxMs;
  }

  /** Where the count of a bucket stands; room is made for it if it lies outside of what was needed so far. */
  #placeOf(bucket: number): number {
    const place = bucket - this.#first;
    return place >= 0 && place < this.#counts.length ? place : this.#makeRoom(bucket);
  }

  #makeRoom(bucket: number): number {
    const isEmpty = this.#counts.length === 0;
    const first = isEmpty ? bucket : Math.min(this.#first, bucket);
    const end = isEmpty ? bucket : Math.max(this.#first + this.#counts.length - 1, bucket);
    const counts = Array.from({ length: end - first + 1 }, () => 0);
    for (const [place, count] of this.#counts.entries()) counts[this.#first - first + place] = count;
    this.#counts = counts;
    this.#first = first;
    return bucket - first;
  }
}

function bucketOf(ms: number): number {
  if (!(ms > SMALLEST_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.floor(Math.log(ms / SMALLEST_MS) / LOG_GROWTH));
}

/** Reads totals from a file that anybody may have written to; undefined if they are not sound. */
export function readLatencyTotals(saved: unknown): LatencyTotals | undefined {
  const { sumMs, maxMs, buckets } = (saved ?? {}) as Partial<Record<keyof LatencyTotals, unknown>>;
  if (!isDuration(sumMs) || !isDuration(maxMs) || !Array.isArray(buckets) || buckets.length > BUCKETS) {
    return undefined;
  }
  const read = new Map<number, number>();
  for (const pair of buckets as unknown[]) {
    const [bucket, count] = (Array.isArray(pair) ? pair : []) as unknown[];
    if (!isWhole(bucket, BUCKETS - 1) || !isWhole(count, MAX_COUNT) || read.has(bucket)) return undefined;
    read.set(bucket, count);
  }
  return { sumMs, maxMs, buckets: [...read] };
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function isWhole(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}
