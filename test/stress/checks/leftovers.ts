import { setTimeout as pause } from 'node:timers/promises';
import { type Breach, breachOf, type CheckResult } from '../../runs/check.ts';

/** How long closed connections may take to be gone on both sides, in ms. */
const GRACE_MS = 3000;

/** What keeps this process alive, counted by kind. */
export type Resources = ReadonlyMap<string, number>;

export function resourcesNow(): Resources {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** What there is now and was not before, in words. */
function excessOf(before: Resources, now: Resources): string[] {
  return [...now].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    return more > 0 ? [`${more} × ${kind}`] : [];
  });
}

/**
 * Looks until nothing is left.
 * @param before what there was before any server was registered
 * @param connections open at the servers, as these count them
 */
export async function checkLeftovers(
  before: Resources,
  connections: () => Promise<number>,
): Promise<CheckResult<'left'>> {
  const startedAt = performance.now();
  for (;;) {
    const open = await connections();
    const excess = excessOf(before, resourcesNow());
    const isClean = open === 0 && excess.length === 0;
    if (!isClean && performance.now() - startedAt < GRACE_MS) {
      await pause(50);
      continue;
    }
    const breaches: Breach<'left'>[] = [];
    if (open > 0) breaches.push(breachOf('left', `${open} connections are open at the servers`));
    if (excess.length > 0) breaches.push(breachOf('left', `this process is held by ${excess.join(', ')}`));
    return { check: 'left', figures: `${open} connections, ${excess.length} kinds of handles`, breaches };
  }
}
