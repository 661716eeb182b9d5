import type { Clock } from '../../core/clock.ts';
import { Ewma } from '../../resilience/ewma.ts';
import { SlidingWindow } from '../../resilience/sliding-window.ts';
import { TransportTally } from '../../transports/transport-tally.ts';
import { verdictOf } from '../calls/guard/verdict.ts';
import type { ClientTotals } from './client-totals.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** A plain, serialisable snapshot of what one client has done. Times are ISO 8601, durations ms. */
export interface ClientStatsSnapshot {
  /** When the present connection was established; null while there is none. */
  readonly connectedAt: string | null;
  /** When the last answer arrived; null before the first. */
  readonly lastActivityAt: string | null;
  /** How long the present connection has been up, in ms. */
  readonly uptimeMs: number;
  /** How long the last connection took to set up, in ms; null before the first. */
  readonly connectMs: number | null;
  /** Connections established so far. */
  readonly connections: number;
  /** Those of this run that were not the first. */
  readonly reconnects: number;
  /** Processes of the server that were started in this run beyond the first. */
  readonly restarts: number;
  /** What was carried in this run, with the framing of stdio and without the headers of HTTP. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly requestsSent: number;
  readonly toolCalls: number;
  readonly resourceReads: number;
  /** Requests that did not end in an answer, or ended in a JSON-RPC error. */
  readonly errors: number;
  readonly latency: {
    readonly count: number;
    readonly averageMs: number;
    /** Average in which a value weighs half after 30 s; null before the first. */
    readonly ewmaMs: number | null;
    readonly p50Ms: number;
    readonly p90Ms: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  };
  /** The last 30 s. Pings do not count. A tool that fails and a JSON-RPC error are no failures of the server. */
  readonly recent: {
    readonly requests: number;
    readonly failures: number;
    /** Share of failures, 0–1; 0 without any request. */
    readonly errorRate: number;
  };
}

/** Asked on behalf of nobody's work. */
const PINGS: ReadonlySet<string> = new Set(['ping', 'server/discover']);

/** Counts what one client does. Adding is cheap and memory constant. */
export class ClientStats {
  readonly #clock: Clock;
  /** What the transports count. */
  readonly tally: TransportTally = new TransportTally();
  /** What the requests of the last 30 s came to. */
  readonly traffic: SlidingWindow;
  readonly #latency: LatencyHistogram = new LatencyHistogram();
  readonly #ewma: Ewma;
  #connectedAt: number | undefined;
  #connectedWallAt: number | undefined;
  /** NaN before the first: what is a number all along is written in its place, so that no call makes a new one. */
  #lastActivityAt = Number.NaN;
  #connectMs: number | undefined;
  #connections = 0;
  #ownConnections = 0;
  #requests = 0;
  #toolCalls = 0;
  #resourceReads = 0;
  #errors = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.traffic = new SlidingWindow({}, { clock });
    this.#ewma = new Ewma({}, { clock });
  }

  connected(connectMs: number): void {
    this.#connections++;
    this.#ownConnections++;
    this.#connectMs = connectMs;
    this.#connectedAt = this.#clock.now();
    this.#connectedWallAt = this.#clock.wallNow();
  }

  disconnected(): void {
    this.#connectedAt = undefined;
    this.#connectedWallAt = undefined;
  }

  /**
   * @param error undefined if there was a result
   * @param now `now()` of the clock at this moment: it is read once for all that is counted
   */
  settled(method: string, elapsedMs: number, error: Error | undefined, now: number): void {
    this.#requests++;
    if (method === 'tools/call') this.#toolCalls++;
    else if (method === 'resources/read') this.#resourceReads++;
    if (!PINGS.has(method)) this.#count(error, now);
    if (error !== undefined) {
      this.#errors++;
      return;
    }
    this.#latency.add(elapsedMs);
    this.#ewma.add(elapsedMs, now);
    this.#lastActivityAt = this.#clock.wallNow();
  }

  /** What is counted without end, to be kept for the next run. */
  totals(): ClientTotals {
    return {
      connections: this.#connections,
      requestsSent: this.#requests,
      toolCalls: this.#toolCalls,
      resourceReads: this.#resourceReads,
      errors: this.#errors,
      latency: this.#latency.totals(),
    };
  }

  /** Goes on from the totals of an earlier run: they are added to what has been counted since. */
  addTotals(totals: ClientTotals): void {
    this.#connections += totals.connections;
    this.#requests += totals.requestsSent;
    this.#toolCalls += totals.toolCalls;
    this.#resourceReads += totals.resourceReads;
    this.#errors += totals.errors;
    this.#latency.addTotals(totals.latency);
  }

  snapshot(): ClientStatsSnapshot {
    const latency = this.#latency;
    const { calls, failures } = this.traffic.counts();
    const { bytesSent, bytesReceived, processStarts } = this.tally;
    return {
      connectedAt: iso(this.#connectedWallAt),
      lastActivityAt: Number.isNaN(this.#lastActivityAt) ? null : iso(this.#lastActivityAt),
      uptimeMs: this.#connectedAt === undefined ? 0 : this.#clock.now() - this.#connectedAt,
      connectMs: this.#connectMs ?? null,
      connections: this.#connections,
      reconnects: Math.max(0, this.#ownConnections - 1),
      restarts: Math.max(0, processStarts - 1),
      bytesSent,
      bytesReceived,
      requestsSent: this.#requests,
      toolCalls: this.#toolCalls,
      resourceReads: this.#resourceReads,
      errors: this.#errors,
      latency: {
        count: latency.count,
        averageMs: latency.average,
        ewmaMs: this.#ewma.value ?? null,
        p50Ms: latency.percentile(0.5),
        p90Ms: latency.percentile(0.9),
        p99Ms: latency.percentile(0.99),
        maxMs: latency.max,
      },
      recent: { requests: calls, failures, errorRate: calls === 0 ? 0 : failures / calls },
    };
  }

  #count(error: Error | undefined, now: number): void {
    const verdict = error === undefined ? 'succeeded' : verdictOf(error);
    if (verdict === 'succeeded') this.traffic.succeeded(false, now);
    else if (verdict === 'failed') this.traffic.failed(false, now);
  }
}

function iso(wallMs: number | undefined): string | null {
  return wallMs === undefined ? null : new Date(wallMs).toISOString();
}
