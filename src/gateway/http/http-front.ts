import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf, SignalboxError } from '../../core/errors.ts';
import { isLegacyVersion } from '../../protocol/versions.ts';
import { classify } from '../../wire/classify.ts';
import { JSON_RPC_ERROR } from '../../wire/json-rpc.ts';
import { ownError } from '../answers/rpc-error.ts';
import { isModern } from '../eras/modern-request.ts';
import type { GatewayCore } from '../gateway-core.ts';
import type { Guards } from './guards.ts';
import type { HttpCore, HttpExchange } from './http-exchange.ts';
import { KeepAlive } from './keep-alive.ts';
import { LegacyEndpoint } from './legacy-endpoint.ts';
import { ModernEndpoint } from './modern-endpoint.ts';
import { OpenStreams } from './open-streams.ts';
import { readMessage } from './read-message.ts';
import { sendEmpty, sendFailure, sendJson } from './send-json.ts';

/** Where the MCP endpoint is, and who may call it. */
export interface HttpFrontOptions {
  readonly path: string;
  readonly guards: Guards;
}

/** Every HTTP request of the gateway: guards, path, method, then the era that it speaks. */
export class HttpFront {
  readonly #core: HttpCore;
  readonly #options: HttpFrontOptions;
  readonly #modern: ModernEndpoint;
  readonly #legacy: LegacyEndpoint;
  readonly #active: Set<Promise<void>> = new Set();
  #isClosing = false;

  constructor(core: GatewayCore, options: HttpFrontOptions) {
    const { clock, limits } = core;
    this.#core = {
      ...core,
      keepAlive: new KeepAlive(clock, limits.keepAliveMs),
      streams: new OpenStreams(limits.streams),
    };
    this.#options = options;
    this.#modern = new ModernEndpoint(this.#core);
    this.#legacy = new LegacyEndpoint(this.#core);
  }

  /** Serves one request. Never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    // A client that breaks off is no error of ours.
    response.on('error', () => {});
    const work = this.#serve({ request, response }).catch((error: unknown) => {
      this.#core.logger.error('a request could not be served', { error: messageOf(error) });
      const internal = { code: JSON_RPC_ERROR.internalError, message: 'internal error of the gateway' };
      sendFailure(response, 500, internal, this.#core.limits.stallMs);
    });
    this.#active.add(work);
    void work.then(() => this.#active.delete(work));
  }

  /** Takes no more requests, ends the streams, and resolves when what is in flight has been answered. */
  async drain(): Promise<void> {
    this.#isClosing = true;
    this.#core.streams.finishAll();
    while (this.#active.size > 0) await Promise.all(this.#active);
  }

  /** Aborts what is in flight, ends all sessions and releases every timer. */
  close(): void {
    const reason = new SignalboxError('CONNECTION_CLOSED', 'the gateway is shutting down', {
      retryable: true,
    });
    this.#modern.abort(reason);
    this.#legacy.close(reason);
    this.#core.changes.close();
    this.#core.keepAlive.close();
  }

  async #serve(exchange: HttpExchange): Promise<void> {
    const { request, response } = exchange;
    const { stallMs, inFlight } = this.#core.limits;
    const refusal = this.#options.guards.refusal(request.headers);
    if (refusal !== undefined) {
      sendFailure(response, 403, ownError('FORBIDDEN', refusal), stallMs);
      return;
    }
    const path = request.url?.split('?', 1)[0];
    if (path === '/healthz' && request.method === 'GET') {
      sendJson(response, 200, JSON.stringify(this.#health()), stallMs);
      return;
    }
    if (path !== this.#options.path) {
      sendEmpty(response, 404);
      return;
    }
    if (this.#isClosing || this.#active.size > inFlight) {
      const why = this.#isClosing ? 'the gateway is shutting down' : 'too many requests are in flight';
      const headers = { 'retry-after': '1', connection: 'close' };
      sendFailure(response, 503, ownError('RATE_LIMITED', why, true), stallMs, undefined, headers);
      return;
    }
    if (request.method === 'POST') await this.#post(exchange);
    else this.#streamOrEnd(exchange);
  }

  async #post(exchange: HttpExchange): Promise<void> {
    const { request, response } = exchange;
    const { bodyBytes, stallMs } = this.#core.limits;
    const read = await readMessage(request, bodyBytes);
    if (read.kind === 'gone') return;
    if (read.kind === 'refused') {
      sendFailure(response, read.status, read.error, stallMs);
      return;
    }
    const message = classify(read.value);
    const isCall = message.kind === 'request' || message.kind === 'notification';
    if (!isCall || !this.#speaksModern(request, message.message.params, message.message.method)) {
      await this.#legacy.post(read.value, exchange);
    } else if (message.kind === 'request') {
      await this.#modern.serve(message.message, exchange);
    } else {
      // 2026-07-28 defines no notification that a client sends over HTTP; extensions may.
      sendEmpty(response, 202);
    }
  }

  #streamOrEnd(exchange: HttpExchange): void {
    const { method, headers } = exchange.request;
    const version = headers['mcp-protocol-version'];
    const isLegacy = version === undefined || isLegacyVersion(String(version)) || 'mcp-session-id' in headers;
    if (isLegacy && method === 'GET') this.#legacy.get(exchange);
    else if (isLegacy && method === 'DELETE') this.#legacy.delete(exchange);
    // 2026-07-28 has neither: there are no sessions.
    else sendEmpty(exchange.response, 405, { allow: isLegacy ? 'GET, POST, DELETE' : 'POST' });
  }

  /** The era of a request is what it says it is: in its `_meta`, else in its version header. */
  #speaksModern(
    { headers }: IncomingMessage,
    params: Readonly<Record<string, unknown>> | undefined,
    method: string,
  ): boolean {
    if (isModern(params)) return true;
    const version = headers['mcp-protocol-version'];
    const isClaimed = version !== undefined && !isLegacyVersion(String(version));
    return isClaimed && method !== 'initialize' && !('mcp-session-id' in headers);
  }

  #health(): Record<string, unknown> {
    const { registry } = this.#core;
    const total = registry.getAllServers().length;
    return { status: 'ok', servers: { connected: registry.getConnectedServers().length, total } };
  }
}
