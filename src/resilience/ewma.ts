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
  readonly #halfLifeMs: number;
  #value = 0;
  /** 0: there is no value yet. */
  #weight = 0;
  #addedAt = 0;

  constructor(options: EwmaOptions = {}, environment: ResilienceEnvironment = {}) {
    const rules = { halfLifeMs: { above: 0 } };
    this.#halfLifeMs = resolveNumbers('Ewma', EWMA_DEFAULTS, rules, options).halfLifeMs;
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
    // `exp` is cheaper than a power of two. The first value has all the weight there is, and so is the average.
    this.#weight = this.#weight * Math.exp((-Math.LN2 * ageMs) / this.#halfLifeMs) + 1;
    this.#addedAt = now;
    this.#value += (value - this.#value) / this.#weight;
  }

  /** The average; undefined without any value. It does not change by waiting. */
  get value(): number | undefined {
    return this.#weight === 0 ? undefined : this.#value;
  }

  clear(): void {
    this.#value = 0;
    this.#weight = 0;
  }
}
