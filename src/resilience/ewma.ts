import type { Clock } from '../core/clock.ts';
import { type ResilienceEnvironment, resolveEnvironment } from './environment.ts';
import { resolveNumbers } from './number-options.ts';

/** How fast an {@link Ewma} forgets. */
export interface EwmaOptions {
  /** After this time a value weighs half as much, in ms. Default 30 000. */
  readonly halfLifeMs?: number | undefined;
}

/** Frozen. */
export const EWMA_DEFAULTS: Readonly<Record<keyof EwmaOptions, number>> = Object.freeze({
  halfLifeMs: 30_000,
});

/**
 * A moving average in which each value weighs `2^(−age / halfLifeMs)`: of latencies, for one.
 *
 * It forgets by time and not by number of values: a burst of calls does not wipe out the last minute, and the first
 * call after a quiet hour counts at once.
 */
export class Ewma {
  readonly #clock: Clock;
  /** Logarithm of what a weight is multiplied with in a millisecond: `exp` is cheaper than a power of two. */
  readonly #decayPerMs: number;
  #value: number | undefined;
  #weight = 0;
  #addedAt = 0;

  constructor(options: EwmaOptions = {}, environment: ResilienceEnvironment = {}) {
    const rules = { halfLifeMs: { above: 0 } };
    this.#decayPerMs = -Math.LN2 / resolveNumbers('Ewma', EWMA_DEFAULTS, rules, options).halfLifeMs;
    this.#clock = resolveEnvironment(environment).clock;
  }

  /**
   * Adds a value. What is not a finite number is ignored.
   *
   * @param now `now()` of the clock, where the caller has just read it
   */
  add(value: number, now: number = this.#clock.now()): void {
    if (!Number.isFinite(value)) return;
    const ageMs = Math.max(0, now - this.#addedAt);
    this.#weight = this.#weight * Math.exp(ageMs * this.#decayPerMs) + 1;
    this.#addedAt = now;
    this.#value = this.#value === undefined ? value : this.#value + (value - this.#value) / this.#weight;
  }

  /** The average; undefined without any value. It does not change by waiting. */
  get value(): number | undefined {
    return this.#value;
  }

  clear(): void {
    this.#value = undefined;
    this.#weight = 0;
  }
}
