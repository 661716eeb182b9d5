import { abortError, onAbort } from '../../core/abort.ts';
import { type Deferred, deferred } from '../../core/deferred.ts';
import { SignalboxError } from '../../core/errors.ts';
import { LinkedList } from '../../core/linked-list.ts';
import { redactUrl } from '../../core/redact.ts';
import { SseDecoder, type SseEvent, type SseSink } from '../../wire/sse-framing.ts';
import { withRequestId } from '../http/exchange/request-id.ts';
import { StreamCall, type StreamReader } from '../http/exchange/stream-call.ts';
import { HttpEndpoint, type HttpTransportOptions } from '../http/http-options.ts';
import type { LiveExchange } from '../http/live-exchange.ts';
import type { PoolCache } from '../http/pool-cache.ts';
import type {
  CloseReason,
  Outgoing,
  Transport,
  TransportDiagnostics,
  TransportReceiver,
} from '../transport.ts';
import type { TransportContext } from '../transport-context.ts';
import { END, TransportEnd } from '../transport-end.ts';
import { type SseLink, SsePost } from './sse-post.ts';

/** In what the connections over one event stream differ from each other. */
type LinkOfItsOwn = Omit<SseLink, 'endpoint' | 'receiver' | 'live'>;

/**
 * A connection of which one GET stream carries all that the server says, while messages go out by POST. Whoever extends
 * it says how it is set up, and reads the events.
 */
export abstract class EventStreamTransport implements Transport, StreamReader, SseSink {
  readonly kind = 'sse';
  readonly streamPerRequest = false;
  protected readonly endpoint: HttpEndpoint;
  protected readonly live: LinkedList<LiveExchange> = new LinkedList();
  readonly [END] = new TransportEnd();
  #receiver: TransportReceiver | undefined;
  #stream: StreamCall | undefined;
  #decoder: SseDecoder | undefined;
  #link: SseLink | undefined;
  /** Pending until messages can be sent. */
  #opening: Deferred<void> | undefined;
  #ended = false;
  #released: Promise<void> | undefined;

  /** @throws SignalboxError CONFIG_INVALID if the URL or a header cannot be used */
  constructor(options: HttpTransportOptions, context: TransportContext, pools: PoolCache) {
    this.endpoint = new HttpEndpoint(options, context, pools);
  }

  /** The transport is about to open, and requests can be made: from here on it must come to `ready` or to `lose`. */
  protected abstract begin(): void;
  abstract event(event: SseEvent): void;

  get closed(): Promise<CloseReason> {
    return this[END].promise;
  }

  /** Sets the connection up, for as long as `signal` allows. */
  async open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
    const { server } = this.context;
    if (this.#ended || this.#receiver !== undefined) throw this.notOpen();
    this.#receiver = receiver;
    this.#opening = deferred<void>();
    const opened = this.#opening.promise;
    const release = onAbort(signal, () => this.lose(abortError(signal, server)));
    try {
      if (signal.aborted) this.lose(abortError(signal, server));
      else void this.#acquire();
      await opened;
    } catch (error) {
      await this.closed;
      throw error;
    } finally {
      release();
      this.#opening = undefined;
    }
  }

  send(outgoing: Outgoing): void {
    if (this.#link === undefined || this.#ended) outgoing.failed(this.notOpen());
    else new SsePost(this.#link, outgoing).start();
  }

  /** All answers share one stream: only a message that is still on its way out can be held back. */
  abandon(outgoing: Outgoing): void {
    const exchange = outgoing.exchange as LiveExchange | undefined;
    exchange?.cancel();
  }

  async close(): Promise<void> {
    this.destroy();
    await this.closed;
    await this.#released;
  }

  destroy(): void {
    this.#end({ kind: 'local' }, this.notOpen());
  }

  diagnostics(): TransportDiagnostics {
    const sessionId = this.#link?.sessionId;
    return { url: redactUrl(this.endpoint.href), ...(sessionId === undefined ? {} : { sessionId }) };
  }

  // --- StreamReader -----------------------------------------------------------------------------------------------

  opened(): void {
    this.#decoder = new SseDecoder(this, this.context.limits.frameBytes);
  }

  data(chunk: Buffer): void {
    this.#decoder!.push(chunk);
  }

  ended(error: SignalboxError | undefined, _status: number | undefined): void {
    this.lose(error ?? this.streamLost());
  }

  // --- SseSink ----------------------------------------------------------------------------------------------------

  /** A stream that is not opened again has no use for its `retry:`. */
  retry(_delayMs: number): void {}

  tooLarge(): void {
    this.lose(
      new SignalboxError('FRAME_TOO_LARGE', 'an event is larger than limits.frameBytes', {
        server: this.context.server,
        delivered: 'unknown',
        details: withRequestId({}, this.#stream?.requestId),
      }),
    );
  }

  // --- for whoever extends it -------------------------------------------------------------------------------------

  protected get context(): TransportContext {
    return this.endpoint.context;
  }

  protected get isEnded(): boolean {
    return this.#ended;
  }

  protected get receiver(): TransportReceiver {
    return this.#receiver!;
  }

  /** How messages go out; undefined until that is known. */
  protected get link(): SseLink | undefined {
    return this.#link;
  }

  /** The URL that the stream comes from: after redirects another than the one that was asked. */
  protected get streamUrl(): URL {
    return this.#stream!.url;
  }

  /** Opens the event stream, in place of one that may be open. */
  protected openStream(url: URL | string, headers: string[]): void {
    this.#stream?.cancel();
    const request = { method: 'GET', url, headers, body: null, staysOpen: true } as const;
    this.#stream = new StreamCall(this.endpoint, request, this.context, this);
    this.#stream.start();
  }

  /** Messages can be sent from now on. */
  protected ready({ address, sessionId, messageIn, accepted, sessionLost }: LinkOfItsOwn): void {
    const { endpoint, receiver, live } = this;
    this.#link = { endpoint, receiver, live, address, sessionId, messageIn, accepted, sessionLost };
    this.#opening?.resolve();
  }

  /** No message can be sent any more, nor is any event read, until {@link openStream} and {@link ready} are called again. */
  protected interrupt(): void {
    this.#stream?.cancel();
    this.#link = undefined;
  }

  /** Called once, when the transport ends: what only it knows of has to stop. */
  protected release(): void {}

  protected lose(error: SignalboxError): void {
    this.#end({ kind: 'lost', error }, error);
  }

  protected streamLost(): SignalboxError {
    return new SignalboxError('CONNECTION_LOST', 'the server ended its event stream', {
      server: this.context.server,
      delivered: 'unknown',
      details: withRequestId({}, this.#stream?.requestId),
    });
  }

  protected notOpen(): SignalboxError {
    return new SignalboxError('CONNECTION_CLOSED', 'the connection is not open', {
      server: this.context.server,
    });
  }

  async #acquire(): Promise<void> {
    try {
      await this.endpoint.open();
    } catch (error) {
      this.lose(error as SignalboxError);
      return;
    }
    if (this.#ended) await this.endpoint.release();
    else this.begin();
  }

  #end(reason: CloseReason, error: SignalboxError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.release();
    this.#stream?.cancel();
    for (const exchange of this.live.snapshot()) this.#cut(exchange, error);
    this.#released = this.endpoint.release();
    // Of a loss everybody hears at once: a call that comes before would meet a connection that is no more and looks as
    // if it were. The sockets are let go meanwhile; `close` waits for them.
    if (reason.kind === 'lost') this[END].resolve(reason);
    else void this.#released.then(() => this[END].resolve(reason));
    this.#opening?.reject(error);
  }

  #cut(exchange: LiveExchange, cause: SignalboxError): void {
    const { outgoing, wasSent, requestId } = exchange;
    exchange.cancel();
    if (outgoing.settled) return;
    const { server } = this.context;
    const code = cause.code === 'CONNECTION_CLOSED' ? 'CONNECTION_CLOSED' : 'CONNECTION_LOST';
    outgoing.failed(
      new SignalboxError(code, 'the connection ended while the message was on its way', {
        server,
        delivered: wasSent ? 'unknown' : 'no',
        cause,
        details: withRequestId({}, requestId),
      }),
    );
  }
}
