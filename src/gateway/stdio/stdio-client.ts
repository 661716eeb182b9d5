import type { SignalboxError } from '../../core/errors.ts';
import { classify } from '../../wire/classify.ts';
import { encodeResult } from '../../wire/encode.ts';
import {
  isRequestId,
  JSON_RPC_ERROR,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type RequestId,
} from '../../wire/json-rpc.ts';
import { CANCELLED, encodeFailure } from '../answers/answer.ts';
import { describeError } from '../answers/describe-error.ts';
import type { Reply } from '../answers/reply.ts';
import { InFlight } from '../eras/in-flight.ts';
import { initializeResult, negotiateVersion } from '../eras/initialize.ts';
import { isModern, requireMeta, requireVersion } from '../eras/modern-request.ts';
import { serveRequest } from '../eras/serve-request.ts';
import { openSubscription, type Subscription, tellChanges } from '../eras/subscription.ts';
import type { GatewayCore } from '../gateway-core.ts';
import type { LineWriter } from './line-writer.ts';

/** Subscriptions that one client may keep open. */
const MAX_SUBSCRIPTIONS = 64;

/**
 * The one client of a stdio front. Requests that carry the metadata of 2026-07-28 stand for themselves; an
 * `initialize` opens a legacy session for the life of the process (specification, versioning: dual-era servers).
 */
export class StdioClient {
  readonly #core: GatewayCore;
  readonly #writer: LineWriter;
  readonly #inFlight: InFlight;
  readonly #active: Set<Promise<void>> = new Set();
  readonly #subscriptions: Map<RequestId, Subscription> = new Map();
  #isInitialized = false;
  #stopTelling: (() => void) | undefined;

  constructor(core: GatewayCore, writer: LineWriter) {
    this.#core = core;
    this.#writer = writer;
    this.#inFlight = new InFlight(core.limits.inFlightPerSession);
  }

  /** One line of input. */
  line(text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#fail(undefined, JSON_RPC_ERROR.parseError, 'the line is not valid JSON');
      return;
    }
    const message = classify(value);
    if (message.kind === 'request') this.#request(message.message);
    else if (message.kind === 'notification') this.#notification(message.message);
    else if (message.kind === 'invalid') {
      const id = isRequestId(message.id) ? message.id : undefined;
      this.#fail(id, JSON_RPC_ERROR.invalidRequest, message.why);
    }
    // Responses answer requests of the server, and this one sends none.
  }

  /** A line that could not be read. */
  unreadable(why: string): void {
    this.#fail(undefined, JSON_RPC_ERROR.parseError, why);
  }

  /** Ends the subscriptions in good order and resolves when what is in flight has been answered. */
  async drain(): Promise<void> {
    this.#stopTelling?.();
    this.#stopTelling = undefined;
    for (const subscription of this.#subscriptions.values()) this.#writer.send(subscription.finish());
    this.#subscriptions.clear();
    while (this.#active.size > 0) await Promise.all(this.#active);
  }

  abort(reason: SignalboxError): void {
    this.#inFlight.cancelAll(reason);
  }

  #request(request: JsonRpcRequest): void {
    const { id, method, params } = request;
    try {
      if (isModern(params)) {
        requireVersion(requireMeta(params));
        if (method === 'subscriptions/listen') this.#listen(request);
        else this.#serve(request, 'modern');
      } else if (method === 'initialize') {
        const version = negotiateVersion(params);
        this.#isInitialized = true;
        this.#writer.send(encodeResult(id, initializeResult(version, this.#core.registry)));
      } else if (this.#isInitialized || method === 'ping') {
        this.#serve(request, 'legacy');
      } else {
        // Neither era has been chosen: what is missing is said for both.
        requireMeta(params);
      }
    } catch (error) {
      this.#writer.send(encodeFailure(id, describeError(error, 'modern')));
    }
  }

  #notification({ method, params }: JsonRpcNotification): void {
    if (method === 'notifications/cancelled') {
      const id = params?.['requestId'];
      this.#inFlight.cancel(id, CANCELLED);
      if (isRequestId(id)) {
        this.#subscriptions.get(id)?.stop();
        this.#subscriptions.delete(id);
      }
    } else if (method === 'notifications/initialized' && this.#isInitialized) {
      this.#stopTelling ??= tellChanges(this.#core.changes, this.#writer);
    }
  }

  #serve(request: JsonRpcRequest, era: 'legacy' | 'modern'): void {
    const { router, logger } = this.#core;
    const reply: Reply = {
      notify: (text) => this.#writer.sendIfRoom(text),
      respond: (text) => this.#writer.send(text),
      abandon: () => {},
    };
    const work = serveRequest(router, this.#inFlight, request, { era }, reply, logger);
    this.#active.add(work);
    void work.then(() => this.#active.delete(work));
  }

  #listen(request: JsonRpcRequest): void {
    const { id } = request;
    if (this.#subscriptions.has(id) || this.#subscriptions.size >= MAX_SUBSCRIPTIONS) {
      this.#fail(
        undefined,
        JSON_RPC_ERROR.invalidRequest,
        'a subscription has this id, or there are too many',
      );
      return;
    }
    this.#subscriptions.set(
      id,
      openSubscription(request, this.#core.changes, {
        send: (text) => this.#writer.send(text),
        // Several subscriptions share the line: each keeps its own last word.
        sendLatest: (key, text) => this.#writer.sendLatest(`${JSON.stringify(id)} ${key}`, text),
      }),
    );
  }

  #fail(id: RequestId | undefined, code: number, message: string): void {
    this.#writer.send(encodeFailure(id, { code, message }));
  }
}
