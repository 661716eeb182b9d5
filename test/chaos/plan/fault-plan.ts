import { Dice } from '../../runs/dice.ts';
import { type Deed, drawTrouble } from './fault-menu.ts';
import type { Seat } from './roster.ts';

/** One step of a run. */
export interface PlannedDeed {
  readonly atMs: number;
  readonly server: string;
  readonly deed: Deed;
  /** Name of the fault that begins with it; undefined where one ends. */
  readonly begins: string | undefined;
}

/** How long a fault lasts, and how long there is none, in ms. */
const LASTING = [400, 2500] as const;
const GAP = [200, 1500] as const;

/** Who suffers what and when, in order of time: the same for the same seed. Each fault ends before `durationMs`. */
export function planFaults(seats: readonly Seat[], seed: number, durationMs: number): readonly PlannedDeed[] {
  const deeds = seats.filter(({ isSteady }) => !isSteady).flatMap((seat) => planSeat(seat, seed, durationMs));
  return deeds.toSorted((a, b) => a.atMs - b.atMs);
}

function planSeat(seat: Seat, seed: number, durationMs: number): PlannedDeed[] {
  const dice = new Dice(seed, `faults of ${seat.name}`);
  const { name: server } = seat;
  const deeds: PlannedDeed[] = [];
  for (let atMs = dice.between(...GAP); atMs < durationMs - LASTING[0]; atMs += dice.between(...GAP)) {
    const { name, begin, end } = drawTrouble(dice, seat);
    deeds.push({ atMs, server, deed: begin, begins: name });
    const lastsMs = dice.between(...LASTING);
    if (end === undefined) continue;
    atMs = Math.min(atMs + lastsMs, durationMs);
    deeds.push({ atMs, server, deed: end, begins: undefined });
  }
  return deeds;
}
