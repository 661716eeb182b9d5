import { LatencyHistogram } from '../../client/stats/latency-histogram.ts';
import type { ServerInstance } from '../servers/server-instance.ts';
import type { ServerState } from '../servers/server-status.ts';
import {
  type Counts,
  type LatencySummary,
  latencySummary,
  type ServerStats,
  serverStatsOf,
} from './server-stats.ts';

/** All servers together. Plain and serialisable. */
export interface TotalStats extends Counts {
  readonly servers: number;
  /** How many servers are in each state; states that nobody is in are left out. */
  readonly states: Readonly<Partial<Record<ServerState, number>>>;
  /** Circuits that refuse calls. */
  readonly openCircuits: number;
  /** Of all answers together: percentiles are those of the merged histogram. */
  readonly latency: LatencySummary;
}

/** A registry in numbers. Plain and serialisable. */
export interface RegistryStats {
  /** ISO 8601. */
  readonly at: string;
  /** In the order of their registration. */
  readonly servers: readonly ServerStats[];
  readonly total: TotalStats;
}

const COUNTS: readonly (keyof Counts)[] = [
  'calls',
  'toolCalls',
  'resourceReads',
  'errors',
  'connections',
  'reconnects',
  'restarts',
  'bytesSent',
  'bytesReceived',
  'circuitOpens',
  'inFlight',
  'queued',
  'refused',
];

/** The numbers of these servers and their sums, as of now. */
export function registryStatsOf(instances: readonly ServerInstance[], wallNow: number): RegistryStats {
  const all = new LatencyHistogram();
  const servers = instances.map((instance) => {
    const own = new LatencyHistogram();
    const totals = instance.client.memory.save().totals.latency;
    own.addTotals(totals);
    all.addTotals(totals);
    return serverStatsOf(instance, own);
  });
  return { at: new Date(wallNow).toISOString(), servers, total: totalOf(servers, all) };
}

function totalOf(servers: readonly ServerStats[], latency: LatencyHistogram): TotalStats {
  const sums = Object.fromEntries(
    COUNTS.map((name) => [name, servers.reduce((sum, server) => sum + server[name], 0)]),
  ) as unknown as Counts;
  const states: Partial<Record<ServerState, number>> = {};
  for (const { state } of servers) states[state] = (states[state] ?? 0) + 1;
  const openCircuits = servers.filter(({ circuit }) => circuit === 'open' || circuit === 'isolated').length;
  return { servers: servers.length, states, ...sums, openCircuits, latency: latencySummary(latency) };
}
