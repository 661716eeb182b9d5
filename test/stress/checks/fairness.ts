import { type Breach, breachOf, type CheckResult } from '../../runs/check.ts';
import type { KindRow } from '../engine/report.ts';

/**
 * The slowest of a kind may take so many times what the median takes, and `floorMs` in any case: what a pause of the
 * machine costs one server is no matter of fairness. One that starves waits for all the others.
 */
const LIMITS = {
  connect: { times: 15, floorMs: 2000 },
  call: { times: 8, floorMs: 100 },
} as const;

export function checkFairness(kinds: readonly KindRow[]): CheckResult<'fair'> {
  const breaches: Breach<'fair'>[] = [];
  const worst = { connect: 0, call: 0 };
  for (const row of kinds) {
    for (const what of ['connect', 'call'] as const) {
      const { median, max, worst: server } = row[what];
      const { times, floorMs } = LIMITS[what];
      if (median > 0) worst[what] = Math.max(worst[what], max / median);
      const limit = Math.max(floorMs, median * times);
      if (max <= limit) continue;
      const figures = `${max.toFixed(0)} ms where the median of ${row.kind} is ${median.toFixed(1)} ms`;
      breaches.push(breachOf('fair', `${what}: ${figures}, at most ${limit.toFixed(0)} ms`, { server }));
    }
  }
  const ratio = (what: 'connect' | 'call'): string => `${what} ${worst[what].toFixed(1)}`;
  return {
    check: 'fair',
    figures: `slowest / median, at worst: ${ratio('connect')}, ${ratio('call')}`,
    breaches,
  };
}
