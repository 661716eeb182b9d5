import { breachOf } from '../../runs/check.ts';
import { type MemorySample, MIB, mib } from '../../runs/memory-sample.ts';
import type { Breach, CheckResult } from './check.ts';

/** How far the heap may grow between the end of the calm phase and that of the faults. */
const MAX_GROWTH_BYTES = 32 * MIB;
/** How fast it may grow in the second half, where that is long enough to tell. */
const MAX_SLOPE_BYTES_PER_S = 0.25 * MIB;
const MIN_SLOPE_MS = 10_000;
const MAX_RSS_BYTES = 640 * MIB;

/** @param samples of the time with faults, the first from just before it */
export function checkMemory(samples: readonly MemorySample[]): CheckResult {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined)
    return { check: 'memory', figures: '', breaches: [breachOf('memory', 'was not measured')] };
  const breaches: Breach[] = [];
  const growth = last.heapBytes - first.heapBytes;
  if (growth > MAX_GROWTH_BYTES)
    breaches.push(breachOf('memory', `the heap grew by ${mib(growth)}, at most ${mib(MAX_GROWTH_BYTES)}`));
  const half = samples.filter(({ atMs }) => atMs >= (first.atMs + last.atMs) / 2);
  const canTell = last.atMs - (half[0]?.atMs ?? last.atMs) >= MIN_SLOPE_MS;
  const slope = slopeOf(half);
  if (canTell && slope > MAX_SLOPE_BYTES_PER_S)
    breaches.push(
      breachOf('memory', `the heap grows by ${mib(slope)}/s, at most ${mib(MAX_SLOPE_BYTES_PER_S)}/s`),
    );
  const rss = samples.reduce((most, { rssBytes }) => Math.max(most, rssBytes), 0);
  if (rss > MAX_RSS_BYTES)
    breaches.push(breachOf('memory', `the process took ${mib(rss)}, at most ${mib(MAX_RSS_BYTES)}`));
  const trend = canTell ? `, ${mib(slope)}/s in the second half` : '';
  return {
    check: 'memory',
    figures: `heap ${mib(first.heapBytes)} → ${mib(last.heapBytes)}${trend}; rss at most ${mib(rss)}`,
    breaches,
  };
}

/** Bytes per second, by least squares. */
function slopeOf(samples: readonly MemorySample[]): number {
  const count = samples.length;
  if (count < 2) return 0;
  const meanS = samples.reduce((sum, { atMs }) => sum + atMs / 1000, 0) / count;
  const meanBytes = samples.reduce((sum, { heapBytes }) => sum + heapBytes, 0) / count;
  let above = 0;
  let below = 0;
  for (const { atMs, heapBytes } of samples) {
    above += (atMs / 1000 - meanS) * (heapBytes - meanBytes);
    below += (atMs / 1000 - meanS) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
