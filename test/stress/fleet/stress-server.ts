import type { ServerEntry } from '../../../src/index.ts';
import type { Seat } from './roster.ts';

/** A server of a run, wherever it lives. */
export interface StressServer {
  readonly seat: Seat;
  readonly entry: ServerEntry;
  /** How many calls it says it has executed. */
  executed(): Promise<number>;
}
