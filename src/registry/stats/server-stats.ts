import type { LatencyHistogram, LatencyTotals } from '../../client/stats/latency-histogram.ts';
import type { BreakerStateName } from '../../resilience/breaker/breaker-machine.ts';
import type { HealthStateName } from '../../resilience/health-machine.ts';
import type { ServerInstance } from '../servers/server-instance.ts';
import type { ServerState } from '../servers/server-status.ts';

/** How long answers took, in ms. Plain, and mergeable by its histogram. */
export interface LatencySummary {
  readonly count: number;
  readonly averageMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly histogram: LatencyTotals;
}

/** What is counted of one server, and can be added up over several. */
export interface Counts {
  /** Requests of all kinds, those of earlier runs included where a store has kept them; so are the next four. */
  readonly calls: number;
  readonly toolCalls: number;
  readonly resourceReads: number;
  /** Requests that did not end in an answer, or ended in a JSON-RPC error. */
  readonly errors: number;
  readonly connections: number;
  /** Connections of this run that were not the first of their server. */
  readonly reconnects: number;
  /** Processes of this run that were not the first of their server. */
  readonly restarts: number;
  /** Messages with the framing of stdio, bodies of HTTP without headers; in this run. What stays in the process: none. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** How often a circuit breaker opened in this run. */
  readonly circuitOpens: number;
  /** Requests that wait for their answer. */
  readonly inFlight: number;
  /** Requests that wait for a place among those. */
  readonly queued: number;
  /** Requests that were refused before they went out: by an open circuit, a full queue, a rate limit. */
  readonly refused: number;
}

/** One server in numbers. Plain and serialisable. */
export interface ServerStats extends Counts {
  readonly name: string;
  readonly state: ServerState;
  /** Undefined unless it is connected. */
  readonly health: HealthStateName | undefined;
  /** Undefined if the breaker is switched off. */
  readonly circuit: BreakerStateName | undefined;
  readonly latency: LatencySummary;
}

/** The numbers of one server, as of now. */
export function serverStatsOf(
  { name, state, client }: ServerInstance,
  latency: LatencyHistogram,
): ServerStats {
  const { requestsSent, ...stats } = client.stats();
  const { circuit, concurrency, refused } = client.guard();
  return {
    name,
    state,
    health: client.isConnected ? client.health.state : undefined,
    circuit: circuit?.state,
    calls: requestsSent,
    toolCalls: stats.toolCalls,
    resourceReads: stats.resourceReads,
    errors: stats.errors,
    connections: stats.connections,
    reconnects: stats.reconnects,
    restarts: stats.restarts,
    bytesSent: stats.bytesSent,
    bytesReceived: stats.bytesReceived,
    circuitOpens: circuit?.opens ?? 0,
    inFlight: client.inFlight,
    queued: concurrency?.queued ?? 0,
    refused: refused.breaker + refused.concurrency + refused.rateLimit,
    latency: latencySummary(latency),
  };
}

export function latencySummary(histogram: LatencyHistogram): LatencySummary {
  return {
    count: histogram.count,
    averageMs: histogram.average,
    p50Ms: histogram.percentile(0.5),
    p90Ms: histogram.percentile(0.9),
    p99Ms: histogram.percentile(0.99),
    maxMs: histogram.max,
    histogram: histogram.totals(),
  };
}
