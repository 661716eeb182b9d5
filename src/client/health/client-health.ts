import type { ResolvedSettings } from '../../config/settings.ts';
import { SignalboxError } from '../../core/errors.ts';
import { onceForEach } from '../../core/once-for-each.ts';
import type { Session } from '../../protocol/session/session.ts';
import type { BreakerStateName } from '../../resilience/breaker/breaker-machine.ts';
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
import type { CallGuard } from '../calls/guard/call-guard.ts';
import { verdictOf } from '../calls/guard/verdict.ts';
import type { Connection } from '../connection/connection.ts';
import type { ConnectionStateName } from '../connection/connection-machine.ts';
import type { ClientEnvironment } from '../connection/connector.ts';
import type { ClientStats } from '../stats/client-stats.ts';
import type { CheckedServer } from './health-scheduler.ts';
import type { HealthChange, HealthSnapshot } from './health-snapshot.ts';
import { Liveness, type LivenessOwner } from './liveness.ts';
import { SignOfLife, type SignOfLifeOwner } from './sign-of-life.ts';

/** Checks are half a minute apart: their average remembers a few minutes, in ms. */
const LATENCY_HALF_LIFE_MS = 120_000;

/** States in which nobody wants the server, or in which it has answered that it wants something else first. */
const UNWANTED: ReadonlySet<ConnectionStateName> = new Set([
  'disconnected',
  'closing',
  'sleeping',
  'unauthorized',
]);

/** The client that a {@link ClientHealth} belongs to. */
export interface HealthOwner extends LivenessOwner, SignOfLifeOwner {
  readonly name: string;
  readonly settings: Pick<ResolvedSettings, 'health'>;
  readonly environment: Pick<ClientEnvironment, 'clock' | 'random' | 'health'>;
  readonly connection: Pick<Connection, 'session' | 'stale'>;
  readonly guard: Pick<CallGuard, 'breaker'>;
  readonly stats: Pick<ClientStats, 'traffic'>;
  healthChanged(change: HealthChange): void;
}

/**
 * What the machine is told of the settings, which most clients share; undefined: it is not looked after. Without checks
 * nothing would ever be found to be well again: then nothing is held against it either.
 */
const machineOptions = onceForEach((settings: ResolvedSettings['health']) => {
  const { timeoutMs: _timeoutMs, ...options } = settings;
  return options.intervalMs === Number.POSITIVE_INFINITY ? undefined : resolveHealthOptions(options);
});

/**
 * Looks after the health of one server: checks it when it is due, takes traffic and breaker into account, and calls the
 * connection stale on which nobody answers any more. What the evidence means is decided by the health machine.
 */
export class ClientHealth implements CheckedServer {
  readonly #owner: HealthOwner;
  /** Undefined: it is not looked after. */
  readonly #options: ResolvedHealthOptions | undefined;
  /** Made when the server is first asked. */
  #signOfLife: SignOfLife | undefined;
  /** Of checks that measured it; made for the first. */
  #latency: Ewma | undefined;
  #state: HealthState = INITIAL_HEALTH;
  #since: number;
  #checkedAt: number | undefined;
  #latencyMs: number | undefined;
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

  constructor(owner: HealthOwner) {
    this.#owner = owner;
    this.#options = machineOptions(owner.settings.health);
    this.#since = owner.environment.clock.wallNow();
  }

  get name(): string {
    return this.#owner.name;
  }

  /** For those who ask themselves. */
  get liveness(): Liveness {
    return new Liveness(this.#owner, this.#signs);
  }

  get isUnhealthy(): boolean {
    return this.#state.kind === 'unhealthy';
  }

  snapshot(): HealthSnapshot {
    const scheduler = this.#owner.environment.health;
    const state = this.#state;
    return {
      state: state.kind,
      cause: state.kind === 'healthy' ? null : state.cause,
      since: iso(this.#since),
      checkedAt: this.#checkedAt === undefined ? null : iso(this.#checkedAt),
      latencyMs: this.#latencyMs ?? null,
      ewmaMs: this.#latency?.value ?? null,
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
    const scheduler = this.#owner.environment.health;
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
    if (this.#options === undefined || this.#owner.connection.session === undefined) return;
    this.#observe(this.#trafficOf(), this.#options);
  }

  /** What the circuit breaker thinks of the server, whenever it changes its mind. */
  observeBreaker(state: BreakerStateName): void {
    if (this.#options !== undefined) this.#observe({ type: 'breaker', state }, this.#options);
  }

  check(): void {
    const session = this.#owner.connection.session;
    if (this.#options === undefined || session === undefined) return;
    void this.#check(session, this.#options);
  }

  woke(): void {
    this.#received = this.#owner.connection.session?.received ?? 0;
  }

  #begin(options: ResolvedHealthOptions): void {
    this.#isMember = true;
    this.#isLost = false;
    this.#misses = 0;
    this.#heard(this.#owner.connection.session);
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
    const { environment, settings } = this.#owner;
    const { clock } = environment;
    const asked = new AbortController();
    this.#asked = asked;
    const receivedBefore = session.received;
    const startedAt = clock.now();
    const answer = await this.#signs.of(session, settings.health.timeoutMs, asked.signal).then(
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
      this.#latency ??= new Ewma({ halfLifeMs: LATENCY_HALF_LIFE_MS }, this.#owner.environment);
      this.#latency.add(latencyMs);
    }
    this.#checkedAt = this.#owner.environment.clock.wallNow();
    this.#misses = 0;
    this.#heard(session);
    this.#observe(observation, options);
    this.#plan(options);
  }

  #missed(session: Session, options: ResolvedHealthOptions): void {
    const { connection, environment } = this.#owner;
    this.#misses++;
    this.#checkedAt = environment.clock.wallNow();
    this.#observe({ type: 'missed' }, options);
    const isGone = this.#misses >= options.unhealthyAfter && !this.#mayBeWorking(session);
    if (!isGone || environment.health.isPanic) this.#plan(options);
    // Whoever was told may have ended the connection.
    else if (connection.session === session) connection.stale(this.#silent());
  }

  /**
   * A server that does one thing at a time cannot answer while it works. As long as the time of a call that it was
   * given may not be over, its silence proves nothing.
   */
  #mayBeWorking(session: Session): boolean {
    return this.#owner.environment.clock.now() - this.#quietSince < session.longestTimeoutMs;
  }

  /** Only a measurement can clear a server that was slow, however much it says. */
  get #isSpeedInDoubt(): boolean {
    return this.#state.kind !== 'healthy' && this.#state.cause === 'slow';
  }

  #heard(session: Session | undefined): void {
    this.#received = session?.received ?? 0;
    this.#quietSince = this.#owner.environment.clock.now();
  }

  #trafficOf(): HealthObservation {
    const { calls, failures } = this.#owner.stats.traffic.counts();
    return { type: 'traffic', calls, failures };
  }

  /** An open circuit whose time is over tells nobody of it. */
  #askBreaker(options: ResolvedHealthOptions): void {
    const { breaker } = this.#owner.guard;
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
    this.#since = this.#owner.environment.clock.wallNow();
    // Doubt that comes between two checks brings the next one nearer.
    if (this.#owner.environment.health.dueIn(this) !== undefined) this.#plan(options);
    const cause = to.kind === 'healthy' ? undefined : to.cause;
    this.#owner.healthChanged({ from: from.kind, to: to.kind, cause, recovered: to.kind === 'healthy' });
  }

  #tellTrouble(): void {
    if (!this.#isMember) return;
    const { kind, evidence } = this.#state;
    const isTroubled = this.#isLost || kind === 'unhealthy' || evidence.breaker === 'open';
    this.#owner.environment.health.setTrouble(this, isTroubled || this.#misses >= this.#suspectMisses);
  }

  /**
   * Missed checks in a row that count as trouble among all servers, one fewer than make it unhealthy: else the first of
   * many that fall silent together would lose its connection before anybody could see that they do.
   */
  get #suspectMisses(): number {
    return Math.max(1, Math.min(2, this.#owner.settings.health.unhealthyAfter - 1));
  }

  get #signs(): SignOfLife {
    this.#signOfLife ??= new SignOfLife(this.#owner);
    return this.#signOfLife;
  }

  #plan(options: ResolvedHealthOptions): void {
    if (this.#owner.connection.session === undefined) return;
    this.#owner.environment.health.schedule(
      this,
      nextCheckMs(this.#state, this.#owner.environment.random, options),
    );
  }

  #silent(): SignalboxError {
    const { timeoutMs } = this.#owner.settings.health;
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
