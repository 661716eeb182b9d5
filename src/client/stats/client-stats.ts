import type { Clock } from '../../core/clock.ts';
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
  readonly requestsSent: number;
  readonly toolCalls: number;
  readonly resourceReads: number;
  /** Requests that did not end in an answer, or ended in a JSON-RPC error. */
  readonly errors: number;
  readonly latency: {
    readonly count: number;
    readonly averageMs: number;
    readonly p50Ms: number;
    readonly p90Ms: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  };
}

/** Counts what one client does. Adding is cheap and memory constant. */
export class ClientStats {
  readonly #clock: Clock;
  readonly #latency: LatencyHistogram = new LatencyHistogram();
  #connectedAt: number | undefined;
  #connectedWallAt: number | undefined;
  #lastActivityAt: number | undefined;
  #connectMs: number | undefined;
  #connections = 0;
  #requests = 0;
  #toolCalls = 0;
  #resourceReads = 0;
  #errors = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  connected(connectMs: number): void {
    this.#connections++;
    this.#connectMs = connectMs;
    this.#connectedAt = this.#clock.now();
    this.#connectedWallAt = this.#clock.wallNow();
  }

  disconnected(): void {
    this.#connectedAt = undefined;
    this.#connectedWallAt = undefined;
  }

  settled(method: string, elapsedMs: number, failed: boolean): void {
    this.#requests++;
    if (method === 'tools/call') this.#toolCalls++;
    else if (method === 'resources/read') this.#resourceReads++;
    if (failed) {
      this.#errors++;
      return;
    }
    this.#latency.add(elapsedMs);
    this.#lastActivityAt = this.#clock.wallNow();
  }

  snapshot(): ClientStatsSnapshot {
    const latency = this.#latency;
    return {
      connectedAt: iso(this.#connectedWallAt),
      lastActivityAt: iso(this.#lastActivityAt),
      uptimeMs: this.#connectedAt === undefined ? 0 : this.#clock.now() - this.#connectedAt,
      connectMs: this.#connectMs ?? null,
      connections: this.#connections,
      requestsSent: this.#requests,
      toolCalls: this.#toolCalls,
      resourceReads: this.#resourceReads,
      errors: this.#errors,
      latency: {
        count: latency.count,
        averageMs: latency.average,
        p50Ms: latency.percentile(0.5),
        p90Ms: latency.percentile(0.9),
        p99Ms: latency.percentile(0.99),
        maxMs: latency.max,
      },
    };
  }
}

function iso(wallMs: number | undefined): string | null {
  return wallMs === undefined ? null : new Date(wallMs).toISOString();
}
