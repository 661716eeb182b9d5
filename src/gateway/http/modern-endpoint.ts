import type { SignalboxError } from '../../core/errors.ts';
import { JSON_RPC_ERROR, type JsonRpcErrorObject, type JsonRpcRequest } from '../../wire/json-rpc.ts';
import { answer, CANCELLED } from '../answers/answer.ts';
import { describeError } from '../answers/describe-error.ts';
import { MCP_ERROR, ownError } from '../answers/rpc-error.ts';
import { requireMeta, requireVersion } from '../eras/modern-request.ts';
import { openSubscription } from '../eras/subscription.ts';
import { acceptsStream, type HttpCore, type HttpExchange } from './http-exchange.ts';
import { HttpReply } from './http-reply.ts';
import { checkHeaders } from './modern-headers.ts';
import { sendFailure } from './send-json.ts';
import { SseStream } from './sse-stream.ts';

/** Serves requests of 2026-07-28: each stands for itself, and closing its response cancels it. */
export class ModernEndpoint {
  readonly #core: HttpCore;
  readonly #inFlight: Set<AbortController> = new Set();

  constructor(core: HttpCore) {
    this.#core = core;
  }

  /** Never rejects. */
  async serve(request: JsonRpcRequest, exchange: HttpExchange): Promise<void> {
    try {
      const version = requireMeta(request.params);
      checkHeaders(exchange.request.headers, request, version);
      requireVersion(version);
      if (request.method === 'subscriptions/listen') {
        this.#listen(request, exchange);
        return;
      }
    } catch (error) {
      // Until here no method was carried out, so whatever is wrong is wrong with the request (400).
      const described = describeError(error, 'modern');
      sendFailure(exchange.response, 400, described, this.#core.limits.stallMs, request.id);
      return;
    }
    await this.#call(request, exchange);
  }

  /** Aborts everything in flight. */
  abort(reason: SignalboxError): void {
    for (const controller of this.#inFlight) controller.abort(reason);
  }

  async #call(request: JsonRpcRequest, exchange: HttpExchange): Promise<void> {
    const { router, logger, limits, keepAlive } = this.#core;
    const { response } = exchange;
    const { headers } = exchange.request;
    const controller = new AbortController();
    // F-129: a response that closes before it is complete is a cancellation.
    response.once('close', () => {
      if (!response.writableFinished) controller.abort(CANCELLED);
    });
    const reply = new HttpReply(response, {
      limits,
      keepAlive,
      acceptsStream: acceptsStream(exchange.request),
      statusOf,
    });
    const header = (name: string): string | undefined => {
      const value = headers[name];
      return typeof value === 'string' ? value : undefined;
    };
    this.#inFlight.add(controller);
    try {
      await answer(router, request, { era: 'modern', signal: controller.signal, header }, reply, logger);
    } finally {
      this.#inFlight.delete(controller);
    }
  }

  #listen(request: JsonRpcRequest, { request: incoming, response }: HttpExchange): void {
    const { streams, changes, keepAlive, limits } = this.#core;
    if (!acceptsStream(incoming)) {
      const error = ownError(
        'BAD_MESSAGE',
        'the answer is an event stream, which the client does not accept',
      );
      sendFailure(response, 406, error, limits.stallMs, request.id);
      return;
    }
    if (streams.isFull) {
      const error = ownError('RATE_LIMITED', 'too many event streams are open', true);
      sendFailure(response, 503, error, limits.stallMs, request.id);
      return;
    }
    // The stream opens with the acknowledgement: a filter that is refused is still answered as an error.
    let stream: SseStream | undefined;
    const open = (): SseStream => (stream ??= new SseStream(response, limits));
    const subscription = openSubscription(request, changes, {
      send: (text) => open().send(text),
      sendLatest: (key, text) => open().sendLatest(key, text),
    });
    keepAlive.add(open());
    const finish = (): void => {
      open().send(subscription.finish());
      open().end();
    };
    streams.add(response, finish, () => {
      subscription.stop();
      keepAlive.delete(open());
    });
  }
}

/** HTTP statuses that 2026-07-28 ties to JSON-RPC errors. */
function statusOf({ code }: JsonRpcErrorObject): number {
  if (code === JSON_RPC_ERROR.methodNotFound) return 404;
  return code === MCP_ERROR.headerMismatch ? 400 : 200;
}
