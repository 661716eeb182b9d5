import type { ServerResponse } from 'node:http';
import type { JsonRpcErrorObject, RequestId } from '../../wire/json-rpc.ts';
import { encodeFailure } from '../answers/answer.ts';

type Headers = Readonly<Record<string, string>>;

/** Ends a response with JSON. A client that has gone gets nothing, quietly. */
export function sendJson(
  response: ServerResponse,
  status: number,
  text: string,
  stallMs: number,
  headers: Headers = {},
): void {
  if (response.destroyed || response.headersSent) return;
  const body = Buffer.from(text, 'utf8');
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...headers,
  });
  response.end(body);
  guardStall(response, stallMs);
}

/** Ends a response with a JSON-RPC error; without `id` if the request has none, or its id could not be read. */
export function sendFailure(
  response: ServerResponse,
  status: number,
  error: JsonRpcErrorObject,
  stallMs: number,
  id?: RequestId,
  headers: Headers = {},
): void {
  sendJson(response, status, encodeFailure(id, error), stallMs, headers);
}

/** Ends a response without a body. */
export function sendEmpty(response: ServerResponse, status: number, headers: Headers = {}): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-length': 0, ...headers });
  response.end();
}

/**
 * S19: what waits for a client that takes nothing at all is given up after `stallMs`, and the connection with it. Node
 * restarts this time whenever some bytes leave, and sets its own when the response has been sent.
 */
export function guardStall(response: ServerResponse, stallMs: number): void {
  if (response.writableLength > 0 && Number.isFinite(stallMs)) response.setTimeout(stallMs);
}
