import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultService } from '../fault-service.ts';
import { InFlight } from '../in-flight.ts';
import { SharedOutput } from '../shared-output.ts';
import { EventWay } from './event-way.ts';
import { messageEvent, openEvents, readMessage, writeOut } from './http-body.ts';
import type { HttpFront } from './http-front.ts';
import { SessionTable } from './session-table.ts';

/** A client: its event stream is its session. */
interface EventSession {
  readonly stream: ServerResponse;
  readonly output: SharedOutput;
  readonly inFlight: InFlight;
}

/** HTTP+SSE of 2024-11-05: the stream at any path, its messages at `/messages`. */
export class SseFront implements HttpFront {
  readonly #service: FaultService;
  readonly #sessions: SessionTable<EventSession> = new SessionTable(({ stream }) => void stream.end());

  constructor(service: FaultService) {
    this.#service = service;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  loseSessions(): number {
    return this.#sessions.endAll();
  }

  abort(): void {
    this.#sessions.cancelAll();
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
    const output = new SharedOutput((bytes) => writeOut(response, bytes));
    const id = this.#sessions.add({ stream: response, output, inFlight: new InFlight() });
    response.once('close', () => this.#sessions.end(id));
    openEvents(response);
    void output.whole(`event: endpoint\ndata: /messages?session=${id}\n\n`);
  }

  async #post(id: string, response: ServerResponse, body: string): Promise<void> {
    const session = this.#sessions.get(id);
    if (session === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Session not found');
      return;
    }
    const message = readMessage(body, response);
    if (message === undefined) return;
    const { stream, output, inFlight } = session;
    if (message.kind === 'request') {
      const loseSession = (): void => this.#sessions.end(id);
      const way = new EventWay(response, {
        stream,
        output,
        acceptStatus: 202,
        event: messageEvent,
        loseSession,
      });
      await inFlight.run(message.message.id, (signal) => this.#service.serve(message.message, way, signal));
      return;
    }
    if (message.kind === 'notification') inFlight.notified(message.message);
    response.writeHead(message.kind === 'invalid' ? 400 : 202).end();
  }
}
