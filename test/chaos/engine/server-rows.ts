import type { ServerInstance } from '../../../src/index.ts';
import type { ServerAccount } from '../../runs/hosts/server-account.ts';
import type { FaultCounts } from '../fleet/fault-runner.ts';
import type { Tally } from '../load/tally.ts';
import type { Seat } from '../plan/roster.ts';
import type { ServerRow } from './report.ts';

/** What is known of one server, from all sides. */
export interface ServerFacts {
  readonly seat: Seat;
  readonly instance: ServerInstance;
  readonly tally: Tally;
  readonly breakerOpens: number;
}

export function serverRow(
  { seat, instance, tally, breakerOpens }: ServerFacts,
  faults: FaultCounts,
  account: ServerAccount | undefined,
): ServerRow {
  const { calls, ok, aborted, reads, readErrors, replays } = tally;
  const { chaos } = tally.latency;
  return {
    name: seat.name,
    wire: seat.wire,
    era: seat.era,
    faults: faults.get(seat.name) ?? 0,
    faultyRequests: account?.faults ?? 0,
    calls,
    ok,
    aborted,
    errors: Object.fromEntries([...tally.errors].toSorted(([, a], [, b]) => b - a)),
    reads,
    readErrors,
    replays,
    reconnects: Math.max(0, instance.client.stats().connections - 1),
    breakerOpens,
    p50Ms: chaos.percentile(0.5),
    p99Ms: chaos.percentile(0.99),
  };
}
