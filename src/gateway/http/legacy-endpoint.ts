import type { SignalboxError } from '../../core/errors.ts';
import { isLegacyVersion, receivesBatches } from '../../protocol/versions.ts';
import { type Classified, classify } from '../../wire/classify.ts';
import { encodeResult } from '../../wire/encode.ts';
import {
  isRequestId,
  JSON_RPC_ERROR,
  type JsonRpcErrorObject,
  type JsonRpcRequest,
} from '../../wire/json-rpc.ts';
import { encodeFailure } from '../answers/answer.ts';
import { describeError } from '../answers/describe-error.ts';
import { ownError } from '../answers/rpc-error.ts';
import { initializeResult, negotiateVersion } from '../eras/initialize.ts';
import { LegacySession } from '../eras/legacy-session.ts';
import { LegacySessions } from '../eras/legacy-sessions.ts';
import { tellChanges } from '../eras/subscription.ts';
import { acceptsStream, type HttpCore, type HttpExchange } from './http-exchange.ts';
import { HttpReply } from './http-reply.ts';
import { sendEmpty, sendFailure, sendJson } from './send-json.ts';
import { SseStream } from './sse-stream.ts';

/** Longest batch of 2025-03-26. */
const MAX_BATCH = 100;
const SESSION_HEADER = 'mcp-session-id';

/** Serves clients of 2025-11-25 and earlier: an `initialize` opens a session, and the rest belongs to it. */
export class LegacyEndpoint {
  readonly #core: HttpCore;
  readonly #sessions: LegacySessions;

  constructor(core: HttpCore) {
    this.#core = core;
    const { sessions, sessionIdleMs } = core.limits;
    this.#sessions = new LegacySessions({ clock: core.clock, maxSessions: sessions, idleMs: sessionIdleMs });
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Ends all sessions and what is in flight in them. */
  close(reason: SignalboxError): void {
    this.#sessions.close(reason);
  }

  /** One message, or a batch of them. Never rejects. */
  async post(value: unknown, exchange: HttpExchange): Promise<void> {
    if (Array.isArray(value)) {
      await this.#batch(value, exchange);
      return;
    }
    const message = classify(value);
    if (message.kind === 'invalid') {
      const id = isRequestId(message.id) ? message.id : undefined;
      this.#fail(exchange, 400, { code: JSON_RPC_ERROR.invalidRequest, message: message.why }, id);
      return;
    }
    if (message.kind === 'request' && message.message.method === 'initialize') {
      this.#initialize(message.message, exchange);
      return;
    }
    const session = this.#session(exchange);
    if (session === undefined) return;
    if (message.kind === 'request') {
      await session.request(message.message, this.#reply(exchange));
      return;
    }
    if (message.kind === 'notification') session.notification(message.message);
    // Responses answer requests of the server, and this one sends none.
    sendEmpty(exchange.response, 202);
  }

  /** GET: the stream on which a session hears of changes. */
  get(exchange: HttpExchange): void {
    const session = this.#session(exchange);
    if (session === undefined) return;
    const { changes, keepAlive, limits, streams } = this.#core;
    if (!acceptsStream(exchange.request)) {
      this.#fail(exchange, 406, ownError('BAD_MESSAGE', 'a GET is answered with text/event-stream only'));
      return;
    }
    if (streams.isFull) {
      this.#fail(exchange, 503, ownError('RATE_LIMITED', 'too many event streams are open', true));
      return;
    }
    const stream = new SseStream(exchange.response, limits);
    const stop = tellChanges(changes, stream);
    keepAlive.add(stream);
    stream.tick();
    session.listen(stream);
    streams.add(
      exchange.response,
      () => stream.end(),
      () => {
        stop();
        keepAlive.delete(stream);
        session.stopListening(stream);
        // The idle time counts from the end of the stream.
        this.#sessions.use(session.id);
      },
    );
  }

  /** DELETE: the client is done. */
  delete(exchange: HttpExchange): void {
    const session = this.#session(exchange);
    if (session === undefined) return;
    this.#sessions.end(session.id, 'the client has ended the session');
    sendEmpty(exchange.response, 204);
  }

  #initialize({ id, params }: JsonRpcRequest, exchange: HttpExchange): void {
    const { router, registry, logger, limits } = this.#core;
    let version: string;
    try {
      version = negotiateVersion(params);
    } catch (error) {
      this.#fail(exchange, 200, describeError(error, 'legacy'), id);
      return;
    }
    const session = this.#sessions.open(
      (sessionId) => new LegacySession(sessionId, version, router, limits.inFlightPerSession, logger),
    );
    if (session === undefined) {
      this.#fail(exchange, 503, ownError('RATE_LIMITED', 'too many sessions are open', true), id);
      return;
    }
    const text = encodeResult(id, initializeResult(version, registry));
    sendJson(exchange.response, 200, text, limits.stallMs, { [SESSION_HEADER]: session.id });
  }

  /** The session that a request names; undefined if it was refused, which has been answered then. */
  #session(exchange: HttpExchange): LegacySession | undefined {
    const { headers } = exchange.request;
    const id = headers[SESSION_HEADER];
    if (typeof id !== 'string') {
      this.#fail(exchange, 400, ownError('BAD_MESSAGE', 'Mcp-Session-Id is missing; open with initialize'));
      return undefined;
    }
    const version = headers['mcp-protocol-version'];
    if (version !== undefined && !isLegacyVersion(String(version))) {
      this.#fail(exchange, 400, ownError('PROTOCOL_UNSUPPORTED', 'MCP-Protocol-Version is not supported'));
      return undefined;
    }
    const session = this.#sessions.use(id);
    if (session === undefined) {
      this.#fail(
        exchange,
        404,
        ownError('SESSION_LOST', 'the session has ended; open with initialize', true),
      );
    }
    return session;
  }

  async #batch(values: readonly unknown[], exchange: HttpExchange): Promise<void> {
    const session = this.#session(exchange);
    if (session === undefined) return;
    if (!receivesBatches(session.protocolVersion) || values.length === 0 || values.length > MAX_BATCH) {
      const message = `a batch needs revision 2025-03-26 and 1 to ${MAX_BATCH} messages`;
      this.#fail(exchange, 400, { code: JSON_RPC_ERROR.invalidRequest, message });
      return;
    }
    const messages = values.map((value) => classify(value));
    const answered = messages.filter(({ kind }) => kind === 'request' || kind === 'invalid');
    for (const message of messages) {
      if (message.kind === 'notification') session.notification(message.message);
    }
    if (answered.length === 0) {
      sendEmpty(exchange.response, 202);
      return;
    }
    const reply = this.#reply(exchange, answered.length);
    await Promise.all(answered.map((message) => batched(message, session, reply)));
  }

  #reply({ request, response }: HttpExchange, batchSize?: number): HttpReply {
    const { limits, keepAlive } = this.#core;
    const options = { limits, keepAlive, acceptsStream: acceptsStream(request) };
    return new HttpReply(response, batchSize === undefined ? options : { ...options, batchSize });
  }

  #fail(
    { response }: HttpExchange,
    status: number,
    error: JsonRpcErrorObject,
    id?: JsonRpcRequest['id'],
  ): void {
    sendFailure(response, status, error, this.#core.limits.stallMs, id);
  }
}

async function batched(message: Classified, session: LegacySession, reply: HttpReply): Promise<void> {
  if (message.kind === 'request') {
    // A handshake stands alone (2025-03-26, lifecycle): the session answers that it knows no such method.
    await session.request(message.message, reply);
  } else if (message.kind === 'invalid') {
    const id = isRequestId(message.id) ? message.id : undefined;
    const error = { code: JSON_RPC_ERROR.invalidRequest, message: message.why };
    reply.respond(encodeFailure(id, error), error);
  }
}
