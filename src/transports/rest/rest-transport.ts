import type { ResolvedRest } from '../../config/rest-settings.ts';
import { abortError, onAbort } from '../../core/abort.ts';
import { SignalboxError } from '../../core/errors.ts';
import { LinkedList } from '../../core/linked-list.ts';
import { redactUrl } from '../../core/redact.ts';
import type { Params } from '../../wire/json-rpc.ts';
import { cutExchange } from '../http/cut-exchange.ts';
import { HttpEndpoint, type HttpTransportOptions } from '../http/http-options.ts';
import type { PoolCache } from '../http/pool-cache.ts';
import { SESSION_END_MS } from '../http/session-end.ts';
import type {
  CloseReason,
  Outgoing,
  Transport,
  TransportDiagnostics,
  TransportReceiver,
} from '../transport.ts';
import type { TransportContext } from '../transport-context.ts';
import { END, TransportEnd } from '../transport-end.ts';
import { MappedService } from './map/mapped-service.ts';
import type { OpenApiOptions } from './openapi/open-service.ts';
import { RestCall, type RestLink } from './rest-call.ts';
import { type RestAnswer, RestExchange } from './rest-exchange.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestService } from './rest-service.ts';
import { ServiceContext } from './service-context.ts';

/** A REST service and how it is asked. */
export interface RestTransportOptions extends HttpTransportOptions {
  /** Where the routes begin: http or https, without userinfo. A query goes with every request. */
  readonly url: string;
  /** The endpoint map. */
  readonly rest: ResolvedRest;
  /** The OpenAPI document that the tools come from. Default: none; the map tells all. */
  readonly openapi?: OpenApiOptions | undefined;
}

/** A message as it comes from the session. */
interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Params;
}

/**
 * MCP over plain REST: each request is made an exchange of the endpoint map, and its answer an answer of MCP. There is no
 * stream: nothing comes unasked. Cancelling is breaking the exchange off.
 */
export class RestTransport implements Transport {
  readonly kind = 'rest';
  readonly streamPerRequest = true;
  readonly onlyEra = 'legacy';
  readonly #context: TransportContext;
  readonly #endpoint: HttpEndpoint;
  readonly #rest: ResolvedRest;
  readonly #openapi: OpenApiOptions | undefined;
  readonly #pools: PoolCache;
  /** Ends the loading of a document. */
  readonly #loading = new AbortController();
  readonly [END] = new TransportEnd();
  readonly #live: LinkedList<RestCall> = new LinkedList();
  /** Exchanges that belong to no message: health while opening, the end of the session. */
  readonly #own: Set<RestExchange> = new Set();
  #isOpened = false;
  #service: RestService | undefined;
  #link: RestLink | undefined;
  #closing: Promise<void> | undefined;
  #ended = false;

  /** @throws SignalboxError CONFIG_INVALID if the URL or a header cannot be used */
  constructor(options: RestTransportOptions, context: TransportContext, pools: PoolCache) {
    this.#context = context;
    this.#rest = options.rest;
    this.#openapi = options.openapi;
    this.#pools = pools;
    this.#endpoint = new HttpEndpoint(options, context, pools);
  }

  get closed(): Promise<CloseReason> {
    return this[END].promise;
  }

  /** Asks the service whether it is well, where the map has a route for that. */
  async open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
    if (this.#isOpened || this.#isClosing) throw this.#notOpen();
    this.#isOpened = true;
    try {
      const target = this.#endpoint;
      await target.open();
      if (this.#isClosing) {
        // Closed meanwhile, when there was nothing to let go yet.
        await target.release();
        throw this.#notOpen();
      }
      const service = await this.#load(signal);
      this.#service = service;
      const health = service.health();
      if (health !== undefined) health.read(await this.#exchange(health.request, signal));
      if (signal.aborted) throw abortError(signal, this.#context.server);
      if (this.#isClosing) throw this.#notOpen();
      this.#link = { target, receiver, live: this.#live };
    } catch (error) {
      this.destroy();
      await this.closed;
      throw error;
    }
  }

  send(outgoing: Outgoing): void {
    const link = this.#link;
    if (link === undefined || this.#isClosing) {
      outgoing.failed(this.#notOpen());
      return;
    }
    const { id, method = '', params = {} } = JSON.parse(outgoing.text) as Message;
    try {
      const cancelled = method === 'notifications/cancelled' ? this.#find(params['requestId']) : undefined;
      const step = this.#service!.step(method, params, cancelled);
      if (step.kind === 'ask') {
        new RestCall(link, outgoing, id, step).start();
        return;
      }
      outgoing.flushed();
      if (step.kind === 'nothing') return;
      const { kind: _, ...answer } = step;
      const text = JSON.stringify({ jsonrpc: '2.0', id, ...answer });
      // Not within the call of whoever sends: nobody expects an answer before `send` has returned.
      queueMicrotask(() => {
        if (!outgoing.settled) link.receiver.message(text, outgoing);
      });
    } catch (error) {
      outgoing.failed(this.#asFault(error));
    }
  }

  abandon(outgoing: Outgoing): void {
    const call = outgoing.exchange as RestCall | undefined;
    call?.cancel();
  }

  /** Ends the session, where one is open and the map has a route for that, and lets go; what is in flight fails. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  destroy(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#loading.abort();
    for (const call of this.#live.snapshot()) cutExchange(call, this.#context.server);
    for (const exchange of [...this.#own]) exchange.cancel();
    void this.#endpoint.release().then(() => this[END].resolve({ kind: 'local' }));
  }

  diagnostics(): TransportDiagnostics {
    const sessionId = this.#service?.sessionId;
    return { url: redactUrl(this.#endpoint.href), ...(sessionId === undefined ? {} : { sessionId }) };
  }

  get #isClosing(): boolean {
    return this.#ended || this.#closing !== undefined;
  }

  async #load(signal: AbortSignal): Promise<RestService> {
    const target = this.#endpoint;
    // Loaded by whoever needs it: most programs have no server of this kind.
    const { parseTemplate } = await import('url-template');
    const errors = new ServiceContext(this.#rest, target, parseTemplate);
    const routes = new MappedService(errors);
    if (this.#openapi === undefined) return routes;
    const { openOperationService } = await import('./openapi/open-service.ts');
    const release = onAbort(signal, () => this.#loading.abort(signal.reason));
    try {
      return await openOperationService({
        openapi: this.#openapi,
        routes,
        url: errors.url,
        target,
        context: this.#context,
        errors,
        pools: this.#pools,
        signal: this.#loading.signal,
      });
    } finally {
      release();
    }
  }

  /** One exchange of our own. Rejects when it breaks, and when `signal` fires or the transport ends. */
  #exchange(request: RestRequest, signal: AbortSignal): Promise<RestAnswer> {
    const target = this.#endpoint;
    return new Promise((resolve, reject) => {
      const exchange: RestExchange = new RestExchange(target, request, {
        sent: () => {},
        answered: resolve,
        broken: reject,
        released: () => {
          release();
          this.#own.delete(exchange);
          // Of no effect unless it was cancelled: then nothing else tells.
          reject(signal.aborted ? abortError(signal, target.server) : this.#notOpen());
        },
      });
      const release = onAbort(signal, () => exchange.cancel());
      this.#own.add(exchange);
      if (signal.aborted) exchange.cancel();
      else exchange.start();
    });
  }

  async #close(): Promise<void> {
    const request = this.#ended || this.#link === undefined ? undefined : this.#service?.end();
    if (request !== undefined) await this.#farewell(request);
    this.destroy();
    await this.closed;
  }

  /** Whatever the service answers is fine, and so is silence, for a while (F-093). */
  async #farewell(request: RestRequest): Promise<void> {
    const over = new AbortController();
    const timer = this.#context.clock.setTimeout(() => over.abort(), SESSION_END_MS);
    try {
      await this.#exchange(request, over.signal);
    } catch (error) {
      const { server, logger } = this.#context;
      logger.debug('the session was not ended', { server, error: this.#asFault(error).message });
    } finally {
      timer.cancel();
    }
  }

  #find(id: unknown): RestCall | undefined {
    return id === undefined ? undefined : this.#live.snapshot().find((call) => call.id === id);
  }

  #asFault(error: unknown): SignalboxError {
    if (SignalboxError.is(error)) return error;
    const { server } = this.#context;
    return new SignalboxError('INTERNAL', 'a request could not be made for the service', {
      server,
      cause: error,
    });
  }

  #notOpen(): SignalboxError {
    return new SignalboxError('CONNECTION_CLOSED', 'the connection is not open', {
      server: this.#context.server,
    });
  }
}
