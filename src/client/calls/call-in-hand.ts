import type { Era } from '../../protocol/eras/era.ts';
import type { RequestOptions } from '../../protocol/session/pending-call.ts';
import type { Session } from '../../protocol/session/session.ts';
import type { Params } from '../../wire/json-rpc.ts';
import type { CallOptions } from './call-options.ts';

/** What a call is besides what its options say. */
export interface CallExtras {
  /** Further values of `resultType` that the caller understands. Default: none. */
  readonly acceptsResultTypes?: readonly string[] | undefined;
  /**
   * How the requests are dressed, where not by the era of their session. It is asked for each request, as sessions
   * change, and may throw where it would be wrong to send it.
   */
  readonly era?: ((session: Session) => Era | undefined) | undefined;
  /** The server asks for input, which the call then carries: its result is that of no other call. */
  readonly onInputRequired?: (() => void) | undefined;
  /**
   * Checks the result, or makes something else of it, before the caller gets it. It is given what the call was made
   * with, so that one function serves all calls.
   */
  readonly read?:
    | ((result: Record<string, unknown>, params: Params | undefined, options: CallOptions) => unknown)
    | undefined;
}

/** How each request of one call is made. */
export type CallRequest = RequestOptions & Pick<CallExtras, 'era'>;

/** One call of an application, from its beginning to its end. */
export interface CallInHand {
  readonly method: string;
  readonly params: Params | undefined;
  readonly options: CallOptions;
  readonly extras: CallExtras;
  readonly request: CallRequest;
  readonly startedAt: number;
}
