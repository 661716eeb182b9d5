import type { Random } from '../core/random.ts';

/** How delays between attempts grow. */
export interface BackoffOptions {
  /** Upper bound of the first delay, in ms. Default 500. */
  readonly baseMs: number;
  /** Upper bound of any delay, in ms. Default 30 000. */
  readonly maxMs: number;
}

/**
 * Exponential backoff with full jitter: a delay is chosen evenly from 0 to `baseMs · 2^attempt`, capped at `maxMs`,
 * so that many clients of one failed server do not come back together.
 *
 * @param attempt number of failed attempts before this delay, counted from 0
 */
export function fullJitter(attempt: number, options: BackoffOptions, random: Random): number {
  const bound = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(attempt, 30));
  return random() * bound;
}
