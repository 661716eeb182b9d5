import type { Clock } from '../core/clock.ts';
import { type ResilienceEnvironment, resolveEnvironment } from './environment.ts';
import { type NumberRule, resolveNumbers } from './number-options.ts';

/** How far back a {@link SlidingWindow} looks. */
export interface SlidingWindowOptions {
  /** Length of the window, in ms. Default 30 000. */
  readonly windowMs?: number | undefined;
  /** Number of buckets: the window forgets in steps of `windowMs / buckets`. Default 10, at most 1 000. */
  readonly buckets?: number | undefined;
}

/** Frozen. */
export const SLIDING_WINDOW_DEFAULTS: Readonly<Record<keyof SlidingWindowOptions, number>> = Object.freeze({
  windowMs: 30_000,
  buckets: 10,
});

const RULES: Readonly<Record<keyof SlidingWindowOptions, NumberRule>> = {
  windowMs: { above: 0 },
  buckets: { min: 1, max: 1000, whole: true },
};

/** What the calls of a window came to. */
export interface WindowCounts {
  readonly calls: number;
  readonly failures: number;
  /** Slow calls, whether they failed or not. */
  readonly slow: number;
}

/** No buckets: of all windows in which nothing was counted. */
const NONE: number[] = [];

/**
 * Counts calls, failed calls and slow calls of the last `windowMs`. Constant memory, constant time, however many
 * calls there are.
 */
export class SlidingWindow {
  readonly #clock: Clock;
  readonly #bucketMs: number;
  readonly #buckets: number;
  // Plain arrays: a typed one takes 200 bytes beside its numbers. Each is there once something was counted in it, and is
  // as long as was needed so far: a server that is used for a moment fills one bucket.
  #callsIn = NONE;
  #failuresIn = NONE;
  #slowIn = NONE;
  #calls = 0;
  #failures = 0;
  #slow = 0;
  /** Number of the present bucket since the beginning of time. */
  #present: number;
  /** Number of a bucket that has the first place. */
  #origin: number;

  constructor(options: SlidingWindowOptions = {}, environment: ResilienceEnvironment = {}) {
    const { windowMs, buckets } = resolveNumbers('SlidingWindow', SLIDING_WINDOW_DEFAULTS, RULES, options);
    this.#clock = resolveEnvironment(environment).clock;
    this.#bucketMs = windowMs / buckets;
    this.#buckets = buckets;
    this.#present = this.#bucketAt(this.#clock.now());
    this.#origin = this.#present;
  }

  /**
   * Notes a call that succeeded.
   *
   * @param now `now()` of the clock, where the caller has just read it
   */
  succeeded(isSlow: boolean = false, now: number = this.#clock.now()): void {
    this.#count(isSlow, now);
  }

  /** Notes a call that failed; see {@link succeeded}. */
  failed(isSlow: boolean = false, now: number = this.#clock.now()): void {
    const at = this.#count(isSlow, now);
    if (at >= this.#failuresIn.length) this.#failuresIn = longer(this.#failuresIn, at);
    this.#failuresIn[at]!++;
    this.#failures++;
  }

  get calls(): number {
    this.#forgetOld();
    return this.#calls;
  }

  get failures(): number {
    this.#forgetOld();
    return this.#failures;
  }

  get slow(): number {
    this.#forgetOld();
    return this.#slow;
  }

  /** Share of calls that failed, 0–1; 0 without any call. */
  get failureRatio(): number {
    this.#forgetOld();
    return this.#calls === 0 ? 0 : this.#failures / this.#calls;
  }

  /** Share of calls that were slow, 0–1; 0 without any call. */
  get slowRatio(): number {
    this.#forgetOld();
    return this.#calls === 0 ? 0 : this.#slow / this.#calls;
  }

  /** A plain copy of the counts. */
  counts(): WindowCounts {
    this.#forgetOld();
    return { calls: this.#calls, failures: this.#failures, slow: this.#slow };
  }

  clear(): void {
    this.#origin = this.#present;
    this.#callsIn = NONE;
    this.#failuresIn = NONE;
    this.#slowIn = NONE;
    this.#calls = 0;
    this.#failures = 0;
    this.#slow = 0;
  }

  /** @returns the place of the present bucket */
  #count(isSlow: boolean, now: number): number {
    this.#forgetOld(now);
    const at = this.#placeOf(this.#present);
    if (at >= this.#callsIn.length) this.#callsIn = longer(this.#callsIn, at);
    this.#callsIn[at]!++;
    this.#calls++;
    if (isSlow) {
      if (at >= this.#slowIn.length) this.#slowIn = longer(this.#slowIn, at);
      this.#slowIn[at]!++;
      this.#slow++;
    }
    return at;
  }

  #bucketAt(now: number): number {
    return Math.floor(now / this.#bucketMs);
  }

  #placeOf(bucket: number): number {
    return (bucket - this.#origin) % this.#buckets;
  }

  #forgetOld(now: number = this.#clock.now()): void {
    const present = this.#bucketAt(now);
    const last = this.#present;
    if (present <= last) return;
    this.#present = present;
    // After a long silence every bucket is old.
    if (present - last >= this.#buckets) {
      this.clear();
      return;
    }
    for (let bucket = last + 1; bucket <= present; bucket++) {
      const at = this.#placeOf(bucket);
      this.#calls -= taken(this.#callsIn, at);
      this.#failures -= taken(this.#failuresIn, at);
      this.#slow -= taken(this.#slowIn, at);
    }
  }
}

/** The buckets, and empty ones up to this place. */
function longer(buckets: readonly number[], at: number): number[] {
  return Array.from({ length: at + 1 }, (_, place) => buckets[place] ?? 0);
}

/** What a bucket held, which is empty then. */
function taken(buckets: number[], at: number): number {
  if (at >= buckets.length) return 0;
  const count = buckets[at]!;
  buckets[at] = 0;
  return count;
}
