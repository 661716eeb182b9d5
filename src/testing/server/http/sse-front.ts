import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultService } from '../fault-service.ts';
import { InFlight } from '../in-flight.ts';
import { SharedOutput } from '../shared-output.ts';
import { serveEventPost } from './event-post.ts';
import { messageEvent, openEvents, readMessage, writeOut } from './http-body.ts';
import { SessionFront } from './session-front.ts';

/** A client: its event stream is its session. */
interface EventSession {
  readonly stream: ServerResponse;
  readonly output: SharedOutput;
  readonly inFlight: InFlight;
}

/** HTTP+SSE of 2024-11-05: the stream at any path, its messages at `/messages`. */
export class SseFront extends SessionFront<EventSession> {
  readonly #service: FaultService;

  constructor(service: FaultService) {
    super(({ stream }) => void stream.end());
    this.#service = service;
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
    const id = this.table.add({ stream: response, output, inFlight: new InFlight() });
    response.once('close', () => this.table.end(id));
    openEvents(response);
    void output.whole(`event: endpoint\ndata: /messages?session=${id}\n\n`);
  }

  async #post(id: string, response: ServerResponse, body: string): Promise<void> {
    const session = this.table.get(id);
    if (session === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Session not found');
      return;
    }
    const message = readMessage(body, response);
    if (message === undefined) return;
    await serveEventPost(message, response, {
      ...session,
      service: this.#service,
      acceptStatus: 202,
      event: messageEvent,
      loseSession: () => this.table.end(id),
    });
  }
}
