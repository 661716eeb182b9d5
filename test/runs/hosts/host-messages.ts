import type { FaultServerEntry, FaultServerEra, FaultServerWire } from '../../../src/testing/index.ts';
import type { ServerAccount } from './server-account.ts';
import type { ServerDeed } from './server-deed.ts';

/** What a host is asked for; each is answered once, in order of completion. */
export type HostTask =
  | {
      readonly task: 'open';
      readonly name: string;
      readonly wire: FaultServerWire;
      readonly era: FaultServerEra;
      readonly seed: number;
    }
  | { readonly task: 'apply'; readonly name: string; readonly deed: ServerDeed }
  | { readonly task: 'heal'; readonly name: string }
  | { readonly task: 'account'; readonly name: string }
  /** Sockets that clients hold open at any server of this process. */
  | { readonly task: 'sockets' }
  | { readonly task: 'close' };

/** What each task is answered with. */
export interface HostResults {
  readonly open: FaultServerEntry;
  readonly apply: undefined;
  readonly heal: undefined;
  readonly account: ServerAccount;
  readonly sockets: number;
  readonly close: undefined;
}

export interface HostQuestion {
  readonly id: number;
  readonly task: HostTask;
}

export interface HostAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}
