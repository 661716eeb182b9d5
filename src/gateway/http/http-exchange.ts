import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayCore } from '../gateway-core.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { OpenStreams } from './open-streams.ts';

/** What the endpoints of both eras share. */
export interface HttpCore extends GatewayCore {
  readonly keepAlive: KeepAlive;
  readonly streams: OpenStreams;
}

/** One HTTP request and its response. */
export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Whether a client takes an event stream as the answer. One that says nothing takes anything. */
export function acceptsStream({ headers }: IncomingMessage): boolean {
  const { accept } = headers;
  return accept === undefined || /text\/(?:event-stream|\*)|\*\/\*/iu.test(accept);
}
