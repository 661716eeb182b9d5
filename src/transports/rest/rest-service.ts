import type { JsonRpcErrorObject, Params } from '../../wire/json-rpc.ts';
import type { RestAnswer } from './rest-exchange.ts';
import type { RestRequest } from './rest-request.ts';

/** What an MCP request is answered with. */
export type RestResult = { readonly result: unknown } | { readonly error: JsonRpcErrorObject };

/** How one MCP message is carried out. */
export type RestStep =
  /** By one exchange. `read` throws a SignalboxError for an answer that is a fault or none. */
  | { readonly kind: 'ask'; readonly request: RestRequest; readonly read: (answer: RestAnswer) => RestResult }
  /** Without one. */
  | ({ readonly kind: 'answer' } & RestResult)
  /** It goes nowhere: a notification that the service has no route for. */
  | { readonly kind: 'nothing' };

/** What is known of a request that is to be cancelled. */
export interface CancelledRequest {
  /** What its HTTP request was numbered with. */
  readonly requestId: string | undefined;
}

/** What MCP means at one REST service: an endpoint map, or the operations of an OpenAPI document. */
export interface RestService {
  /** The session that is open; undefined without one. */
  readonly sessionId: string | undefined;
  /** What is asked before anything else; undefined: nothing. `read` throws if the service is not well. */
  health(): (RestStep & { readonly kind: 'ask' }) | undefined;
  /**
   * @param cancelled the request that `notifications/cancelled` is about, where it is on its way
   * @throws SignalboxError if the message cannot be carried out as it is
   */
  step(method: string, params: Params, cancelled?: CancelledRequest): RestStep;
  /** What ends the session that is open; undefined: nothing has to be asked. */
  end(): RestRequest | undefined;
}
