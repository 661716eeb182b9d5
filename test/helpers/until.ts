import { setTimeout as pause } from 'node:timers/promises';

/** Polls until `condition` holds; fails after `ceilingMs` (default 25 s). Returns how long it took, in ms. */
export async function until(
  what: string,
  condition: () => boolean,
  ceilingMs: number = 25_000,
): Promise<number> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > ceilingMs)
      throw new Error(`waited ${ceilingMs} ms in vain until ${what}`);
    await pause(5);
  }
  return performance.now() - start;
}
