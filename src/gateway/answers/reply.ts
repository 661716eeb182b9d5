import type { JsonRpcErrorObject } from '../../wire/json-rpc.ts';

/** Where the answer to one request goes: an HTTP response, a line on stdout. */
export interface Reply {
  /**
   * Sends a message about the request before its answer. It may be dropped if the client does not keep up, or cannot
   * receive it.
   */
  notify(text: string): void;
  /** Sends the answer. `error` is what it says, if it is one. */
  respond(text: string, error?: JsonRpcErrorObject): void;
  /** There will be no answer: the client has cancelled. */
  abandon(): void;
}
