import type { Delivery } from '../../../src/index.ts';

/** What became of one call, as the application saw it. Plain JSON. */
export interface Outcome {
  readonly key: string;
  readonly server: string;
  /** A tool, which notes the key in the journal; undefined for a list or a ping. */
  readonly tool: string | undefined;
  /** Whether a second run was allowed. */
  readonly isSafe: boolean;
  /** When it was made, in ms since the beginning of the run. */
  readonly atMs: number;
  readonly elapsedMs: number;
  /** Within which time it had to end. */
  readonly limitMs: number;
  /** How often its request went out. */
  readonly sent: number;
  readonly end: CallEnd;
}

export type CallEnd =
  | { readonly kind: 'answer' }
  /** A result that is not the answer to this call. */
  | { readonly kind: 'foreign'; readonly text: string }
  /** A JSON-RPC error of the server. */
  | { readonly kind: 'remote'; readonly code: number }
  | { readonly kind: 'error'; readonly code: string; readonly delivered: Delivery; readonly message: string }
  /** Something that no caller can tell apart by its code. */
  | { readonly kind: 'unknown'; readonly message: string };
