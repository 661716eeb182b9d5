import type { Journal } from '../../../src/testing/index.ts';
import { type Breach, breachOf, type CheckResult } from '../../runs/check.ts';

/** One process that was being started, by its own journal: from when it was made until it served its first list. */
export interface StartTime {
  readonly server: string;
  readonly from: number;
  readonly to: number;
}

/** The first start that stands in a journal; undefined if it did not come to its end, or nobody noted when. */
export function firstStart(server: string, journal: Journal): StartTime | undefined {
  const entries = journal.entries();
  const from = entries.find(({ event }) => event === 'start');
  const to = entries.find(({ event }) => event === 'fault');
  if (from?.event !== 'start' || to?.event !== 'fault') return undefined;
  // Programs of an earlier build note no times.
  if (!(to.at >= from.at)) return undefined;
  return { server, from: from.at, to: to.at };
}

/**
 * Holds what the processes have noted against the places that there were.
 * @param starts by server; undefined where the journal tells of none
 */
export function checkStarts(
  starts: ReadonlyMap<string, StartTime | undefined>,
  places: number,
): CheckResult<'starts'> {
  const breaches: Breach<'starts'>[] = [];
  const found: StartTime[] = [];
  for (const [server, start] of starts) {
    if (start === undefined) breaches.push(breachOf('starts', 'its journal tells of no start', { server }));
    else found.push(start);
  }
  let most = 0;
  for (const { server, from } of found) {
    const atOnce = found.filter((other) => other.from <= from && other.to > from).length;
    most = Math.max(most, atOnce);
    if (atOnce > places)
      breaches.push(
        breachOf('starts', `was made while ${atOnce - 1} others were starting, ${places} places`, { server }),
      );
  }
  const took = found.map(({ from, to }) => to - from).toSorted((one, other) => one - other);
  const ms = (value: number | undefined): string => `${Math.round(value ?? 0)} ms`;
  return {
    check: 'starts',
    figures: `${found.length} processes, at most ${most} at once; each took ${ms(took[0])} to ${ms(took.at(-1))}`,
    breaches,
  };
}
