import type { HealthCause, HealthStateName } from '../../resilience/health-machine.ts';

/** The health of a server at one moment: plain and serialisable. Times are ISO 8601, durations ms. */
export interface HealthSnapshot {
  /** That of the last connection, while there is none. */
  readonly state: HealthStateName;
  /** Why it is not healthy; null if it is. */
  readonly cause: HealthCause | null;
  readonly since: string;
  /** When it was last checked, or had said enough by itself; null before the first time. */
  readonly checkedAt: string | null;
  /** How long the last check took that measured it; null before the first. */
  readonly latencyMs: number | null;
  /** Moving average of that. */
  readonly ewmaMs: number | null;
  /** Time until the next check; null if none is planned. */
  readonly nextCheckMs: number | null;
  /** Most servers of the factory are in trouble at once: this machine or its network is suspected, not the server. */
  readonly panic: boolean;
}

/** A server's health has changed. */
export interface HealthChange {
  readonly from: HealthStateName;
  readonly to: HealthStateName;
  /** Why it is not healthy; undefined if it is. */
  readonly cause: HealthCause | undefined;
  /** It is healthy again. */
  readonly recovered: boolean;
}
