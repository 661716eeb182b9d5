import type { LatencyHistogram } from '../../../src/client/stats/latency-histogram.ts';
import type { LoopLag } from '../fleet/host-messages.ts';
import { type Breach, breachOf, type CheckResult } from './check.ts';

/** The quick calls of one server without faults, before the faults of the others and meanwhile. */
export interface LatencyPair {
  readonly server: string;
  readonly calm: LatencyHistogram;
  readonly chaos: LatencyHistogram;
}

/**
 * Starting killed servers takes the processor from everybody, and so do other programs: latency rises a little in any
 * case, and by several turns of each process where the machine lets an idle one wait. A client that lets its servers
 * wait for each other is off by the time of a fault: hundreds of ms.
 */
const P50 = { factor: 4, floorMs: 25, turns: 10 };
const P99 = { factor: 10, floorMs: 300, turns: 10 };

/** @param machine how late an idle process was meanwhile */
export function checkLatency(pairs: readonly LatencyPair[], machine: LoopLag): CheckResult {
  const breaches: Breach[] = [];
  const figures: string[] = [];
  for (const { server, calm, chaos } of pairs) {
    const shares = [
      ['p50', 0.5, P50, machine.p50Ms],
      ['p99', 0.99, P99, machine.p99Ms],
    ] as const;
    for (const [name, share, { factor, floorMs, turns }, lateMs] of shares) {
      const before = calm.percentile(share);
      const meanwhile = chaos.percentile(share);
      const limit = Math.max(floorMs, before * factor, lateMs * turns);
      if (meanwhile > limit)
        breaches.push(
          breachOf('latency', `${name} ${text(before)} → ${text(meanwhile)}, at most ${text(limit)}`, {
            server,
          }),
        );
    }
    if (calm.count === 0 || chaos.count === 0)
      breaches.push(breachOf('latency', 'was not measured', { server }));
  }
  for (const [name, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const before = pairs.map(({ calm }) => calm.percentile(share));
    const meanwhile = pairs.map(({ chaos }) => chaos.percentile(share));
    figures.push(`${name} ${text(Math.max(...before))} → ${text(Math.max(...meanwhile))}`);
  }
  const late = `an idle process ran ${text(machine.p50Ms)} late, p99 ${text(machine.p99Ms)}`;
  return { check: 'latency', figures: `slowest: ${figures.join(', ')}; ${late}`, breaches };
}

function text(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
