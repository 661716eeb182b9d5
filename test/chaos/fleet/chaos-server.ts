import type { ServerEntry } from '../../../src/index.ts';
import type { ServerAccount } from '../../runs/hosts/server-account.ts';
import type { ServerDeed } from '../../runs/hosts/server-deed.ts';
import type { Seat } from '../plan/roster.ts';

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
