import type { Random } from '../../core/random.ts';

/** Between two questions after a task, in ms. */
export const TASK_PACE = Object.freeze({
  /** Never more often, whatever the server says. */
  floorMs: 500,
  /** Where the server says nothing. */
  defaultMs: 1000,
  /** At least this often. */
  ceilingMs: 300_000,
});

/** Upwards only: the server's interval is the shortest that it wants. */
const JITTER = 0.1;

/** While the server pushes, questions only guard against a push that got lost. */
const PUSHED_FACTOR = 4;

/** How long to wait until a task is asked after again, in ms. */
export function pollDelay(pollIntervalMs: number | undefined, isPushed: boolean, random: Random): number {
  const { floorMs, defaultMs, ceilingMs } = TASK_PACE;
  const wanted = (pollIntervalMs ?? defaultMs) * (isPushed ? PUSHED_FACTOR : 1);
  return Math.min(ceilingMs, Math.max(floorMs, wanted)) * (1 + JITTER * random());
}
