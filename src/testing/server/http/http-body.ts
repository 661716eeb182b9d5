import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type Classified, classify } from '../../../wire/classify.ts';
import { JSON_RPC_ERROR, type JsonRpcErrorObject, type RequestId } from '../../../wire/json-rpc.ts';

/** Largest body of a request, in bytes. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Reads a body to its end; undefined if the client has gone before, or sent too much and was cut off. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_BODY_BYTES) {
        request.destroy();
        return undefined;
      }
    }
  } catch {
    return undefined; // the client broke off
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The message in a body; undefined if it is no JSON, which has been answered then. */
export function readMessage(body: string, response: ServerResponse): Classified | undefined {
  try {
    return classify(JSON.parse(body));
  } catch {
    sendError(response, 400, { code: JSON_RPC_ERROR.parseError, message: 'the body is not JSON' });
    return undefined;
  }
}

/** Answers with an error of JSON-RPC that stands for the whole HTTP request. */
export function sendError(
  response: ServerResponse,
  status: number,
  error: JsonRpcErrorObject,
  id: RequestId | null = null,
): void {
  sendJson(response, status, JSON.stringify({ jsonrpc: '2.0', id, error }));
}

export function sendJson(
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  if (!response.destroyed)
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

/** Begins an event stream. */
export function openEvents(response: ServerResponse, headers: OutgoingHttpHeaders = {}): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    ...headers,
  });
  response.flushHeaders();
}

/** One server-sent event with a message as data. */
export function messageEvent(message: string): string {
  return `event: message\ndata: ${message}\n\n`;
}

/** A comment, and an event that nobody knows. */
export function noiseEvents(text: string): string {
  return `: ${text}\n\nevent: noise\ndata: ${text}\n\n`;
}

/** Resolves when the bytes have left, or never can. */
export function writeOut(response: ServerResponse, bytes: Buffer | string): Promise<void> {
  if (response.destroyed || response.writableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('close', done);
      resolve();
    };
    response.on('close', done);
    response.write(bytes, done);
  });
}

/** The connection breaks: by RST, or `gently`, so that what was written still arrives. */
export function cutConnection(response: ServerResponse, gently: boolean): void {
  if (gently) response.socket?.destroy();
  else response.socket?.resetAndDestroy();
}
