import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { classify } from '../../../wire/classify.ts';
import { JSON_RPC_ERROR } from '../../../wire/json-rpc.ts';
import type { FaultService } from '../fault-service.ts';
import { InFlight } from '../in-flight.ts';
import { SharedOutput } from '../shared-output.ts';
import { EventWay } from './event-way.ts';
import { openEvents, sendError, writeOut } from './http-body.ts';
import type { HttpFront } from './http-front.ts';

/** A client: its event stream is its session. */
interface EventSession {
  readonly stream: ServerResponse;
  readonly output: SharedOutput;
  readonly inFlight: InFlight;
}

/** HTTP+SSE of 2024-11-05: the stream at any path, its messages at `/messages`. */
export class SseFront implements HttpFront {
  readonly #service: FaultService;
  readonly #sessions: Map<string, EventSession> = new Map();

  constructor(service: FaultService) {
    this.#service = service;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  loseSessions(): number {
    const { size } = this.#sessions;
    for (const id of [...this.#sessions.keys()]) this.#endSession(id);
    return size;
  }

  abort(): void {
    for (const { inFlight } of this.#sessions.values()) inFlight.cancelAll();
  }

  async serve(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.method === 'GET') {
      this.#open(response);
    } else if (request.method === 'POST' && url.pathname === '/messages') {
      await this.#post(url.searchParams.get('session') ?? '', response, body);
    } else {
      // 405 to a POST of the stream's path is how clients tell this transport from its successor.
      response.writeHead(405, { allow: 'GET' }).end();
    }
  }

  #open(response: ServerResponse): void {
    const id = randomUUID();
    const output = new SharedOutput((bytes) => writeOut(response, bytes));
    this.#sessions.set(id, { stream: response, output, inFlight: new InFlight() });
    response.once('close', () => this.#endSession(id));
    openEvents(response);
    void output.whole(`event: endpoint\ndata: /messages?session=${id}\n\n`);
  }

  async #post(sessionId: string, response: ServerResponse, body: string): Promise<void> {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Session not found');
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      sendError(response, 400, { code: JSON_RPC_ERROR.parseError, message: 'the body is not JSON' });
      return;
    }
    const message = classify(value);
    if (message.kind === 'request') {
      const { stream, output, inFlight } = session;
      const way = new EventWay(response, stream, output, () => this.#endSession(sessionId));
      const { id } = message.message;
      await inFlight.run(id, (signal) => this.#service.serve(message.message, way, signal));
      return;
    }
    if (message.kind === 'notification' && message.message.method === 'notifications/cancelled')
      session.inFlight.cancel(message.message.params?.['requestId']);
    response.writeHead(message.kind === 'invalid' ? 400 : 202).end();
  }

  #endSession(id: string): void {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    session?.inFlight.cancelAll();
    session?.stream.end();
  }
}
