import type { Clock } from '../../core/clock.ts';
import { upTo } from './up-to.ts';

/** How many begin at once, and for how long one may keep the others waiting. */
export interface TurnOptions {
  /** Places: so many begin at once. */
  readonly places: number;
  /** After this time one gives its place to the next and goes on without, in ms. */
  readonly patienceMs: number;
  readonly clock: Clock;
}

/**
 * Runs `task` for every item, begun in the order of the items. Places are for beginning: whoever is done gives its
 * place back, and so does whoever takes longer than `patienceMs`. So a burst is bounded where it costs most, and an item
 * that hangs costs the others `patienceMs`, not its own time-out. Resolves when all are done; rejects only if a task does.
 */
export async function inTurn<Item>(
  items: readonly Item[],
  { places, patienceMs, clock }: TurnOptions,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const begun: Promise<void>[] = [];
  let next = 0;
  const place = async (): Promise<void> => {
    while (next < items.length) {
      const done = task(items[next++]!);
      begun.push(done);
      await upTo(patienceMs, done, clock);
    }
  };
  await Promise.all(Array.from({ length: Math.min(places, items.length) }, place));
  await Promise.all(begun);
}
