import type { CheckResult } from '../../runs/check.ts';
import type { Spread } from '../checks/spread.ts';
import type { StressOptions } from '../options.ts';
import type { Phase } from './phases.ts';

/** How the servers of one kind were treated. Durations in ms. */
export interface KindRow {
  readonly kind: string;
  readonly servers: number;
  /** What an idle client of this kind holds, its server in memory included; undefined where nobody weighed it. */
  readonly idleBytes: number | undefined;
  /** How long each took to be connected, from its own beginning. */
  readonly connect: Spread;
  /** How long a call took, on the average of each server. */
  readonly call: Spread;
}

/** The whole of a run. Plain JSON. */
export interface StressReport {
  readonly options: StressOptions;
  readonly phases: readonly Phase[];
  readonly kinds: readonly KindRow[];
  readonly checks: readonly CheckResult[];
}
