import type { ResolvedSettings } from '../../../config/settings.ts';
import { SignalboxError } from '../../../core/errors.ts';
import { onceForEach } from '../../../core/once-for-each.ts';
import { withinTime } from '../../../core/within-time.ts';
import { resolveBreakerOptions } from '../../../resilience/breaker/breaker-options.ts';
import type { BreakerPermit } from '../../../resilience/breaker/breaker-permit.ts';
import {
  type BreakerObserver,
  type BreakerSnapshot,
  type CircuitBreaker,
  observedBreaker,
} from '../../../resilience/breaker/circuit-breaker.ts';
import type { ResolvedEnvironment } from '../../../resilience/environment.ts';
import { ConcurrencyLimit, type ConcurrencySnapshot } from '../../../resilience/limits/concurrency-limit.ts';
import { RateLimit, type RateLimitSnapshot } from '../../../resilience/limits/rate-limit.ts';
import { RetryBudget } from '../../../resilience/retry-budget.ts';
import { GuardRefusals } from './guard-refusal.ts';
import { verdictOf } from './verdict.ts';

/** One request that wants to go out. */
export interface GuardedRequest {
  /** A tool, or a method: those that wait for a place are served in turn. */
  readonly key: string;
  readonly signal: AbortSignal | undefined;
  /** When its time is over, on `now()` of the clock. */
  readonly deadlineAt: number;
}

/** What is known of a request that failed. */
export interface FailedRequest {
  /** Whether the server said anything while it was on its way. */
  readonly wasHeard: boolean;
  /** How long it took, in ms. */
  readonly durationMs: number;
  /** The connection that it went out on, if it has been lost as a whole. */
  readonly lostConnection: object | undefined;
}

/** The client that a {@link CallGuard} belongs to. */
export interface GuardOwner extends BreakerObserver {
  readonly name: string;
  readonly settings: Pick<ResolvedSettings, 'breaker' | 'rateLimit' | 'concurrency' | 'retryBudget'>;
  readonly environment: ResolvedEnvironment;
  /**
   * Finds out, within a time of its own, whether a server that failed is back: asks it for a sign of life. Rejects if
   * it gives none.
   */
  probe(): Promise<unknown>;
}

/** The guard of one server at one moment: plain and serialisable. What is switched off is undefined. */
export interface GuardSnapshot {
  readonly circuit: BreakerSnapshot | undefined;
  readonly concurrency: ConcurrencySnapshot | undefined;
  readonly rateLimit: RateLimitSnapshot | undefined;
  /** Tokens left of the retry budget. */
  readonly retryTokens: number | undefined;
  /** Requests that were refused, by the piece that refused them. */
  readonly refused: { readonly breaker: number; readonly concurrency: number; readonly rateLimit: number };
}

/**
 * How long calls on trial may keep everybody else out, in ms: then the server is asked for another sign of life, which
 * takes 5 s at most. A tool that is slow by nature, or a list that hangs, says little about the server.
 */
const TRIAL_MS = 10_000;

/** Most clients share the settings of their breakers, and so what becomes of them. */
const breakerOptions = onceForEach((settings: NonNullable<ResolvedSettings['breaker']>) =>
  resolveBreakerOptions({ ...settings, probeTimeoutMs: TRIAL_MS }),
);

/** What goes out where there is no breaker. */
const FREE: BreakerPermit = {
  permitted: true,
  isProbe: false,
  succeeded: () => {},
  failed: () => {},
  abandoned: () => {},
};

/**
 * What stands between a call and its server, for each request of it, always in this order:
 *
 * 1. an open circuit refuses at once, before anything is waited for;
 * 2. a place among the requests in flight, or one in the queue, where tools take turns;
 * 3. a token of the rate limit, which also keeps the pauses that the server asks for;
 * 4. leave of the circuit breaker; after a time of refusals one request has the server probed first.
 *
 * The deadline of the call lies around all of it: time in a queue is time of the call. Whether a failed request is made
 * again, the caller decides, and {@link mayRepeat} whether the budget allows it. Each piece that is off is not there.
 */
export class CallGuard {
  readonly breaker: CircuitBreaker | undefined;
  readonly #owner: GuardOwner;
  readonly #slots: ConcurrencyLimit | undefined;
  /** Where no rate is set there is nothing to keep before the server asks for a first pause. */
  #rate: RateLimit | undefined;
  readonly #budget: RetryBudget | undefined;
  /** Made when something is first refused. */
  #refusals: GuardRefusals | undefined;
  /** Set where the breaker looks at how long calls take. */
  readonly measures: boolean;
  #lastFailure: Error | undefined;
  /** Connections whose loss has been counted: however many calls it took along, it is one failure. */
  #counted: WeakSet<object> | undefined;

  constructor(owner: GuardOwner) {
    this.#owner = owner;
    const { settings, environment } = owner;
    const { breaker, concurrency, rateLimit, retryBudget } = settings;
    this.breaker =
      breaker === undefined ? undefined : observedBreaker(breakerOptions(breaker), environment, owner);
    this.#slots =
      concurrency === undefined || concurrency.maxInFlight === Number.POSITIVE_INFINITY
        ? undefined
        : new ConcurrencyLimit(concurrency, environment);
    this.#rate =
      rateLimit === undefined || isUnlimited(rateLimit) ? undefined : new RateLimit(rateLimit, environment);
    this.#budget = retryBudget === undefined ? undefined : new RetryBudget(retryBudget);
    this.measures = (breaker?.slowRatio ?? Number.POSITIVE_INFINITY) <= 1;
  }

  /** Lets a request out if nothing stands in its way; undefined if {@link enter} has to look closer. */
  tryEnter(): BreakerPermit | undefined {
    const { breaker } = this;
    if (breaker !== undefined && breaker.state !== 'closed') return undefined;
    if (this.#slots?.tryAcquire() === false) return undefined;
    if (this.#rate?.tryTake() === false) {
      this.#slots?.release();
      return undefined;
    }
    return breaker === undefined ? FREE : (breaker.tryEnter() as BreakerPermit);
  }

  /**
   * Lets a request out as soon as everything allows it. Say once what it came to: {@link succeeded} or {@link failed}.
   * @throws SignalboxError CIRCUIT_OPEN, OVERLOADED, RATE_LIMITED, REQUEST_TIMEOUT, REQUEST_ABORTED, CONNECTION_CLOSED
   */
  async enter(request: GuardedRequest): Promise<BreakerPermit> {
    const { signal } = request;
    const early = this.breaker?.refusal;
    if (early !== undefined) throw this.#refusing.circuitOpen(early, this.#lastFailure);
    const slots = this.#slots;
    if (slots?.tryAcquire() === false) {
      const refusal = await slots.acquire(request);
      if (refusal !== undefined) throw this.#refusing.noPlace(refusal, signal);
    }
    try {
      if (this.#rate?.tryTake() === false) {
        const refusal = await this.#rate.take(request);
        if (refusal !== undefined) throw this.#refusing.noToken(refusal, signal);
      }
      return this.breaker === undefined ? FREE : await this.#pass(this.breaker, request);
    } catch (error) {
      slots?.release();
      throw error;
    }
  }

  /**
   * A request that was let out has its answer.
   *
   * @param now `now()` of the clock, where the caller has just read it
   */
  succeeded(permit: BreakerPermit, durationMs: number, now?: number): void {
    this.#slots?.release();
    this.#budget?.succeeded();
    permit.succeeded(durationMs, now);
  }

  /** A request that was let out has failed. */
  failed(permit: BreakerPermit, error: unknown, request: FailedRequest): void {
    this.#slots?.release();
    const { wasHeard, durationMs, lostConnection } = request;
    this.#keepPause(error);
    switch (verdictOf(error)) {
      case 'succeeded':
        permit.succeeded(durationMs);
        return;
      case 'abandoned':
        permit.abandoned();
        return;
      case 'failed':
        if (this.#provesNothing(error, wasHeard, lostConnection)) {
          permit.abandoned();
          return;
        }
        this.#lastFailure = error as Error;
        permit.failed(durationMs);
    }
  }

  /** Whether the state of the server allows that a request which failed like this is made again. */
  mayRepeat(error: unknown, isConnectionGone: boolean): boolean {
    // What waits for a connection, or for the time that the server named, adds no load of its own.
    if (this.#budget === undefined || isConnectionGone || retryAfterOf(error) !== undefined) return true;
    if (verdictOf(error) !== 'failed') return true;
    this.#budget.failed();
    return this.#budget.canRetry;
  }

  /** A connection stands. Whoever was refused may find out whether the server works again. */
  connected(): void {
    this.breaker?.hint();
  }

  /** The client is disconnected: nobody is to wait here any more. */
  disconnected(): void {
    this.#slots?.cancelAll();
    this.#rate?.cancelAll();
  }

  snapshot(): GuardSnapshot {
    const { rateLimit } = this.#owner.settings;
    const untouched = rateLimit === undefined ? undefined : { tokens: undefined, queued: 0, pausedForMs: 0 };
    return {
      circuit: this.breaker?.snapshot(),
      concurrency: this.#slots?.snapshot(),
      rateLimit: this.#rate?.snapshot() ?? untouched,
      retryTokens: this.#budget?.tokens,
      refused: { breaker: 0, concurrency: 0, rateLimit: 0, ...this.#refusals?.counts },
    };
  }

  get #refusing(): GuardRefusals {
    this.#refusals ??= new GuardRefusals(this.#owner.name);
    return this.#refusals;
  }

  async #pass(breaker: CircuitBreaker, request: GuardedRequest): Promise<BreakerPermit> {
    let entry = breaker.tryEnter();
    // A refusal of the second time tells of the failed probe.
    if (entry.permitted && entry.isProbe) {
      await this.#prove(entry, request);
      entry = breaker.tryEnter();
    }
    if (!entry.permitted) throw this.#refusing.circuitOpen(entry, this.#lastFailure);
    return entry;
  }

  /**
   * Asks for a sign of life before any call is risked. It goes on without the request that caused it: a caller in a
   * hurry must not make the server look dead.
   */
  async #prove(permit: BreakerPermit, request: GuardedRequest): Promise<void> {
    const proof = this.#owner.probe().then(
      () => permit.succeeded(),
      (error: unknown) => {
        if (verdictOf(error) !== 'failed') {
          permit.abandoned();
          throw error;
        }
        this.#lastFailure = error as Error;
        permit.failed();
      },
    );
    await withinTime(proof, request, this.#owner.environment.clock, () => this.#refusing.noProof());
  }

  /** Failures that say nothing new about the server. */
  #provesNothing(error: unknown, wasHeard: boolean, lostConnection: object | undefined): boolean {
    // It was busy with other things than this one call, which may be slow by nature.
    if (SignalboxError.is(error) && error.code === 'REQUEST_TIMEOUT') return wasHeard;
    if (lostConnection === undefined) return false;
    this.#counted ??= new WeakSet();
    if (this.#counted.has(lostConnection)) return true;
    this.#counted.add(lostConnection);
    return false;
  }

  /** A server that names a time gets it, from all calls. */
  #keepPause(error: unknown): void {
    const { settings, environment } = this.#owner;
    const pauseMs = settings.rateLimit === undefined ? undefined : retryAfterOf(error);
    if (pauseMs === undefined) return;
    this.#rate ??= new RateLimit(settings.rateLimit, environment);
    this.#rate.pauseFor(pauseMs);
  }
}

function isUnlimited({ perSecond, burst }: NonNullable<ResolvedSettings['rateLimit']>): boolean {
  return perSecond === Number.POSITIVE_INFINITY && burst === Number.POSITIVE_INFINITY;
}

function retryAfterOf(error: unknown): number | undefined {
  const asked = SignalboxError.is(error) ? error.details['retryAfterMs'] : undefined;
  return typeof asked === 'number' && asked > 0 ? asked : undefined;
}
