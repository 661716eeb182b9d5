import { abortError, onAbort } from '../../core/abort.ts';
import { type Deferred, deferred } from '../../core/deferred.ts';
import { SignalboxError } from '../../core/errors.ts';
import { LinkedList } from '../../core/linked-list.ts';
import { redactUrl } from '../../core/redact.ts';
import { SseDecoder, type SseEvent, type SseSink } from '../../wire/sse-framing.ts';
import type { HttpTarget } from '../http/exchange/http-request.ts';
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
import { resolveEndpoint } from './endpoint.ts';
import { type SseLink, SsePost } from './sse-post.ts';

/**
 * HTTP+SSE (2024-11-05, deprecated): one GET stream carries all that the server says, and names in its first event
 * where messages are posted. The stream is the session: when it ends, so does the transport (F-120).
 */
export class SseTransport implements Transport, StreamReader, SseSink {
  readonly kind = 'sse';
  readonly streamPerRequest = false;
  readonly #context: TransportContext;
  readonly #endpoint: HttpEndpoint;
  readonly #live: LinkedList<LiveExchange> = new LinkedList();
  readonly #closed = deferred<CloseReason>();
  #receiver: TransportReceiver | undefined;
  #target: HttpTarget | undefined;
  #stream: StreamCall | undefined;
  #decoder: SseDecoder | undefined;
  #link: SseLink | undefined;
  /** Pending while the `endpoint` event is waited for. */
  #opening: Deferred<void> | undefined;
  #ended = false;
  #released: Promise<void> | undefined;

  /**
   * @param options its `url` is that of the event stream
   * @throws SignalboxError CONFIG_INVALID if the URL or a header cannot be used
   */
  constructor(options: HttpTransportOptions, context: TransportContext, pools: PoolCache) {
    this.#context = context;
    this.#endpoint = new HttpEndpoint(options, context, pools);
  }

  get closed(): Promise<CloseReason> {
    return this.#closed.promise;
  }

  /** Opens the event stream and waits for its `endpoint` event, for as long as `signal` allows (F-117). */
  async open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
    const { server } = this.#context;
    if (this.#ended || this.#receiver !== undefined) throw this.#notOpen();
    this.#receiver = receiver;
    this.#opening = deferred<void>();
    const opened = this.#opening.promise;
    const release = onAbort(signal, () => this.#lose(abortError(signal, server)));
    try {
      if (signal.aborted) this.#lose(abortError(signal, server));
      else void this.#startStream();
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
    if (this.#link === undefined || this.#ended) outgoing.failed(this.#notOpen());
    else new SsePost(this.#link, outgoing).start();
  }

  /** All answers share one stream: only a message that is still on its way out can be held back. */
  abandon(outgoing: Outgoing): void {
    const exchange = outgoing.exchange as LiveExchange | undefined;
    exchange?.cancel();
  }

  /** The transport has no farewell: closing the stream is one. */
  async close(): Promise<void> {
    this.destroy();
    await this.closed;
    await this.#released;
  }

  destroy(): void {
    this.#end({ kind: 'local' }, this.#notOpen());
  }

  diagnostics(): TransportDiagnostics {
    return { url: redactUrl(this.#endpoint.url.href) };
  }

  // --- StreamReader -----------------------------------------------------------------------------------------------

  opened(): void {
    this.#decoder = new SseDecoder(this, this.#context.limits.frameBytes);
  }

  data(chunk: Buffer): void {
    this.#decoder!.push(chunk);
  }

  ended(error: SignalboxError | undefined): void {
    this.#lose(
      error ??
        new SignalboxError('CONNECTION_LOST', 'the server ended its event stream', {
          server: this.#context.server,
          delivered: 'unknown',
          details: withRequestId({}, this.#stream?.requestId),
        }),
    );
  }

  // --- SseSink ----------------------------------------------------------------------------------------------------

  event(event: SseEvent): void {
    if (this.#ended) return;
    if (event.event === 'endpoint') this.#onEndpoint(event.data);
    else if (event.event !== 'message') this.#receiver!.noise('ignored-event', event.event);
    // A message before the endpoint cannot be meant for us: nothing was asked yet.
    else if (event.data !== '' && this.#link !== undefined) this.#receiver!.message(event.data, undefined);
  }

  /** The stream is not opened again, so its `retry:` has no use. */
  retry(): void {}

  tooLarge(): void {
    this.#lose(
      new SignalboxError('FRAME_TOO_LARGE', 'an event is larger than limits.frameBytes', {
        server: this.#context.server,
        delivered: 'unknown',
        details: withRequestId({}, this.#stream?.requestId),
      }),
    );
  }

  async #startStream(): Promise<void> {
    try {
      this.#target = await this.#endpoint.target();
    } catch (error) {
      this.#lose(error as SignalboxError);
      return;
    }
    if (this.#ended) {
      await this.#target.lease.release();
      return;
    }
    const { url } = this.#endpoint;
    const headers = this.#endpoint.headers.stream(undefined, undefined, undefined);
    const request = { method: 'GET', url, headers, body: null } as const;
    this.#stream = new StreamCall(this.#target, request, this.#context, this);
    this.#stream.start();
  }

  #onEndpoint(uri: string): void {
    const { server, logger } = this.#context;
    const endpoint = resolveEndpoint(uri, this.#stream!.url, server);
    if (this.#link !== undefined) {
      // F-118: messages must not be led elsewhere once the connection stands.
      if (endpoint instanceof SignalboxError || endpoint.href !== this.#link.endpoint.href) {
        logger.warn('the server named another endpoint, which is ignored', { server });
      }
      return;
    }
    if (endpoint instanceof SignalboxError) {
      this.#lose(endpoint);
      return;
    }
    this.#link = {
      ...this.#target!,
      context: this.#context,
      receiver: this.#receiver!,
      headers: this.#endpoint.headers,
      endpoint,
      live: this.#live,
    };
    this.#opening?.resolve();
  }

  #lose(error: SignalboxError): void {
    this.#end({ kind: 'lost', error }, error);
  }

  #end(reason: CloseReason, error: SignalboxError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream?.cancel();
    for (const exchange of this.#live.snapshot()) this.#cut(exchange, error);
    this.#released = this.#target?.lease.release();
    // Of a loss everybody hears at once: a call that comes before would meet a connection that is no more and looks as
    // if it were. The sockets are let go meanwhile; `close` waits for them.
    if (reason.kind === 'lost') this.#closed.resolve(reason);
    else void Promise.resolve(this.#released).then(() => this.#closed.resolve(reason));
    this.#opening?.reject(error);
  }

  #cut(exchange: LiveExchange, cause: SignalboxError): void {
    const { outgoing, wasSent, requestId } = exchange;
    exchange.cancel();
    if (outgoing.settled) return;
    const { server } = this.#context;
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

  #notOpen(): SignalboxError {
    return new SignalboxError('CONNECTION_CLOSED', 'the connection is not open', {
      server: this.#context.server,
    });
  }
}
