import { fullJitter } from '../backoff.ts';

/**
 * The life of a circuit.
 *
 * | from \ event | enter                            | succeeded                              | abandoned   | trip   | hint               | isolate    | reset    |
 * |--------------|----------------------------------|----------------------------------------|-------------|--------|--------------------|------------|----------|
 * | `closed`     | `closed`                         | –                                      | –           | `open` | –                  | `isolated` | `closed` |
 * | `open`       | `half-open` once `until` is over | –                                      | –           | –      | `open`, until now  | `isolated` | `closed` |
 * | `half-open`  | `half-open` if a place is free   | `half-open`; `closed` after the last   | `half-open` | `open` | –                  | `isolated` | `closed` |
 * | `isolated`   | –                                | –                                      | –           | –      | –                  | –          | `closed` |
 *
 * `epoch` grows with every change of kind: what a call of an older epoch came to no longer counts.
 */
export type BreakerState =
  | {
      readonly kind: 'closed';
      readonly epoch: number;
      readonly since: number;
      /** How often it opened without having stayed closed for `stableMs` in between. */
      readonly trips: number;
    }
  | {
      readonly kind: 'open';
      readonly epoch: number;
      readonly since: number;
      readonly trips: number;
      readonly until: number;
      readonly cause: BreakerTripCause;
    }
  | {
      readonly kind: 'half-open';
      readonly epoch: number;
      readonly since: number;
      readonly trips: number;
      /** `probe`: a single call finds out whether the server is back. `trial`: it is; a few calls confirm it. */
      readonly phase: 'probe' | 'trial';
      readonly inFlight: number;
      /** Successes of the trial. */
      readonly successes: number;
      readonly lastEntryAt: number;
    }
  | { readonly kind: 'isolated'; readonly epoch: number; readonly since: number };

/** The states of a circuit breaker by name. */
export type BreakerStateName = BreakerState['kind'];

/** Why a circuit opened. */
export type BreakerTripCause = 'consecutive-failures' | 'failure-ratio' | 'slow-ratio' | 'probe-failed';

/** `at` is the time of the clock, in ms. */
export type BreakerEvent =
  /** A call asks to be let in. */
  | { readonly type: 'enter'; readonly at: number }
  | { readonly type: 'succeeded'; readonly at: number }
  /** A call ended without saying anything about the server. */
  | { readonly type: 'abandoned'; readonly at: number }
  /** It is enough. `chance`, from 0 to 1, decides how long the circuit stays open. */
  | { readonly type: 'trip'; readonly at: number; readonly cause: BreakerTripCause; readonly chance: number }
  /** There is a sign that the server may be back: the next call may find out. */
  | { readonly type: 'hint'; readonly at: number }
  | { readonly type: 'isolate'; readonly at: number }
  | { readonly type: 'reset'; readonly at: number };

/** What the machine needs to know of the options of a circuit breaker. */
export interface BreakerTimes {
  readonly openMs: number;
  readonly maxOpenMs: number;
  readonly stableMs: number;
  readonly halfOpenCalls: number;
  readonly probeTimeoutMs: number;
}

/** The state after `event`, or undefined where the machine refuses it. Pure. */
export function transition(
  state: BreakerState,
  event: BreakerEvent,
  times: BreakerTimes,
): BreakerState | undefined {
  const { at } = event;
  const epoch = state.epoch + 1;
  const isAwaited = state.kind === 'half-open' && state.inFlight > 0;
  switch (event.type) {
    case 'enter':
      return entered(state, at, times);
    case 'succeeded':
      return isAwaited ? confirmed(state, at, times) : undefined;
    case 'abandoned':
      return isAwaited ? { ...state, inFlight: state.inFlight - 1 } : undefined;
    case 'trip': {
      if (state.kind !== 'closed' && state.kind !== 'half-open') return undefined;
      const isRelapse = state.kind === 'half-open' || at - state.since < times.stableMs;
      const trips = isRelapse ? state.trips + 1 : 1;
      const bounds = { baseMs: times.openMs, maxMs: times.maxOpenMs };
      const until = at + fullJitter(trips - 1, bounds, () => event.chance);
      return { kind: 'open', epoch, since: at, trips, until, cause: event.cause };
    }
    case 'hint':
      return state.kind === 'open' && at < state.until ? { ...state, until: at } : undefined;
    case 'isolate':
      return state.kind === 'isolated' ? undefined : { kind: 'isolated', epoch, since: at };
    case 'reset':
      return { kind: 'closed', epoch, since: at, trips: 0 };
  }
}

function entered(state: BreakerState, at: number, times: BreakerTimes): BreakerState | undefined {
  switch (state.kind) {
    case 'closed':
      return state;
    case 'open':
      return at < state.until ? undefined : probing(state, at);
    case 'half-open': {
      if (hasPlace(state, times)) return { ...state, inFlight: state.inFlight + 1, lastEntryAt: at };
      // Calls that were let in and never reported must not shut a server out for ever.
      return at - state.lastEntryAt >= times.probeTimeoutMs ? probing(state, at) : undefined;
    }
    case 'isolated':
      return undefined;
  }
}

/** The first call after a time of refusals; what earlier ones came to is stale. */
function probing(state: BreakerState & { readonly trips: number }, at: number): BreakerState {
  return {
    kind: 'half-open',
    epoch: state.epoch + 1,
    since: state.kind === 'half-open' ? state.since : at,
    trips: state.trips,
    phase: 'probe',
    inFlight: 1,
    successes: 0,
    lastEntryAt: at,
  };
}

type HalfOpen = BreakerState & { readonly kind: 'half-open' };

function hasPlace(state: HalfOpen, times: BreakerTimes): boolean {
  // F-140: however many wait, one probes; and no more are let in than are needed to close the circuit.
  return state.phase === 'probe'
    ? state.inFlight === 0
    : state.inFlight + state.successes < times.halfOpenCalls;
}

function confirmed(state: HalfOpen, at: number, times: BreakerTimes): BreakerState {
  const inFlight = state.inFlight - 1;
  const successes = state.phase === 'trial' ? state.successes + 1 : 0;
  if (successes < times.halfOpenCalls) return { ...state, phase: 'trial', inFlight, successes };
  return { kind: 'closed', epoch: state.epoch + 1, since: at, trips: state.trips };
}
