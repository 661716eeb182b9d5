import type { IncomingMessage, ServerResponse } from 'node:http';
import { VERSION } from '../../../core/version.ts';
import { isObject } from '../../../wire/json-rpc.ts';
import type { FaultService } from '../fault-service.ts';
import { InFlight } from '../in-flight.ts';
import { SharedOutput } from '../shared-output.ts';
import { serveEventPost } from './event-post.ts';
import { openEvents, readMessage, sendJson, writeOut } from './http-body.ts';
import { SessionFront } from './session-front.ts';

/** A client. It has no stream until it has asked for its events. */
interface RpcSession {
  readonly inFlight: InFlight;
  stream: ServerResponse | undefined;
  output: SharedOutput | undefined;
}

const SESSION_HEADER = 'mcp-session-id';

/**
 * The dialect `connect-rpc` below any path: POST `connect`, GET `events`, POST `rpc`, POST `disconnect`. Answers are
 * `{request_id, result | error}`, notifications `{type, params}`. A session ends with its stream; the stream of a session
 * that was forgotten stays open and is silent, as if another process had taken over.
 */
export class ConnectRpcFront extends SessionFront<RpcSession> {
  readonly #service: FaultService;

  constructor(service: FaultService) {
    super();
    this.#service = service;
  }

  async serve(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const what = `${request.method} ${pathname.slice(pathname.lastIndexOf('/') + 1)}`;
    if (what === 'POST connect') {
      this.#connect(response);
      return;
    }
    if (what !== 'GET events' && what !== 'POST rpc' && what !== 'POST disconnect') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found');
      return;
    }
    const id = String(request.headers[SESSION_HEADER]);
    const session = this.table.get(id);
    if (session === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Session not found');
    } else if (what === 'GET events') {
      this.#open(id, session, response);
    } else if (what === 'POST rpc') {
      await this.#post(id, session, response, body);
    } else {
      this.table.end(id);
      session.stream?.end();
      response.writeHead(204).end();
    }
  }

  #connect(response: ServerResponse): void {
    const id = this.table.add({ inFlight: new InFlight(), stream: undefined, output: undefined });
    const server = { name: 'signalbox-fault-server', version: VERSION };
    sendJson(response, 200, JSON.stringify({ session_id: id, server, disconnect: true }));
  }

  #open(id: string, session: RpcSession, response: ServerResponse): void {
    session.stream = response;
    session.output = new SharedOutput((bytes) => writeOut(response, bytes));
    response.once('close', () => {
      if (session.stream === response) this.table.end(id);
    });
    openEvents(response);
  }

  async #post(id: string, session: RpcSession, response: ServerResponse, body: string): Promise<void> {
    const message = readMessage(body, response);
    if (message === undefined) return;
    const { stream, output, inFlight } = session;
    if (stream === undefined || output === undefined) {
      response.writeHead(409, { 'content-type': 'text/plain' }).end('GET events comes first');
      return;
    }
    await serveEventPost(message, response, {
      stream,
      output,
      inFlight,
      service: this.#service,
      acceptStatus: 200,
      event: dialectEvent,
      loseSession: () => this.table.end(id),
    });
  }
}

/** A message of JSON-RPC in the words of the dialect; what is none is sent as it is. */
function dialectEvent(message: string): string {
  return `data: ${inDialect(message)}\n\n`;
}

function inDialect(message: string): string {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return message;
  }
  if (!isObject(value)) return message;
  const { jsonrpc: _, id, method, ...rest } = value;
  if (typeof method === 'string')
    return JSON.stringify({ type: method.replace('notifications/', ''), ...rest });
  return JSON.stringify({ request_id: id, ...rest });
}
