import type { DelayMs } from '../faults/fault.ts';

/**
 * What happens to messages on their way, in the words of toxiproxy and Polly. Where each request has a stream of its
 * own (`streamPerRequest`), `reset` and `hang` are about that stream; elsewhere about the whole connection.
 */
export type TransportFaultTerms =
  /** They come later, by `ms`. On a shared stream nothing overtakes: what follows waits too. */
  | { readonly kind: 'latency'; readonly ms: DelayMs }
  /** They leave and never arrive. */
  | { readonly kind: 'drop' }
  /** They arrive twice. A request is then executed twice, by a server that does not look. */
  | { readonly kind: 'duplicate' }
  /** Half of them arrives. */
  | { readonly kind: 'truncate' }
  /** They arrive with a wrong character, so that they are no JSON any more. */
  | { readonly kind: 'corrupt' }
  /** The connection breaks in their place: what leaves is lost on its way, and so is what arrives. */
  | { readonly kind: 'reset' }
  /** They stop, and what follows them too, until the faults are cleared or switched off; then all goes on. */
  | { readonly kind: 'hang' };

/** The kinds of faults that a transport can have. */
export type TransportFaultKind = TransportFaultTerms['kind'];

/**
 * `out`: what the client sends. `in`: what it gets. `both`: the default. `open`: the setting up of the connection,
 * for `latency`, `hang` and `reset`.
 */
export type FaultDirection = 'out' | 'in' | 'both' | 'open';

/** A fault, how likely it is, and where. */
export type TransportFault = TransportFaultTerms & {
  /** How likely it is for each message, from 0 to 1. Default 1. */
  readonly rate?: number;
  /** How often it happens at most, 1 or more. Default: without end. */
  readonly times?: number;
  /** Default `both`. */
  readonly direction?: FaultDirection;
};

/** What a message meets: a delay, and at most one other fault. */
export interface MetFaults {
  readonly delayMs: number;
  readonly kind: Exclude<TransportFaultKind, 'latency'> | undefined;
}
