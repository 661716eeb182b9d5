import type { Timer } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { SseDecoder, type SseEvent, type SseSink } from '../../wire/sse-framing.ts';
import { StreamCall, type StreamReader } from './exchange/stream-call.ts';
import type { HttpLink } from './http-link.ts';
import { reconnectDelay, refusesStream, STABLE_STREAM_MS } from './reconnect-delay.ts';

/**
 * The GET stream of the legacy era, on which a server says what nobody asked for. It is opened again whenever it
 * ends or falls silent, with growing pauses, until it is stopped or turns out not to be offered.
 */
export class ListenStream implements StreamReader, SseSink {
  readonly #link: HttpLink;
  readonly #own: Readonly<Record<string, string>>;
  /** Of the stream that is open. */
  #decoder: SseDecoder | undefined;
  #call: StreamCall | undefined;
  #timer: Timer | undefined;
  #lastEventId: string | undefined;
  #retryMs: number | undefined;
  #failures = 0;
  #openedAt: number | undefined;
  #lastByteAt = 0;
  #stopped = false;
  #wasOpen = false;

  constructor(link: HttpLink, own: Readonly<Record<string, string>>) {
    this.#link = link;
    this.#own = own;
  }

  start(): void {
    if (this.#stopped) return;
    const { endpoint, sessionId } = this.#link;
    const headers = endpoint.headers.stream(this.#own, sessionId, this.#lastEventId);
    const request = { method: 'GET', url: endpoint.href, headers, body: null, staysOpen: true } as const;
    this.#call = new StreamCall(endpoint, request, endpoint.context, this);
    this.#call.start();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#call?.cancel();
  }

  // --- StreamReader -----------------------------------------------------------------------------------------------

  opened(): void {
    const now = this.#link.endpoint.context.clock.now();
    this.#openedAt = now;
    this.#wasOpen = true;
    this.#lastByteAt = now;
    this.#decoder = new SseDecoder(this, this.#link.endpoint.context.limits.frameBytes);
    this.#watch(this.#link.endpoint.http.streamIdleMs);
  }

  data(chunk: Buffer): void {
    this.#lastByteAt = this.#link.endpoint.context.clock.now();
    this.#decoder?.push(chunk);
  }

  ended(error: SignalboxError | undefined, status: number | undefined): void {
    // The request and its answer are not kept for as long as the server is silent.
    this.#call = undefined;
    this.#decoder = undefined;
    if (this.#stopped) return;
    this.#timer?.cancel();
    const { server, logger } = this.#link.endpoint.context;
    const { sessionId } = this.#link;
    if (status === 404 && this.#wasOpen && sessionId !== undefined) {
      // The stream existed: it is the session that is gone, and an idle client would never learn of it otherwise.
      this.#stopped = true;
      this.#link.sessionLost(sessionId);
      this.#link.receiver.sessionLost?.(
        new SignalboxError('SESSION_LOST', 'the server has forgotten the session', { server }),
      );
      return;
    }
    // 404 and 405 say that there is no such stream; other refusals and other answers mean the same for us.
    if (status !== undefined && refusesStream(status)) {
      this.#giveUp();
      logger.debug('the server offers no stream of its own', { server, status });
      return;
    }
    if (error?.retryable === false) {
      this.#giveUp();
      logger.warn('the stream for server messages was given up', { server, error: error.message });
      return;
    }
    this.#again();
  }

  // --- SseSink ----------------------------------------------------------------------------------------------------

  event(event: SseEvent): void {
    if (this.#stopped) return;
    if (event.id !== undefined) this.#lastEventId = event.id;
    if (event.event !== 'message') this.#link.receiver.noise('ignored-event', event.event);
    else if (event.data !== '') this.#link.receiver.message(event.data, undefined);
  }

  retry(delayMs: number): void {
    this.#retryMs = delayMs;
  }

  tooLarge(): void {
    const { server, logger } = this.#link.endpoint.context;
    logger.warn('an event was larger than limits.frameBytes; the stream is opened again', { server });
    // The event cannot be received: asking for it again would end in the same place.
    this.#lastEventId = undefined;
    this.#call?.cancel();
    this.#timer?.cancel();
    this.#again();
  }

  #again(): void {
    const { clock, random, server, logger } = this.#link.endpoint.context;
    // F-105: to open is no proof of health; to stay open is.
    const stable = this.#openedAt !== undefined && clock.now() - this.#openedAt >= STABLE_STREAM_MS;
    if (stable) this.#failures = 0;
    const delayMs = reconnectDelay(this.#failures, this.#retryMs, random);
    this.#failures++;
    this.#openedAt = undefined;
    if (delayMs === undefined) {
      this.#giveUp();
      logger.debug('the server asked not to reopen its stream soon', { server, retryMs: this.#retryMs });
      return;
    }
    this.#timer = clock.setTimeout(() => this.start(), delayMs);
    this.#timer.unref();
  }

  #giveUp(): void {
    this.#stopped = true;
    this.#link.listeningEnded(this);
  }

  /** F-107: one timer that looks at the time of the last byte, not one that each chunk moves. */
  #watch(delayMs: number): void {
    const { http, context } = this.#link.endpoint;
    const { clock } = context;
    this.#timer = clock.setTimeout(() => {
      const left = this.#lastByteAt + http.streamIdleMs - clock.now();
      if (left > 0) {
        this.#watch(left);
        return;
      }
      this.#call?.cancel();
      this.#again();
    }, delayMs);
    this.#timer.unref();
  }
}
