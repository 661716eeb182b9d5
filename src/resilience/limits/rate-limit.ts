import type { Clock } from '../../core/clock.ts';
import { LateSet } from '../../core/late-set.ts';
import { type ResilienceEnvironment, resolveEnvironment } from '../environment.ts';
import { checkNumber, type NumberRule, resolveNumbers } from '../number-options.ts';
import { Waiter, type WaitOptions } from './waiter.ts';
import { WakeUp } from './wake-up.ts';

/** How much may be taken how fast. */
export interface RateLimitOptions {
  /** Tokens that come back per second. Default Infinity: only the server's pauses hold. */
  readonly perSecond?: number | undefined;
  /** Tokens of a full bucket, at least 1. Default: `perSecond`, rounded up. */
  readonly burst?: number | undefined;
  /** How many may wait for tokens. Default 256; 0: nobody waits. */
  readonly maxQueued?: number | undefined;
  /** Longest pause that is taken from a server, in ms; longer ones are cut to it. Default 60 000. */
  readonly maxPauseMs?: number | undefined;
}

/** `burst` follows `perSecond` where it is not given. Frozen. */
export const RATE_LIMIT_DEFAULTS: Readonly<Record<keyof RateLimitOptions, number>> = Object.freeze({
  perSecond: Number.POSITIVE_INFINITY,
  burst: Number.POSITIVE_INFINITY,
  maxQueued: 256,
  maxPauseMs: 60_000,
});

const RULES: Readonly<Record<keyof RateLimitOptions, NumberRule>> = {
  perSecond: { above: 0, orInfinity: true },
  burst: { min: 1, orInfinity: true },
  maxQueued: { min: 0, whole: true },
  maxPauseMs: { above: 0, orInfinity: true },
};

/** How to wait for tokens. */
export interface TakeOptions extends WaitOptions {
  /** How many. Default 1. */
  readonly tokens?: number | undefined;
}

/** Nothing was taken. */
export interface RateLimitRefusal {
  /**
   * `rate-limited`: the tokens do not come before the deadline. `paused`: the server's pause does not end before it.
   * `deadline`: it has passed. `queue-full`: too many wait already. `aborted`: the signal fired.
   * `cancelled`: by {@link RateLimit.cancelAll}.
   */
  readonly reason: 'rate-limited' | 'paused' | 'deadline' | 'queue-full' | 'aborted' | 'cancelled';
  /** When the tokens would be there, in ms from now. */
  readonly retryAfterMs: number;
}

/** Plain and serialisable. */
export interface RateLimitSnapshot {
  /** Tokens at hand; undefined without any limit. */
  readonly tokens: number | undefined;
  readonly queued: number;
  /** How long a server's pause still lasts, in ms. */
  readonly pausedForMs: number;
}

type TokenWaiter = Waiter<number, RateLimitRefusal>;

/** What sums of fractions may be off by, in tokens. */
const TOLERANCE = 1e-6;

/** Timers are late by about this much. What a full bucket would lose meanwhile belongs to those who wait. */
const TIMER_SLACK_MS = 20;

/**
 * A token bucket: `burst` calls at once, `perSecond` in the long run, first come, first served.
 *
 * A server that asks for a pause (Retry-After) gets it: nothing is taken until then, and afterwards the bucket holds
 * a single token, so that what has waited comes back at the rate and not as a burst.
 */
export class RateLimit {
  readonly #options: Readonly<Record<keyof RateLimitOptions, number>>;
  readonly #clock: Clock;
  /** In the order of their coming. */
  readonly #waiters: LateSet<TokenWaiter> = new LateSet();
  /** Set to when the first waiter gets what it waits for. Made when the first one comes. */
  #wakeUp: WakeUp | undefined;
  #tokens: number;
  /** Until when `#tokens` is right: the end of a pause lies ahead. */
  #filledAt: number;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** What was there when the last pause began. */
  #beforePause: { readonly tokens: number; readonly at: number } | undefined;

  constructor(options: RateLimitOptions = {}, environment: ResilienceEnvironment = {}) {
    const resolved = resolveNumbers('RateLimit', RATE_LIMIT_DEFAULTS, RULES, options);
    const burst = options.burst ?? Math.max(1, Math.ceil(resolved.perSecond));
    this.#options = burst === resolved.burst ? resolved : { ...resolved, burst };
    this.#clock = resolveEnvironment(environment).clock;
    this.#tokens = burst;
    this.#filledAt = this.#clock.now();
  }

  /**
   * Takes tokens if they are there and nobody waits for them.
   * @throws SignalboxError INVALID_ARGUMENT for more tokens than a full bucket holds
   */
  tryTake(tokens: number = 1): boolean {
    // One token every bucket can hold.
    if (tokens !== 1) this.#check(tokens);
    if (this.#isFree) return true;
    return this.#waiters.size === 0 && this.#takeNow(tokens, this.#clock.now());
  }

  /** When tokens would be there for one who asked now, in ms from now: behind all who wait already. */
  waitTime(tokens: number = 1): number {
    this.#check(tokens);
    let ahead = 0;
    for (const waiter of this.#waiters) ahead += waiter.wish;
    return this.#waitFor(ahead + tokens, this.#clock.now());
  }

  /**
   * Takes tokens, or waits for them. Undefined: they are taken. Whoever's deadline lies before its turn is refused
   * at once instead of waiting in vain.
   * @throws SignalboxError INVALID_ARGUMENT for more tokens than a full bucket holds
   */
  async take(options: TakeOptions = {}): Promise<RateLimitRefusal | undefined> {
    const { tokens = 1, signal, deadlineAt = Number.POSITIVE_INFINITY } = options;
    const waitMs = this.waitTime(tokens);
    const now = this.#clock.now();
    if (signal?.aborted === true) return { reason: 'aborted', retryAfterMs: waitMs };
    if (deadlineAt <= now) return { reason: 'deadline', retryAfterMs: waitMs };
    if (this.tryTake(tokens)) return undefined;
    if (now + waitMs >= deadlineAt) return this.#tooLate(waitMs, now);
    if (this.#waiters.size >= this.#options.maxQueued) return { reason: 'queue-full', retryAfterMs: waitMs };
    const waiter: TokenWaiter = new Waiter(tokens, options, (aborted) => this.#leave(aborted, 'aborted'));
    this.#waiters.add(waiter);
    this.#plan(now);
    return await waiter.settled;
  }

  /**
   * Takes nothing before `at`, on `now()` of the clock. A pause is never shortened by a later, shorter one. Waiters
   * whose deadline lies before their new turn are refused at once.
   */
  pauseUntil(at: number): void {
    const now = this.#clock.now();
    // F-077: a server that asks for years gets a minute, and may then ask again.
    const until = Math.min(at, now + this.#options.maxPauseMs);
    if (!(until > now && until > this.#pausedUntil)) return;
    this.#fill(now);
    if (now >= this.#pausedUntil) this.#beforePause = { tokens: this.#tokens, at: now };
    this.#tokens = Math.min(1, this.#tokens + this.#gain(until - this.#filledAt));
    this.#filledAt = until;
    this.#pausedUntil = until;
    this.#refuseLate(now);
    this.#plan(now);
  }

  /** As {@link pauseUntil}, from now: what a Retry-After says. */
  pauseFor(delayMs: number): void {
    this.pauseUntil(this.#clock.now() + delayMs);
  }

  /** Ends a pause before its time. */
  resume(): void {
    const now = this.#clock.now();
    if (now >= this.#pausedUntil || this.#beforePause === undefined) return;
    this.#pausedUntil = Number.NEGATIVE_INFINITY;
    // What the rest of the pause would have brought has not come.
    const { tokens, at } = this.#beforePause;
    this.#tokens = Math.min(1, tokens + this.#gain(now - at));
    this.#filledAt = now;
    this.#serve();
  }

  /** Refuses all that wait. */
  cancelAll(): void {
    for (const waiter of [...this.#waiters]) this.#leave(waiter, 'cancelled');
  }

  get queued(): number {
    return this.#waiters.size;
  }

  snapshot(): RateLimitSnapshot {
    const now = this.#clock.now();
    this.#fill(now);
    return {
      tokens: Number.isFinite(this.#tokens) ? this.#tokens : undefined,
      queued: this.#waiters.size,
      pausedForMs: Math.max(0, this.#pausedUntil - now),
    };
  }

  #check(tokens: number): void {
    checkNumber('tokens', tokens, { above: 0, max: this.#options.burst });
  }

  /** Without a rate only a pause can be in the way: then the clock need not be asked. */
  get #isFree(): boolean {
    return (
      this.#options.perSecond === Number.POSITIVE_INFINITY &&
      this.#tokens === Number.POSITIVE_INFINITY &&
      this.#waiters.size === 0
    );
  }

  #takeNow(tokens: number, now: number): boolean {
    this.#fill(now);
    return this.#takeFilled(tokens, now);
  }

  #takeFilled(tokens: number, now: number): boolean {
    if (now < this.#pausedUntil) return false;
    if (this.#tokens + TOLERANCE < tokens) return false;
    this.#tokens = Math.max(0, this.#tokens - tokens);
    return true;
  }

  #fill(now: number, capacity: number = this.#options.burst): void {
    if (now < this.#filledAt) return;
    this.#tokens = Math.min(capacity, this.#tokens + this.#gain(now - this.#filledAt));
    this.#filledAt = now;
  }

  #gain(elapsedMs: number): number {
    const { perSecond } = this.#options;
    return perSecond === Number.POSITIVE_INFINITY ? perSecond : (elapsedMs * perSecond) / 1000;
  }

  /** When `tokens` will have come, in ms from `now`. */
  #waitFor(tokens: number, now: number): number {
    this.#fill(now);
    const missing = tokens - this.#tokens;
    const fillMs = missing <= TOLERANCE ? 0 : (missing * 1000) / this.#options.perSecond;
    return this.#filledAt - now + fillMs;
  }

  #serve(): void {
    const now = this.#clock.now();
    this.#fill(now, this.#options.burst + this.#gain(TIMER_SLACK_MS));
    for (const waiter of [...this.#waiters]) {
      if (waiter.deadlineAt <= now) this.#settle(waiter, { reason: 'deadline', retryAfterMs: 0 });
      else if (this.#takeFilled(waiter.wish, now)) this.#settle(waiter, undefined);
      else break;
    }
    this.#refuseLate(now);
    this.#plan(now);
  }

  /** Refuses those whose turn has moved behind their deadline. */
  #refuseLate(now: number): void {
    let ahead = 0;
    for (const waiter of [...this.#waiters]) {
      const waitMs = this.#waitFor(ahead + waiter.wish, now);
      if (now + waitMs >= waiter.deadlineAt) this.#settle(waiter, this.#tooLate(waitMs, now));
      else ahead += waiter.wish;
    }
  }

  #tooLate(waitMs: number, now: number): RateLimitRefusal {
    return { reason: now < this.#pausedUntil ? 'paused' : 'rate-limited', retryAfterMs: waitMs };
  }

  #leave(waiter: TokenWaiter, reason: 'aborted' | 'cancelled'): void {
    const now = this.#clock.now();
    this.#settle(waiter, { reason, retryAfterMs: this.#waitFor(waiter.wish, now) });
    this.#plan(now);
  }

  #settle(waiter: TokenWaiter, refusal: RateLimitRefusal | undefined): void {
    this.#waiters.delete(waiter);
    waiter.settle(refusal);
  }

  #plan(now: number): void {
    const [first] = this.#waiters;
    if (first === undefined) {
      this.#wakeUp?.set(Number.POSITIVE_INFINITY);
      return;
    }
    this.#wakeUp ??= new WakeUp(this.#clock, () => this.#serve());
    this.#wakeUp.set(now + this.#waitFor(first.wish, now));
  }
}
