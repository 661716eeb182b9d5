import type { CheckResult } from '../../runs/check.ts';
import type { ChaosOptions } from '../options.ts';

/** What became of one server. Durations in ms. */
export interface ServerRow {
  readonly name: string;
  readonly wire: string;
  readonly era: string;
  /** Faults that were begun; requests that met one. */
  readonly faults: number;
  readonly faultyRequests: number;
  readonly calls: number;
  readonly ok: number;
  readonly aborted: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly reads: number;
  readonly readErrors: number;
  /** Requests that were made again for the same call. */
  readonly replays: number;
  /** Connections after the first. */
  readonly reconnects: number;
  readonly breakerOpens: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The whole of a run. Plain JSON. */
export interface ChaosReport {
  readonly options: ChaosOptions;
  /** What differs from the defaults. */
  readonly settings: string;
  readonly calmMs: number;
  readonly chaosMs: number;
  readonly servers: readonly ServerRow[];
  readonly checks: readonly CheckResult[];
}
