import type { IncomingMessage, ServerResponse } from 'node:http';
import { JSON_RPC_ERROR, type JsonRpcNotification, type JsonRpcRequest } from '../../../wire/json-rpc.ts';
import type { Answers } from '../answers.ts';
import type { FaultService } from '../fault-service.ts';
import { InFlight } from '../in-flight.ts';
import { headerProblem, metaProblem } from '../modern-request.ts';
import { type FaultServerEra, LEGACY_REVISIONS, MCP_ERROR } from '../revisions.ts';
import { openEvents, readMessage, sendError } from './http-body.ts';
import { PostWay } from './post-way.ts';
import { SessionFront } from './session-front.ts';

/** What a legacy client has opened by `initialize`. */
interface HttpSession {
  readonly inFlight: InFlight;
  readonly streams: Set<ServerResponse>;
}

const SESSION_HEADER = 'mcp-session-id';

/** Streamable HTTP: stateless for the modern era, with sessions for the legacy one. */
export class StreamableFront extends SessionFront<HttpSession> {
  readonly #era: FaultServerEra;
  readonly #answers: Answers;
  readonly #service: FaultService;
  /** Requests without a session. Their ids are not unique: each has a key of its own. */
  readonly #stateless = new InFlight();
  #lastKey = 0;

  constructor(era: FaultServerEra, answers: Answers, service: FaultService) {
    super(({ streams }) => {
      for (const stream of streams) stream.end();
    });
    this.#era = era;
    this.#answers = answers;
    this.#service = service;
  }

  override abort(): void {
    this.#stateless.cancelAll();
    super.abort();
  }

  async serve(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    if (request.method === 'POST') await this.#post(request, response, body);
    else if (this.#era === 'modern' || (request.method !== 'GET' && request.method !== 'DELETE')) {
      response.writeHead(405, { allow: this.#era === 'modern' ? 'POST' : 'GET, POST, DELETE' }).end();
    } else this.#getOrDelete(request, response);
  }

  async #post(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const message = readMessage(body, response);
    if (message === undefined) return;
    if (message.kind === 'invalid') {
      sendError(response, 400, { code: JSON_RPC_ERROR.invalidRequest, message: message.why });
    } else if (message.kind === 'request') {
      await this.#request(message.message, request, response);
    } else {
      this.#oneWay(message.kind === 'notification' ? message.message : undefined, request, response);
    }
  }

  async #request(message: JsonRpcRequest, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#answers.speaksModern(message)) {
      await this.#modern(message, request, response);
    } else if (message.method === 'initialize') {
      const id = this.table.add({ inFlight: new InFlight(), streams: new Set() });
      await this.#legacy(message, id, request, response);
    } else {
      const id = this.#sessionOf(request, response);
      if (id !== undefined) await this.#legacy(message, id, request, response);
    }
  }

  async #modern(message: JsonRpcRequest, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, params, id } = message;
    // What is wrong with `_meta` the answer says; headers there are only here.
    const problem =
      method === 'initialize' || metaProblem(params) !== undefined
        ? undefined
        : headerProblem(request.headers, method, params);
    if (problem !== undefined) {
      sendError(response, 400, problem, id);
      return;
    }
    const acceptsStream = takesEvents(request);
    const way = new PostWay(response, { acceptsStream, headers: {}, loseSession: () => {} });
    const key = String(++this.#lastKey);
    // In this era a client cancels by closing the response.
    response.once('close', () => {
      if (!response.writableFinished) this.#stateless.cancel(key);
    });
    await this.#stateless.run(key, (signal) => this.#service.serve(message, way, signal));
  }

  async #legacy(
    message: JsonRpcRequest,
    sessionId: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const session = this.table.get(sessionId)!;
    const way = new PostWay(response, {
      acceptsStream: takesEvents(request),
      headers: message.method === 'initialize' ? { [SESSION_HEADER]: sessionId } : {},
      loseSession: () => this.table.end(sessionId),
    });
    await session.inFlight.run(message.id, (signal) => this.#service.serve(message, way, signal));
  }

  #oneWay(
    notification: JsonRpcNotification | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    // The modern era has no notifications of clients over HTTP, but it does no harm to take one.
    if (this.#era !== 'modern') {
      const id = this.#sessionOf(request, response);
      if (id === undefined) return;
      if (notification !== undefined) this.table.get(id)!.inFlight.notified(notification);
    }
    response.writeHead(202).end();
  }

  #getOrDelete(request: IncomingMessage, response: ServerResponse): void {
    const id = this.#sessionOf(request, response);
    if (id === undefined) return;
    if (request.method === 'DELETE') {
      this.table.end(id);
      response.writeHead(204).end();
      return;
    }
    const { streams } = this.table.get(id)!;
    openEvents(response);
    streams.add(response);
    response.once('close', () => streams.delete(response));
  }

  /** The session that a request names; undefined if it was refused, which has been answered then. */
  #sessionOf({ headers }: IncomingMessage, response: ServerResponse): string | undefined {
    const id = headers[SESSION_HEADER];
    const version = headers['mcp-protocol-version'];
    if (typeof id !== 'string') {
      const message = 'Mcp-Session-Id is missing; open with initialize';
      sendError(response, 400, { code: JSON_RPC_ERROR.invalidRequest, message });
      return undefined;
    }
    if (this.table.get(id) === undefined) {
      sendError(response, 404, { code: MCP_ERROR.badSession, message: 'Session not found' });
      return undefined;
    }
    if (version !== undefined && !LEGACY_REVISIONS.includes(String(version))) {
      const message = 'MCP-Protocol-Version is not supported';
      sendError(response, 400, { code: JSON_RPC_ERROR.invalidRequest, message });
      return undefined;
    }
    return id;
  }
}

function takesEvents({ headers: { accept } }: IncomingMessage): boolean {
  return accept === undefined || /text\/(?:event-stream|\*)|\*\/\*/iu.test(accept);
}
