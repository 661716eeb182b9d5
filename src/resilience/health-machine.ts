import type { Random } from '../core/random.ts';
import type { BreakerStateName } from './breaker/breaker-machine.ts';
import { type NumberRule, resolveNumbers } from './number-options.ts';

/** What counts as poor health, and how often one looks. */
export interface HealthOptions {
  /** Time between checks of a healthy server, in ms. Default 30 000. */
  readonly intervalMs?: number | undefined;
  /** Time between checks of a degraded server, in ms. Default 5 000. */
  readonly degradedIntervalMs?: number | undefined;
  /** Share by which either is lengthened or shortened by chance, 0–1. Default 0.2. */
  readonly jitter?: number | undefined;
  /** A check that takes this long is slow, in ms. Default 2 000. */
  readonly slowMs?: number | undefined;
  /** Share of failed calls that makes a server degraded. Default 0.2. */
  readonly degradedErrorRate?: number | undefined;
  /** Share of failed calls that makes a check a bad one. Default 0.5. */
  readonly unhealthyErrorRate?: number | undefined;
  /** Calls below which the error rate is not looked at. Default 10. */
  readonly minCalls?: number | undefined;
  /** Bad checks in a row that make a server unhealthy. Default 3. */
  readonly unhealthyAfter?: number | undefined;
  /** Good checks in a row that make it healthy again. Default 2. */
  readonly recoverAfter?: number | undefined;
}

/** {@link HealthOptions} with every default filled in. */
export type ResolvedHealthOptions = Readonly<Record<keyof HealthOptions, number>>;

/** Frozen. */
export const HEALTH_DEFAULTS: ResolvedHealthOptions = Object.freeze({
  intervalMs: 30_000,
  degradedIntervalMs: 5000,
  jitter: 0.2,
  slowMs: 2000,
  degradedErrorRate: 0.2,
  unhealthyErrorRate: 0.5,
  minCalls: 10,
  unhealthyAfter: 3,
  recoverAfter: 2,
});

const duration: NumberRule = { above: 0 };
const ratio: NumberRule = { above: 0, max: 1, orInfinity: true };
const count: NumberRule = { min: 1, whole: true };

const RULES: Readonly<Record<keyof HealthOptions, NumberRule>> = {
  intervalMs: duration,
  degradedIntervalMs: duration,
  jitter: { min: 0, max: 1 },
  slowMs: { above: 0, orInfinity: true },
  degradedErrorRate: ratio,
  unhealthyErrorRate: ratio,
  minCalls: count,
  unhealthyAfter: count,
  recoverAfter: count,
};

/** @throws SignalboxError INVALID_ARGUMENT */
export function resolveHealthOptions(options: HealthOptions): ResolvedHealthOptions {
  return resolveNumbers('health', HEALTH_DEFAULTS, RULES, options);
}

/** Why a server is not healthy, the gravest first. */
export type HealthCause = 'missed' | 'breaker' | 'errors' | 'slow';

/** What is known of a server beside its checks. */
export interface HealthEvidence {
  /** Of the last check; undefined if nobody measured it. */
  readonly latencyMs: number | undefined;
  /** Calls of the last window, and how many of them failed. */
  readonly calls: number;
  readonly failures: number;
  readonly breaker: BreakerStateName;
}

/**
 * The health of a connected server. Degraded: looked at more often, still used. Unhealthy: not to be used.
 *
 * | from \ check | good                     | poor (slow, some errors, breaker half-open) | bad (missed, many errors, breaker open)    |
 * |--------------|--------------------------|---------------------------------------------|--------------------------------------------|
 * | `healthy`    | `healthy`                | `degraded`                                  | `degraded` (`unhealthyAfter` 1: `unhealthy`) |
 * | `degraded`   | `recoverAfter`: `healthy` | `degraded`                                 | `unhealthyAfter` in a row: `unhealthy`     |
 * | `unhealthy`  | `recoverAfter`: `healthy` | `recoverAfter`: `degraded`                 | `unhealthy`                                |
 *
 * What is learnt between checks, from traffic and breaker, makes a healthy server degraded at once and decides
 * nothing else. No traffic is no evidence: silence alone changes nothing.
 */
export type HealthState =
  | { readonly kind: 'healthy'; readonly evidence: HealthEvidence }
  | {
      readonly kind: 'degraded' | 'unhealthy';
      readonly evidence: HealthEvidence;
      readonly cause: HealthCause;
      /** Bad checks in a row. */
      readonly badChecks: number;
      /** Checks in a row that speak for a better state. */
      readonly goodChecks: number;
    };

/** The states of health by name. */
export type HealthStateName = HealthState['kind'];

/** What the health machine can be told. */
export type HealthObservation =
  /** A check was answered, or a call that stands for one. Without `latencyMs` its speed is not judged. */
  | { readonly type: 'answered'; readonly latencyMs?: number | undefined }
  /** A check was not answered in time. */
  | { readonly type: 'missed' }
  /** What the calls of the last window came to. Tell it before each check. */
  | { readonly type: 'traffic'; readonly calls: number; readonly failures: number }
  | { readonly type: 'breaker'; readonly state: BreakerStateName }
  /** A new connection was set up: what checks of the old one came to no longer counts. */
  | { readonly type: 'reconnected' };

/** A server that has just been connected. */
export const INITIAL_HEALTH: HealthState = Object.freeze({
  kind: 'healthy',
  evidence: Object.freeze({ latencyMs: undefined, calls: 0, failures: 0, breaker: 'closed' }),
});

/** The health after `observation`. Pure. */
export function observeHealth(
  state: HealthState,
  observation: HealthObservation,
  options: ResolvedHealthOptions = HEALTH_DEFAULTS,
): HealthState {
  switch (observation.type) {
    case 'answered': {
      const evidence = { ...state.evidence, latencyMs: observation.latencyMs };
      return checked({ ...state, evidence }, judge(evidence, state.kind, options), options);
    }
    case 'missed':
      return checked(state, { grade: 'bad', cause: 'missed' }, options);
    case 'traffic': {
      const { calls, failures } = observation;
      return learnt({ ...state, evidence: { ...state.evidence, calls, failures } }, options);
    }
    case 'breaker':
      return learnt({ ...state, evidence: { ...state.evidence, breaker: observation.state } }, options);
    case 'reconnected':
      return reconnected(state.evidence.latencyMs === undefined ? state : withoutLatency(state));
  }
}

/** Time until the next check, in ms. It is shorter in doubt, and returns to normal where doubt is of no more use. */
export function nextCheckMs(
  state: HealthState,
  random: Random,
  options: ResolvedHealthOptions = HEALTH_DEFAULTS,
): number {
  const spread = 1 + options.jitter * (2 * random() - 1);
  return spread * meanInterval(state, options);
}

function meanInterval(state: HealthState, options: ResolvedHealthOptions): number {
  const { intervalMs, degradedIntervalMs, unhealthyAfter } = options;
  if (state.kind === 'healthy') return intervalMs;
  if (state.kind === 'degraded') return degradedIntervalMs;
  // A server that stays away is asked less and less often, but no less often than a healthy one.
  const doublings = Math.min(30, Math.max(0, state.badChecks - unhealthyAfter));
  return Math.min(Math.max(intervalMs, degradedIntervalMs), degradedIntervalMs * 2 ** doublings);
}

type Judgement = { readonly grade: 'good' } | { readonly grade: 'poor' | 'bad'; readonly cause: HealthCause };

/** Once a server is not healthy, its numbers must fall to half of what made them poor: else it would flutter. */
const LEAVE_AT = 0.5;

function judge(evidence: HealthEvidence, kind: HealthStateName, options: ResolvedHealthOptions): Judgement {
  const { latencyMs, calls, failures, breaker } = evidence;
  const errorRate = calls >= options.minCalls ? failures / calls : 0;
  // Isolated by a person is no sign of illness.
  if (breaker === 'open') return { grade: 'bad', cause: 'breaker' };
  if (errorRate >= options.unhealthyErrorRate) return { grade: 'bad', cause: 'errors' };
  if (breaker === 'half-open') return { grade: 'poor', cause: 'breaker' };
  const scale = kind === 'healthy' ? 1 : LEAVE_AT;
  if (errorRate >= options.degradedErrorRate * scale) return { grade: 'poor', cause: 'errors' };
  if (latencyMs !== undefined && latencyMs >= options.slowMs * scale) return { grade: 'poor', cause: 'slow' };
  return { grade: 'good' };
}

function checked(state: HealthState, judgement: Judgement, options: ResolvedHealthOptions): HealthState {
  if (judgement.grade === 'bad') return struck(state, judgement.cause, options);
  const { evidence } = state;
  if (state.kind === 'healthy') {
    return judgement.grade === 'good'
      ? state
      : { kind: 'degraded', evidence, cause: judgement.cause, badChecks: 0, goodChecks: 0 };
  }
  if (judgement.grade === 'good') {
    const goodChecks = state.goodChecks + 1;
    return goodChecks >= options.recoverAfter
      ? { kind: 'healthy', evidence }
      : { ...state, badChecks: 0, goodChecks };
  }
  const { cause } = judgement;
  if (state.kind === 'degraded') return { ...state, cause, badChecks: 0, goodChecks: 0 };
  const goodChecks = state.goodChecks + 1;
  return goodChecks >= options.recoverAfter
    ? { kind: 'degraded', evidence, cause, badChecks: 0, goodChecks: 0 }
    : { ...state, cause, badChecks: 0, goodChecks };
}

function struck(state: HealthState, cause: HealthCause, options: ResolvedHealthOptions): HealthState {
  const badChecks = (state.kind === 'healthy' ? 0 : state.badChecks) + 1;
  const isUnhealthy = state.kind === 'unhealthy' || badChecks >= options.unhealthyAfter;
  const kind = isUnhealthy ? 'unhealthy' : 'degraded';
  return { kind, evidence: state.evidence, cause, badChecks, goodChecks: 0 };
}

/** Evidence between checks: enough for doubt, not for a verdict. */
function learnt(state: HealthState, options: ResolvedHealthOptions): HealthState {
  if (state.kind !== 'healthy') return state;
  const judgement = judge(state.evidence, state.kind, options);
  if (judgement.grade === 'good') return state;
  return {
    kind: 'degraded',
    evidence: state.evidence,
    cause: judgement.cause,
    badChecks: 0,
    goodChecks: 0,
  };
}

function withoutLatency(state: HealthState): HealthState {
  return { ...state, evidence: { ...state.evidence, latencyMs: undefined } };
}

/** It answered a handshake: used again, and looked at often until it has proved itself. */
function reconnected(state: HealthState): HealthState {
  return state.kind === 'healthy' ? state : { ...state, kind: 'degraded', badChecks: 0, goodChecks: 0 };
}
