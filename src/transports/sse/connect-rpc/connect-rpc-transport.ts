import type { ResolvedConnectRpc } from '../../../config/dialect-settings.ts';
import type { Timer } from '../../../core/clock.ts';
import { SignalboxError } from '../../../core/errors.ts';
import { isObject } from '../../../wire/json-rpc.ts';
import type { SseEvent } from '../../../wire/sse-framing.ts';
import type { HttpTransportOptions } from '../../http/http-options.ts';
import type { PoolCache } from '../../http/pool-cache.ts';
import { refusesStream } from '../../http/reconnect-delay.ts';
import { SeenEventIds } from '../../http/seen-event-ids.ts';
import { SessionEnd } from '../../http/session-end.ts';
import type { Outgoing } from '../../transport.ts';
import type { TransportContext } from '../../transport-context.ts';
import { resolveEndpoint } from '../endpoint.ts';
import { EventStreamTransport } from '../event-stream-transport.ts';
import { answerText, isAnswer } from './answer-text.ts';
import type { ConnectAnswer } from './connect-answer.ts';
import { type ConnectAsker, ConnectCall } from './connect-call.ts';
import { HeldMessage } from './held-message.ts';
import { readEvent } from './read-event.ts';
import { ResumePace } from './resume-pace.ts';
import { below, withSession } from './rpc-paths.ts';
import { Unanswered } from './unanswered.ts';

/** A server that speaks the dialect. */
export interface ConnectRpcOptions extends HttpTransportOptions {
  readonly dialect: ResolvedConnectRpc;
  /** Who connects, as it is told to the server. */
  readonly client: { readonly name: string; readonly version: string };
}

/**
 * `new`: not open yet. `resuming`: the stream ended and is asked for again, from where it ended. `forgotten`: the server
 * knows the session no more, and the next `initialize` begins another: `renewing`.
 */
type Phase = 'new' | 'open' | 'resuming' | 'forgotten' | 'renewing';

/** One session with a server, as its messages see it. */
interface RpcSession {
  readonly id: string | undefined;
  /** Where it is to be closed. */
  readonly farewell: URL | undefined;
}

/**
 * The dialect `connect-rpc`: POST `connect`, then GET `events` as the stream, each message by POST to `rpc`. Answers come
 * on the stream as `{request_id, result | error}` or as JSON-RPC messages, or in the body of their POST.
 */
export class ConnectRpcTransport extends EventStreamTransport implements ConnectAsker {
  readonly #dialect: ResolvedConnectRpc;
  readonly #client: ConnectRpcOptions['client'];
  readonly #held: Set<HeldMessage> = new Set();
  readonly #unanswered: Unanswered = new Unanswered();
  #phase: Phase = 'new';
  #connecting: ConnectCall | undefined;
  #session: RpcSession = { id: undefined, farewell: undefined };
  #seen: SeenEventIds = new SeenEventIds();
  #pace: ResumePace;
  #lastEventId: string | undefined;
  #wasResumed = false;
  #timer: Timer | undefined;
  #goodbye: SessionEnd | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @param options its `url` is what the paths go below
   * @throws SignalboxError CONFIG_INVALID if the URL or a header cannot be used
   */
  constructor(options: ConnectRpcOptions, context: TransportContext, pools: PoolCache) {
    super(options, context, pools);
    this.#dialect = options.dialect;
    const { name, version } = options.client;
    this.#client = { name, version };
    this.#pace = new ResumePace(context);
  }

  override send(outgoing: Outgoing): void {
    if (this.#closing !== undefined) outgoing.failed(this.notOpen());
    else if (this.isEnded || this.#phase === 'open' || this.#phase === 'new') super.send(outgoing);
    else if (this.#phase === 'forgotten' && !outgoing.opensSession) outgoing.failed(this.#sessionGone());
    else if (this.#hold(outgoing) && this.#phase === 'forgotten') {
      this.#phase = 'renewing';
      this.begin();
    }
  }

  /** Tells the server, where it or the entry says how; then lets go. What is still in flight fails. */
  override close(headers?: Readonly<Record<string, string>>): Promise<void> {
    this.#closing ??= this.#leave(headers);
    return this.#closing;
  }

  protected override begin(): void {
    const url = below(this.endpoint.url, this.#dialect.connect);
    const headers = this.endpoint.headers.post(undefined, undefined);
    const request = { method: 'POST', url, headers, body: JSON.stringify({ client: this.#client }) } as const;
    this.#connecting = new ConnectCall(this.endpoint, request, this.context, this);
    this.#connecting.start();
  }

  protected override release(): void {
    this.#connecting?.cancel();
    this.#timer?.cancel();
    this.#goodbye?.cancel();
  }

  // --- ConnectAsker -----------------------------------------------------------------------------------------------

  connected({ sessionId, disconnect }: ConnectAnswer): void {
    this.#connecting = undefined;
    this.#session = { id: sessionId, farewell: this.#farewell(disconnect) };
    this.#openEvents();
  }

  refused(error: SignalboxError): void {
    this.lose(error);
  }

  // --- StreamReader, SseSink --------------------------------------------------------------------------------------

  override opened(): void {
    super.opened();
    this.#pace.opened();
    if (this.#phase !== 'resuming') this.#sessionBegins();
    this.#phase = 'open';
    for (const held of [...this.#held]) {
      held.cancel();
      super.send(held.outgoing);
    }
  }

  override ended(error: SignalboxError | undefined, status: number | undefined): void {
    // The farewell has arrived: that the stream ends is what was asked for.
    if (this.#closing !== undefined) return;
    if (this.#phase === 'new' || this.#phase === 'renewing' || !this.#isResumable) {
      this.lose(error ?? this.streamLost());
      return;
    }
    if (this.#phase === 'resuming' && status === 404 && this.#session.id !== undefined) {
      this.#forget();
      this.receiver.sessionLost?.(this.#sessionGone());
      return;
    }
    // F-103: the server does not resume, or no longer.
    if (status !== undefined && refusesStream(status))
      this.#giveUp(`resuming it was refused with HTTP ${status}`, error);
    else if (error?.retryable === false) this.#giveUp('it cannot be resumed', error);
    else this.#resume(error);
  }

  override retry(delayMs: number): void {
    this.#pace.retryMs = delayMs;
  }

  override event(event: SseEvent): void {
    if (this.isEnded) return;
    const { id, setsId } = event;
    if (setsId && id !== undefined && this.#seen.repeats(id) && this.#wasResumed) return;
    if (id !== undefined) this.#lastEventId = id;
    this.#pace.progressed();
    const reading = readEvent(event);
    switch (reading.kind) {
      case 'message':
        this.receiver.message(reading.text, undefined);
        return;
      case 'told':
        this.receiver.told?.(reading.type, reading.data);
        return;
      case 'noise':
        this.receiver.noise(reading.noise, reading.sample.slice(0, 200));
        return;
      case 'nothing':
        return;
    }
  }

  // --- sessions ---------------------------------------------------------------------------------------------------

  /** The stream of a new session is open: messages can go out in it. */
  #sessionBegins(): void {
    const session = this.#session;
    this.ready({
      address: withSession(below(this.endpoint.url, this.#dialect.rpc), session.id, this.#dialect).href,
      sessionId: session.id,
      messageIn,
      accepted: (outgoing) => {
        if (session === this.#session) this.#unanswered.add(outgoing);
        else outgoing.failed(this.#answerGone());
      },
      sessionLost: () => {
        if (session === this.#session) this.#forget();
      },
    });
  }

  /** Nothing more comes of this session: its stream, if it is open at all, is nobody's. */
  #forget(): void {
    this.#phase = 'forgotten';
    this.#timer?.cancel();
    this.interrupt();
    this.#session = { id: undefined, farewell: undefined };
    this.#seen = new SeenEventIds();
    this.#pace = new ResumePace(this.context);
    this.#lastEventId = undefined;
    this.#wasResumed = false;
    for (const held of [...this.#held]) {
      held.cancel();
      held.outgoing.failed(this.#sessionGone());
    }
    for (const outgoing of this.#unanswered.take()) outgoing.failed(this.#answerGone());
  }

  #hold(outgoing: Outgoing): boolean {
    const { server, limits } = this.context;
    const waiting = new HeldMessage(outgoing, this.#held, this.live);
    let bytes = 0;
    for (const held of this.#held) bytes += held.bytes;
    if (bytes <= limits.sendQueueBytes) return true;
    waiting.cancel();
    const message = 'more than limits.sendQueueBytes wait for the event stream to be resumed';
    outgoing.failed(new SignalboxError('BACKPRESSURE', message, { server }));
    return false;
  }

  #farewell(named: ConnectAnswer['disconnect']): URL | undefined {
    const { disconnect } = this.#dialect;
    const { url } = this.endpoint;
    if (disconnect === false) return undefined;
    if (disconnect !== undefined) return below(url, disconnect);
    if (named === undefined) return undefined;
    if (named === true) return below(url, 'disconnect');
    const { server, logger } = this.context;
    const resolved = resolveEndpoint(named, below(url, ''), server);
    if (!(resolved instanceof SignalboxError)) return resolved;
    logger.warn('the server named a place to disconnect at that is not used', {
      server,
      error: resolved.message,
    });
    return undefined;
  }

  async #leave(headers: Readonly<Record<string, string>> | undefined): Promise<void> {
    const { id, farewell } = this.#session;
    if (farewell !== undefined && this.link !== undefined && !this.isEnded) {
      const url = withSession(farewell, id, this.#dialect);
      const body = JSON.stringify(id === undefined ? {} : { session_id: id });
      const request = {
        method: 'POST',
        url,
        headers: this.endpoint.headers.post(headers, id),
        body,
      } as const;
      this.#goodbye = new SessionEnd(this.endpoint, request, this.context);
      this.#goodbye.start();
      await this.#goodbye.finished;
    }
    await super.close();
  }

  // --- the stream -------------------------------------------------------------------------------------------------

  #openEvents(): void {
    const { url, headers } = this.endpoint;
    const { id } = this.#session;
    this.openStream(
      withSession(below(url, this.#dialect.events), id, this.#dialect),
      headers.stream(undefined, id, this.#lastEventId),
    );
  }

  /** Only a server that numbers its events can go on where it was broken off. */
  get #isResumable(): boolean {
    return this.#lastEventId !== undefined && this.#lastEventId !== '';
  }

  #resume(cause: SignalboxError | undefined): void {
    this.#phase = 'resuming';
    this.#wasResumed = true;
    const delay = this.#pace.next();
    if (typeof delay === 'string') {
      this.#giveUp(delay, cause);
      return;
    }
    const { clock, logger, server } = this.context;
    logger.debug('the event stream ended and will be resumed', { server, delayMs: Math.round(delay) });
    this.#timer = clock.setTimeout(() => this.#openEvents(), delay);
  }

  #giveUp(why: string, cause: SignalboxError | undefined): void {
    const { server } = this.context;
    this.lose(
      new SignalboxError('CONNECTION_LOST', `the event stream ended, and ${why}`, {
        server,
        delivered: 'unknown',
        cause,
        details: cause?.details ?? {},
      }),
    );
  }

  #sessionGone(): SignalboxError {
    const { server } = this.context;
    return new SignalboxError('SESSION_LOST', 'the server has forgotten the session', { server });
  }

  #answerGone(): SignalboxError {
    const { server } = this.context;
    const message = 'the server has forgotten the session, and with it the answer';
    return new SignalboxError('CONNECTION_LOST', message, { server, delivered: 'unknown' });
  }
}

/** The message in the body of a POST: JSON-RPC, or an answer of the dialect. */
function messageIn(body: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (isObject(value) && Object.hasOwn(value, 'jsonrpc'))
    return value['jsonrpc'] === '2.0' ? body : undefined;
  return isAnswer(value) ? answerText(value, body) : undefined;
}
