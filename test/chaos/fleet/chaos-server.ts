import type { ServerEntry } from '../../../src/index.ts';
import type { Journal } from '../../../src/testing/index.ts';
import type { ServerDeed } from '../plan/fault-menu.ts';
import type { Seat } from '../plan/roster.ts';

/** What a server itself says it has done. */
export interface ServerAccount {
  /** The keys of the calls that it has executed, in order, with repetitions. */
  readonly keys: readonly string[];
  /** Requests that met a fault. */
  readonly faults: number;
}

/** A server of a run, wherever it lives. */
export interface ChaosServer {
  readonly seat: Seat;
  readonly entry: ServerEntry;
  /** Makes something of it go wrong, or right. */
  apply(deed: ServerDeed): Promise<void>;
  /** Ends every fault, whatever it was. */
  heal(): Promise<void>;
  account(): Promise<ServerAccount>;
}

/** Calls without a key are no part of the load. */
export function accountOf(journal: Journal): ServerAccount {
  const keys = journal.calls().map(({ arguments: args }) => args['key']);
  return { keys: keys.filter((key) => typeof key === 'string'), faults: journal.faults().length };
}
