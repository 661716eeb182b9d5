import type { ResolvedSettings } from '../../config/settings.ts';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { Session } from '../../protocol/session/session.ts';
import type { BreakerStateName } from '../../resilience/breaker/breaker-machine.ts';
import type { CircuitBreaker } from '../../resilience/breaker/circuit-breaker.ts';
import { Ewma } from '../../resilience/ewma.ts';
import {
  type HealthObservation,
  type HealthState,
  INITIAL_HEALTH,
  nextCheckMs,
  observeHealth,
  type ResolvedHealthOptions,
  resolveHealthOptions,
} from '../../resilience/health-machine.ts';
import type { SlidingWindow } from '../../resilience/sliding-window.ts';
import { verdictOf } from '../calls/guard/verdict.ts';
import type { ConnectionStateName } from '../connection/connection-machine.ts';
import type { CheckedServer, HealthScheduler } from './health-scheduler.ts';
import type { HealthChange, HealthSnapshot } from './health-snapshot.ts';
import type { Liveness } from './liveness.ts';
import type { SignOfLife } from './sign-of-life.ts';

/** Checks are half a minute apart: their average remembers a few minutes, in ms. */
const LATENCY_HALF_LIFE_MS = 120_000;

/** States in which nobody wants the server, or in which it has answered that it wants something else first. */
const UNWANTED: ReadonlySet<ConnectionStateName> = new Set([
  'disconnected',
  'closing',
  'sleeping',
  'unauthorized',
]);

export interface ClientHealthOptions {
  readonly name: string;
  readonly settings: ResolvedSettings['health'];
  readonly clock: Clock;
  readonly random: Random;
  readonly scheduler: HealthScheduler;
  readonly signOfLife: SignOfLife;
  readonly liveness: Liveness;
  /** What the requests of the last window came to. */
  readonly traffic: SlidingWindow;
  /** The session of the connection that stands. */
  readonly session: () => Session | undefined;
  /** Has the connection made anew. */
  readonly stale: (cause: SignalboxError) => void;
  readonly changed: (change: HealthChange) => void;
}

/**
 * Looks after the health of one server: checks it when it is due, takes traffic and breaker into account, and calls the
 * connection stale on which nobody answers any more. What the evidence means is decided by the health machine.
 */
export class ClientHealth implements CheckedServer {
  readonly name: string;
  /** For those who ask themselves. */
  readonly liveness: Liveness;
  readonly #on: ClientHealthOptions;
  /** Undefined: it is not looked after. */
  readonly #options: ResolvedHealthOptions | undefined;
  /**
   * Missed checks in a row that count as trouble among all servers, one fewer than make it unhealthy: else the first of
   * many that fall silent together would lose its connection before anybody could see that they do.
   */
  readonly #suspectMisses: number;
  readonly #latency: Ewma;
  #state: HealthState = INITIAL_HEALTH;
  #since: number;
  #checkedAt: number | undefined;
  #latencyMs: number | undefined;
  #breaker: CircuitBreaker | undefined;
  /** The check that is under way. */
  #asked: AbortController | undefined;
  /** Messages of the session up to the last check. */
  #received = 0;
  /** Since when, at the latest, it has said nothing. */
  #quietSince = 0;
  /** Checks in a row without any sign of life. */
  #misses = 0;
  #isLost = false;
  /** It was connected, and nobody has said since then that it is not wanted. */
  #isMember = false;

  constructor(on: ClientHealthOptions) {
    const { timeoutMs: _timeoutMs, ...options } = on.settings;
    this.name = on.name;
    this.liveness = on.liveness;
    this.#on = on;
    // Without checks nothing would ever be found to be well again: then nothing is held against it either.
    this.#options =
      options.intervalMs === Number.POSITIVE_INFINITY ? undefined : resolveHealthOptions(options);
    this.#suspectMisses = Math.max(1, Math.min(2, options.unhealthyAfter - 1));
    this.#latency = new Ewma({ halfLifeMs: LATENCY_HALF_LIFE_MS }, { clock: on.clock });
    this.#since = on.clock.wallNow();
  }

  get isUnhealthy(): boolean {
    return this.#state.kind === 'unhealthy';
  }

  snapshot(): HealthSnapshot {
    const { scheduler } = this.#on;
    const state = this.#state;
    return {
      state: state.kind,
      cause: state.kind === 'healthy' ? null : state.cause,
      since: iso(this.#since),
      checkedAt: this.#checkedAt === undefined ? null : iso(this.#checkedAt),
      latencyMs: this.#latencyMs ?? null,
      ewmaMs: this.#latency.value ?? null,
      nextCheckMs: scheduler.dueIn(this) ?? null,
      panic: scheduler.isPanic,
    };
  }

  /** The connection is in another state; `cause` is the error behind it. */
  connectionChanged(to: ConnectionStateName, cause: SignalboxError | undefined): void {
    if (this.#options === undefined) return;
    if (to === 'connected') {
      this.#begin(this.#options);
      return;
    }
    const { scheduler } = this.#on;
    this.#asked?.abort();
    this.#asked = undefined;
    scheduler.unschedule(this);
    if (UNWANTED.has(to)) {
      this.#isMember = false;
      scheduler.leave(this);
      return;
    }
    // A server that has forgotten its session has said so.
    if (cause === undefined || cause.code === 'SESSION_LOST') return;
    this.#isLost = true;
    this.#tellTrouble();
  }

  /** A request of the traffic has failed: enough for doubt at once. */
  trafficFailed(): void {
    if (this.#options === undefined || this.#on.session() === undefined) return;
    this.#observe(this.#trafficOf(), this.#options);
  }

  /** What the circuit breaker thinks of the server, whenever it changes its mind. */
  observeBreaker(state: BreakerStateName): void {
    if (this.#options !== undefined) this.#observe({ type: 'breaker', state }, this.#options);
  }

  /** Follows a breaker, and asks it before each check: an open circuit whose time is over tells nobody of it. */
  watchBreaker(breaker: CircuitBreaker): void {
    this.#breaker = breaker;
    breaker.on('state', ({ to }) => this.observeBreaker(to));
  }

  check(): void {
    const session = this.#on.session();
    if (this.#options === undefined || session === undefined) return;
    void this.#check(session, this.#options);
  }

  woke(): void {
    this.#received = this.#on.session()?.received ?? 0;
  }

  #begin(options: ResolvedHealthOptions): void {
    this.#isMember = true;
    this.#isLost = false;
    this.#misses = 0;
    this.#heard(this.#on.session());
    this.#observe({ type: 'reconnected' }, options);
    this.#tellTrouble();
    this.#plan(options);
  }

  async #check(session: Session, options: ResolvedHealthOptions): Promise<void> {
    this.#observe(this.#trafficOf(), options);
    this.#askBreaker(options);
    if (session.received !== this.#received && !this.#isSpeedInDoubt) {
      this.#checked(session, { type: 'answered' }, options);
      return;
    }
    const { clock, signOfLife, settings } = this.#on;
    const asked = new AbortController();
    this.#asked = asked;
    const receivedBefore = session.received;
    const startedAt = clock.now();
    const answer = await signOfLife.of(session, settings.timeoutMs, asked.signal).then(
      (latencyMs) => ({ latencyMs, verdict: 'succeeded' as const }),
      (error: unknown) => ({ latencyMs: undefined, verdict: verdictOf(error) }),
    );
    // The connection has changed meanwhile.
    if (this.#asked !== asked) return;
    this.#asked = undefined;
    const elapsedMs = clock.now() - startedAt;
    if (answer.verdict === 'abandoned') {
      this.#plan(options);
    } else if (answer.verdict === 'succeeded') {
      this.#checked(session, { type: 'answered', latencyMs: answer.latencyMs }, options);
    } else if (session.received !== receivedBefore) {
      // Busy with something else: it lives, and is slow.
      this.#checked(session, { type: 'answered', latencyMs: elapsedMs }, options);
    } else {
      this.#missed(session, options);
    }
  }

  #checked(
    session: Session,
    observation: HealthObservation & { readonly type: 'answered' },
    options: ResolvedHealthOptions,
  ): void {
    const { latencyMs } = observation;
    if (latencyMs !== undefined) {
      this.#latencyMs = latencyMs;
      this.#latency.add(latencyMs);
    }
    this.#checkedAt = this.#on.clock.wallNow();
    this.#misses = 0;
    this.#heard(session);
    this.#observe(observation, options);
    this.#plan(options);
  }

  #missed(session: Session, options: ResolvedHealthOptions): void {
    const { clock, scheduler, stale } = this.#on;
    this.#misses++;
    this.#checkedAt = clock.wallNow();
    this.#observe({ type: 'missed' }, options);
    const isGone = this.#misses >= options.unhealthyAfter && !this.#mayBeWorking(session);
    if (!isGone || scheduler.isPanic) this.#plan(options);
    // Whoever was told may have ended the connection.
    else if (this.#on.session() === session) stale(this.#silent());
  }

  /**
   * A server that does one thing at a time cannot answer while it works. As long as the time of a call that it was
   * given may not be over, its silence proves nothing.
   */
  #mayBeWorking(session: Session): boolean {
    return this.#on.clock.now() - this.#quietSince < session.longestTimeoutMs;
  }

  /** Only a measurement can clear a server that was slow, however much it says. */
  get #isSpeedInDoubt(): boolean {
    return this.#state.kind !== 'healthy' && this.#state.cause === 'slow';
  }

  #heard(session: Session | undefined): void {
    this.#received = session?.received ?? 0;
    this.#quietSince = this.#on.clock.now();
  }

  #trafficOf(): HealthObservation {
    const { calls, failures } = this.#on.traffic.counts();
    return { type: 'traffic', calls, failures };
  }

  #askBreaker(options: ResolvedHealthOptions): void {
    const breaker = this.#breaker;
    if (breaker === undefined) return;
    const isTimeOver = breaker.state === 'open' && breaker.refusal === undefined;
    this.#observe({ type: 'breaker', state: isTimeOver ? 'half-open' : breaker.state }, options);
  }

  #observe(observation: HealthObservation, options: ResolvedHealthOptions): void {
    const from = this.#state;
    const to = observeHealth(from, observation, options);
    this.#state = to;
    this.#tellTrouble();
    if (from.kind === to.kind) return;
    this.#since = this.#on.clock.wallNow();
    // Doubt that comes between two checks brings the next one nearer.
    if (this.#on.scheduler.dueIn(this) !== undefined) this.#plan(options);
    const cause = to.kind === 'healthy' ? undefined : to.cause;
    this.#on.changed({ from: from.kind, to: to.kind, cause, recovered: to.kind === 'healthy' });
  }

  #tellTrouble(): void {
    if (!this.#isMember) return;
    const { kind, evidence } = this.#state;
    const isTroubled = this.#isLost || kind === 'unhealthy' || evidence.breaker === 'open';
    this.#on.scheduler.setTrouble(this, isTroubled || this.#misses >= this.#suspectMisses);
  }

  #plan(options: ResolvedHealthOptions): void {
    if (this.#on.session() === undefined) return;
    this.#on.scheduler.schedule(this, nextCheckMs(this.#state, this.#on.random, options));
  }

  #silent(): SignalboxError {
    const { timeoutMs } = this.#on.settings;
    const misses = this.#misses;
    return new SignalboxError(
      'CONNECTION_LOST',
      `${misses} health checks in a row had no answer within ${timeoutMs} ms; the connection is made anew`,
      { server: this.name, retryable: true, details: { misses, timeoutMs } },
    );
  }
}

function iso(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
