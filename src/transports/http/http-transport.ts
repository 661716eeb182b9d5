import { abortError } from '../../core/abort.ts';
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
import { END, TransportEnd } from '../transport-end.ts';
import { cutExchange } from './cut-exchange.ts';
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
export class HttpTransport implements Transport, HttpLink {
  readonly kind = 'http';
  readonly streamPerRequest = true;
  readonly endpoint: HttpEndpoint;
  readonly [END] = new TransportEnd();
  readonly #live: LinkedList<LiveExchange> = new LinkedList();
  #receiver: TransportReceiver | undefined;
  #sessionId: string | undefined;
  #linger: LingerList | undefined;
  #listening: ListenStream | undefined;
  #farewell: SessionEnd | undefined;
  #closing: Promise<void> | undefined;
  #isOpen = false;
  #ended = false;

  /** @throws SignalboxError CONFIG_INVALID if the URL or a header cannot be used */
  constructor(options: HttpTransportOptions, context: TransportContext, pools: PoolCache) {
    this.endpoint = new HttpEndpoint(options, context, pools);
  }

  get closed(): Promise<CloseReason> {
    return this[END].promise;
  }

  /** Reads the files that `http.tls` names, and opens no socket: the first message connects. */
  async open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
    if (this.#receiver !== undefined || this.#isClosing) throw this.#notOpen();
    this.#receiver = receiver;
    try {
      await this.endpoint.open();
      if (!signal.aborted && !this.#isClosing) {
        this.#isOpen = true;
        return;
      }
      await this.endpoint.release();
    } catch (error) {
      this.destroy();
      throw error;
    }
    if (!signal.aborted) throw this.#notOpen();
    this.destroy();
    throw abortError(signal, this.endpoint.server);
  }

  send(outgoing: Outgoing): void {
    if (!this.#isOpen || this.#isClosing) {
      outgoing.failed(this.#notOpen());
      return;
    }
    new PostCall(this, outgoing).start();
  }

  abandon(outgoing: Outgoing): void {
    const exchange = outgoing.exchange as LiveExchange | undefined;
    exchange?.cancel();
  }

  /** Opens the GET stream, or opens it anew with other headers. A server without one is left in peace. */
  listen(headers: Readonly<Record<string, string>>): void {
    if (!this.#isOpen || this.#isClosing) return;
    this.#listening?.stop();
    this.#listening = new ListenStream(this, headers);
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
    for (const exchange of this.#live.snapshot()) cutExchange(exchange, this.endpoint.server);
    this.#linger?.clear();
    this.#sessionId = undefined;
    void this.endpoint.release().then(() => this[END].resolve({ kind: 'local' }));
  }

  diagnostics(): TransportDiagnostics {
    const sessionId = this.#sessionId;
    return { url: redactUrl(this.endpoint.href), ...(sessionId === undefined ? {} : { sessionId }) };
  }

  // --- HttpLink ---------------------------------------------------------------------------------------------------

  get receiver(): TransportReceiver {
    return this.#receiver!;
  }

  get live(): LinkedList<LiveExchange> {
    return this.#live;
  }

  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  set sessionId(id: string | undefined) {
    this.#sessionId = id;
  }

  /** Made when it is needed: a server that answers with JSON leaves no stream open. */
  get linger(): LingerList {
    this.#linger ??= new LingerList(this.endpoint.context.clock);
    return this.#linger;
  }

  sessionLost(sessionId: string): void {
    if (this.#sessionId !== sessionId) return;
    this.#sessionId = undefined;
    this.#listening?.stop();
    this.#listening = undefined;
  }

  listeningEnded(stream: object): void {
    if (this.#listening === stream) this.#listening = undefined;
  }

  get #isClosing(): boolean {
    return this.#ended || this.#closing !== undefined;
  }

  async #close(headers: Readonly<Record<string, string>> | undefined): Promise<void> {
    this.#listening?.stop();
    const { endpoint } = this;
    const sessionId = this.#sessionId;
    if (sessionId !== undefined && !this.#ended) {
      const list = endpoint.headers.end(headers, sessionId);
      const request = { method: 'DELETE', url: endpoint.href, headers: list, body: null } as const;
      this.#farewell = new SessionEnd(endpoint, request, endpoint.context);
      this.#farewell.start();
      await this.#farewell.finished;
    }
    this.destroy();
    await this.closed;
  }

  #notOpen(): SignalboxError {
    return new SignalboxError('CONNECTION_CLOSED', 'the connection is not open', {
      server: this.endpoint.server,
    });
  }
}
