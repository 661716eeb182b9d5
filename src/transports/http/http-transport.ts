import { abortError } from '../../core/abort.ts';
import { deferred } from '../../core/deferred.ts';
import { SignalboxError } from '../../core/errors.ts';
import { LinkedList } from '../../core/linked-list.ts';
import { redactUrl } from '../../core/redact.ts';
import type {
  CloseReason,
  Outgoing,
  Transport,
  TransportDiagnostics,
  TransportReceiver,
} from '../transport.ts';
import type { TransportContext } from '../transport-context.ts';
import { cutExchange } from './cut-exchange.ts';
import type { HttpTarget } from './exchange/http-request.ts';
import type { HttpLink } from './http-link.ts';
import { HttpEndpoint, type HttpTransportOptions } from './http-options.ts';
import { LingerList } from './linger-list.ts';
import { ListenStream } from './listen-stream.ts';
import type { LiveExchange } from './live-exchange.ts';
import type { PoolCache } from './pool-cache.ts';
import { PostCall } from './post-call.ts';
import { SessionEnd } from './session-end.ts';

/**
 * Streamable HTTP, all revisions: each message is a POST with an answer of its own, as JSON or as an event stream.
 * What only the legacy era has (session id, GET stream, resumption, DELETE) happens when the server offers it.
 */
export class HttpTransport implements Transport {
  readonly kind = 'http';
  readonly streamPerRequest = true;
  readonly #context: TransportContext;
  readonly #endpoint: HttpEndpoint;
  readonly #closed = deferred<CloseReason>();
  #receiver: TransportReceiver | undefined;
  #link: HttpLink | undefined;
  #listening: ListenStream | undefined;
  #farewell: SessionEnd | undefined;
  #closing: Promise<void> | undefined;
  #ended = false;

  /** @throws SignalboxError CONFIG_INVALID if the URL or a header cannot be used */
  constructor(options: HttpTransportOptions, context: TransportContext, pools: PoolCache) {
    this.#context = context;
    this.#endpoint = new HttpEndpoint(options, context, pools);
  }

  get closed(): Promise<CloseReason> {
    return this.#closed.promise;
  }

  /** Reads the files that `http.tls` names, and opens no socket: the first message connects. */
  async open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
    if (this.#receiver !== undefined || this.#isClosing) throw this.#notOpen();
    this.#receiver = receiver;
    try {
      const target = await this.#endpoint.target();
      if (!signal.aborted && !this.#isClosing) {
        this.#connect(receiver, target);
        return;
      }
      await target.lease.release();
    } catch (error) {
      this.destroy();
      throw error;
    }
    if (!signal.aborted) throw this.#notOpen();
    this.destroy();
    throw abortError(signal, this.#context.server);
  }

  #connect(receiver: TransportReceiver, target: HttpTarget): void {
    const context = this.#context;
    const { url, headers } = this.#endpoint;
    const { server, lease, http, limits, tally, credentials, conceal } = target;
    this.#link = {
      server,
      lease,
      http,
      limits,
      tally,
      credentials,
      conceal,
      context,
      receiver,
      url,
      headers,
      live: new LinkedList<LiveExchange>(),
      linger: new LingerList(context.clock),
      sessionId: undefined,
      sessionLost: (sessionId) => this.#forgetSession(sessionId),
    };
  }

  send(outgoing: Outgoing): void {
    if (this.#link === undefined || this.#isClosing) {
      outgoing.failed(this.#notOpen());
      return;
    }
    new PostCall(this.#link, outgoing).start();
  }

  abandon(outgoing: Outgoing): void {
    const exchange = outgoing.exchange as LiveExchange | undefined;
    exchange?.cancel();
  }

  /** Opens the GET stream, or opens it anew with other headers. A server without one is left in peace. */
  listen(headers: Readonly<Record<string, string>>): void {
    if (this.#link === undefined || this.#isClosing) return;
    this.#listening?.stop();
    this.#listening = new ListenStream(this.#link, headers, this.#link.http.streamIdleMs);
    this.#listening.start();
  }

  /** Ends the session, where one is open, and lets go; what is still in flight fails. */
  close(headers?: Readonly<Record<string, string>>): Promise<void> {
    this.#closing ??= this.#close(headers);
    return this.#closing;
  }

  destroy(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#listening?.stop();
    this.#farewell?.cancel();
    const link = this.#link;
    if (link !== undefined) {
      for (const exchange of link.live.snapshot()) cutExchange(exchange, this.#context.server);
      link.linger.clear();
      link.sessionId = undefined;
    }
    const released = link?.lease.release() ?? Promise.resolve();
    void released.then(() => this.#closed.resolve({ kind: 'local' }));
  }

  diagnostics(): TransportDiagnostics {
    const sessionId = this.#link?.sessionId;
    return { url: redactUrl(this.#endpoint.url.href), ...(sessionId === undefined ? {} : { sessionId }) };
  }

  get #isClosing(): boolean {
    return this.#ended || this.#closing !== undefined;
  }

  async #close(headers: Readonly<Record<string, string>> | undefined): Promise<void> {
    this.#listening?.stop();
    const link = this.#link;
    if (link?.sessionId !== undefined && !this.#ended) {
      const list = link.headers.end(headers, link.sessionId);
      const request = { method: 'DELETE', url: link.url, headers: list, body: null } as const;
      this.#farewell = new SessionEnd(link, request, link.context);
      this.#farewell.start();
      await this.#farewell.finished;
    }
    this.destroy();
    await this.closed;
  }

  #forgetSession(sessionId: string): void {
    if (this.#link?.sessionId !== sessionId) return;
    this.#link.sessionId = undefined;
    this.#listening?.stop();
    this.#listening = undefined;
  }

  #notOpen(): SignalboxError {
    return new SignalboxError('CONNECTION_CLOSED', 'the connection is not open', {
      server: this.#context.server,
    });
  }
}
