import type { Clock } from '../../core/clock.ts';

/** Waits for work that goes on by itself, for `limitMs` at most. True if it has settled by then. Never rejects. */
export async function upTo(limitMs: number, work: Promise<unknown>, clock: Clock): Promise<boolean> {
  let release = (): void => {};
  const over = new Promise<boolean>((resolve) => {
    const timer = clock.setTimeout(() => resolve(false), limitMs);
    release = () => timer.cancel();
  });
  const settled = work.then(
    () => true,
    () => true,
  );
  const isSettled = await Promise.race([settled, over]);
  release();
  return isSettled;
}
