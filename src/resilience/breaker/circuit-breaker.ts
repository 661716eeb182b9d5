import { type Disposer, Emitter } from '../../core/emitter.ts';
import { type ResilienceEnvironment, type ResolvedEnvironment, resolveEnvironment } from '../environment.ts';
import { SlidingWindow } from '../sliding-window.ts';
import {
  type BreakerEvent,
  type BreakerState,
  type BreakerStateName,
  type BreakerTripCause,
  transition,
} from './breaker-machine.ts';
import {
  type CircuitBreakerOptions,
  type ResolvedBreakerOptions,
  resolveBreakerOptions,
} from './breaker-options.ts';
import {
  type BreakerPermit,
  type BreakerRefusal,
  type CallVerdict,
  type Judge,
  SharedPermit,
  SinglePermit,
} from './breaker-permit.ts';

/** A circuit changed its state. */
export interface BreakerChange {
  readonly from: BreakerStateName;
  readonly to: BreakerStateName;
  /** Why it opened. */
  readonly cause: BreakerTripCause | undefined;
  /** How long it refuses calls at least, in ms: 0 unless it opened, Infinity if it was isolated. */
  readonly retryAfterMs: number;
}

/** What a circuit breaker tells its listeners. */
export interface BreakerEvents {
  state: BreakerChange;
}

/** A circuit at one moment: plain and serialisable. */
export interface BreakerSnapshot {
  readonly state: BreakerStateName;
  /** How long it has been in this state, in ms. */
  readonly stateForMs: number;
  /** Why it is open; undefined in any other state. */
  readonly cause: BreakerTripCause | undefined;
  /** When an open circuit lets a probe in, in ms from now; undefined in any other state. */
  readonly retryAfterMs: number | undefined;
  /** How often it opened without a stable time in between. */
  readonly trips: number;
  /** How often it opened in all. */
  readonly opens: number;
  readonly consecutiveFailures: number;
  /** Counts of the window, which holds calls of the closed circuit. */
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

/** Whom a circuit belongs to. */
export interface BreakerObserver {
  /** Is told of each change before anybody who listens. */
  circuitChanged(change: BreakerChange): void;
}

/** What only permits may do with a circuit, and only who makes it. They are set by the class itself. */
let judge: Judge<CircuitBreaker>;
let observe: (breaker: CircuitBreaker, observer: BreakerObserver) => void;

/** When to ask again while another call probes, in ms: nobody knows how long that takes. */
const PROBE_HINT_MS = 1000;

/**
 * Stops calling a server that fails, and finds out with a single call whether it is back.
 *
 * The caller decides what is a failure: it asks {@link tryEnter} before a call and tells the permit afterwards what
 * the call came to. There is no timer: an open circuit becomes half-open when somebody asks after its time.
 *
 * @example
 * const entry = breaker.tryEnter();
 * if (!entry.permitted) throw new Error(`try again in ${entry.retryAfterMs} ms`);
 * try {
 *   const answer = await call();
 *   entry.succeeded();
 *   return answer;
 * } catch (error) {
 *   entry.failed();
 *   throw error;
 * }
 */
export class CircuitBreaker {
  readonly #options: ResolvedBreakerOptions;
  readonly #environment: ResolvedEnvironment;
  #observer: BreakerObserver | undefined;
  /** Made for the first listener: few circuits have one beside their observer. */
  #events: Emitter<BreakerEvents> | undefined;
  /** Undefined where nobody looks at ratios. */
  readonly #window: SlidingWindow | undefined;
  #state: BreakerState;
  /** Of the present epoch; undefined unless closed. */
  #shared: SharedPermit<CircuitBreaker> | undefined;
  #consecutiveFailures = 0;
  #opens = 0;

  static {
    judge = (breaker, epoch, verdict, durationMs, now) => breaker.#judged(epoch, verdict, durationMs, now);
    observe = (breaker, observer) => {
      breaker.#observer = observer;
    };
  }

  constructor(options: CircuitBreakerOptions = {}, environment: ResilienceEnvironment = {}) {
    this.#options = resolveBreakerOptions(options);
    this.#environment = resolveEnvironment(environment);
    const { windowMs, failureRatio, slowRatio } = this.#options;
    this.#window =
      Math.min(failureRatio, slowRatio) <= 1 ? new SlidingWindow({ windowMs }, this.#environment) : undefined;
    this.#state = { kind: 'closed', epoch: 0, since: this.#now(), trips: 0 };
    this.#shared = new SharedPermit<CircuitBreaker>(this, judge, 0);
  }

  /** Asks to make a call. A closed circuit answers without allocating anything. */
  tryEnter(): BreakerPermit | BreakerRefusal {
    if (this.#shared !== undefined) return this.#shared;
    const at = this.#now();
    const next = transition(this.#state, { type: 'enter', at }, this.#options);
    if (next === undefined) return this.#refusal(at);
    this.#setState(next);
    return new SinglePermit<CircuitBreaker>(
      this,
      judge,
      next.epoch,
      next.kind === 'half-open' && next.phase === 'probe',
    );
  }

  /** What {@link tryEnter} would refuse a call with now; undefined if it would not. Changes nothing. */
  get refusal(): BreakerRefusal | undefined {
    if (this.#shared !== undefined) return undefined;
    const at = this.#now();
    const next = transition(this.#state, { type: 'enter', at }, this.#options);
    return next === undefined ? this.#refusal(at) : undefined;
  }

  get state(): BreakerStateName {
    return this.#state.kind;
  }

  /** The server may be back, a new connection stands for instance: an open circuit lets the next call find out. */
  hint(): void {
    this.#apply({ type: 'hint', at: this.#now() });
  }

  /** Refuses every call until {@link reset}. */
  isolate(): void {
    this.#apply({ type: 'isolate', at: this.#now() });
  }

  /** Closes the circuit and forgets the past, calls in flight included. */
  reset(): void {
    this.#apply({ type: 'reset', at: this.#now() });
  }

  snapshot(): BreakerSnapshot {
    const state = this.#state;
    const now = this.#now();
    return {
      state: state.kind,
      stateForMs: now - state.since,
      cause: state.kind === 'open' ? state.cause : undefined,
      retryAfterMs: state.kind === 'open' ? Math.max(0, state.until - now) : undefined,
      trips: state.kind === 'isolated' ? 0 : state.trips,
      opens: this.#opens,
      consecutiveFailures: this.#consecutiveFailures,
      ...(this.#window?.counts() ?? { calls: 0, failures: 0, slow: 0 }),
    };
  }

  on<Name extends keyof BreakerEvents>(
    name: Name,
    listener: (payload: BreakerEvents[Name]) => void,
  ): Disposer {
    this.#events ??= new Emitter(this.#environment.logger);
    return this.#events.on(name, listener);
  }

  #now(): number {
    return this.#environment.clock.now();
  }

  #judged(epoch: number, verdict: CallVerdict, durationMs: number, now: number | undefined): void {
    const state = this.#state;
    // F-140: a late verdict about the past neither opens nor closes the circuit of today.
    if (epoch !== state.epoch) return;
    const isSlow = this.#options.slowRatio <= 1 && durationMs >= this.#options.slowMs;
    if (state.kind === 'closed') {
      if (verdict === 'succeeded') this.#succeeded(isSlow, now);
      else if (verdict === 'failed') this.#failed(isSlow);
      return;
    }
    const at = this.#now();
    if (verdict === 'abandoned') this.#apply({ type: 'abandoned', at });
    // A probe as slow as what opened the circuit would close it only to see it open again.
    else if (verdict === 'failed' || isSlow) this.#trip('probe-failed');
    else this.#apply({ type: 'succeeded', at });
  }

  #succeeded(isSlow: boolean, now: number | undefined): void {
    this.#consecutiveFailures = 0;
    const window = this.#window;
    if (window === undefined) return;
    window.succeeded(isSlow, now);
    if (isSlow) this.#tripByRatio(window);
  }

  #failed(isSlow: boolean): void {
    this.#consecutiveFailures++;
    const window = this.#window;
    window?.failed(isSlow);
    if (this.#consecutiveFailures >= this.#options.consecutiveFailures) this.#trip('consecutive-failures');
    else if (window !== undefined) this.#tripByRatio(window);
  }

  /** Looked at after failures and slow calls only: a good call opens no circuit. */
  #tripByRatio(window: SlidingWindow): void {
    const { minCalls, failureRatio, slowRatio } = this.#options;
    if (window.calls < minCalls) return;
    if (window.failureRatio >= failureRatio) this.#trip('failure-ratio');
    else if (window.slowRatio >= slowRatio) this.#trip('slow-ratio');
  }

  #trip(cause: BreakerTripCause): void {
    this.#apply({ type: 'trip', at: this.#now(), cause, chance: this.#environment.random() });
  }

  #apply(event: BreakerEvent): void {
    const next = transition(this.#state, event, this.#options);
    if (next !== undefined) this.#setState(next);
  }

  #setState(next: BreakerState): void {
    const previous = this.#state;
    this.#state = next;
    if (next.epoch !== previous.epoch) {
      this.#shared =
        next.kind === 'closed' ? new SharedPermit<CircuitBreaker>(this, judge, next.epoch) : undefined;
      if (next.kind === 'closed') {
        this.#consecutiveFailures = 0;
        this.#window?.clear();
      }
    }
    if (next.kind === previous.kind) return;
    if (next.kind === 'open') this.#opens++;
    const change: BreakerChange = {
      from: previous.kind,
      to: next.kind,
      cause: next.kind === 'open' ? next.cause : undefined,
      retryAfterMs: retryAfter(next, next.since),
    };
    this.#observer?.circuitChanged(change);
    this.#events?.emit('state', change);
  }

  #refusal(at: number): BreakerRefusal {
    const state = this.#state;
    if (state.kind === 'half-open') {
      const untilLost = state.lastEntryAt + this.#options.probeTimeoutMs - at;
      return { permitted: false, reason: 'probing', retryAfterMs: Math.min(PROBE_HINT_MS, untilLost) };
    }
    const reason = state.kind === 'isolated' ? 'isolated' : 'open';
    return { permitted: false, reason, retryAfterMs: retryAfter(state, at) };
  }
}

/** A breaker that tells `observer` of its changes first: one object, where two listeners would take half a KB. */
export function observedBreaker(
  options: CircuitBreakerOptions,
  environment: ResilienceEnvironment,
  observer: BreakerObserver,
): CircuitBreaker {
  const breaker = new CircuitBreaker(options, environment);
  observe(breaker, observer);
  return breaker;
}

function retryAfter(state: BreakerState, at: number): number {
  if (state.kind === 'open') return Math.max(0, state.until - at);
  return state.kind === 'isolated' ? Number.POSITIVE_INFINITY : 0;
}
