import type { LatencyHistogram } from '../../../src/client/stats/latency-histogram.ts';
import { breachOf } from '../../runs/check.ts';
import type { Breach, CheckResult } from './check.ts';

/** Latencies before the faults of other servers and meanwhile. */
export interface LatencyPair {
  readonly calm: LatencyHistogram;
  readonly chaos: LatencyHistogram;
}

/**
 * What is allowed meanwhile, at least `floorMs`: so many times the latency before, or so many times what a plain HTTP
 * request takes meanwhile. Starting killed servers takes the processor from everybody, and so do other programs. A
 * client that lets its servers wait for each other is off by the time of a fault: hundreds of ms.
 */
const SHARES = [
  { name: 'p50', share: 0.5, floorMs: 100, timesBefore: 5, timesPlain: 6 },
  { name: 'p99', share: 0.99, floorMs: 1000, timesBefore: 10, timesPlain: 6 },
] as const;

/**
 * Compares the quick calls of servers without faults with what they were.
 *
 * @param plain requests past the library, at the same times
 */
export function checkLatency(
  servers: readonly (LatencyPair & { readonly server: string })[],
  plain: LatencyPair,
): CheckResult {
  const breaches: Breach[] = [];
  const figures: string[] = [];
  for (const { name, share, floorMs, timesBefore, timesPlain } of SHARES) {
    let [slowestBefore, slowest] = [0, 0];
    const plainMs = plain.chaos.percentile(share);
    for (const { server, calm, chaos } of servers) {
      const before = calm.percentile(share);
      const meanwhile = chaos.percentile(share);
      slowestBefore = Math.max(slowestBefore, before);
      slowest = Math.max(slowest, meanwhile);
      const limit = Math.max(floorMs, before * timesBefore, plainMs * timesPlain);
      if (meanwhile <= limit) continue;
      const what = `${name} ${text(before)} → ${text(meanwhile)}, at most ${text(limit)}`;
      breaches.push(breachOf('latency', what, { server }));
    }
    figures.push(
      `${name} ${text(slowestBefore)} → ${text(slowest)} (plain HTTP ${text(plain.calm.percentile(share))} → ${text(plainMs)})`,
    );
  }
  for (const { server, calm, chaos } of servers)
    if (calm.count === 0 || chaos.count === 0)
      breaches.push(breachOf('latency', 'was not measured', { server }));
  return { check: 'latency', figures: `slowest: ${figures.join(', ')}`, breaches };
}

function text(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
