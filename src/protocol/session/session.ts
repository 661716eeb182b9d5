import { abortError } from '../../core/abort.ts';
import { messageOf, messageWithoutHead, SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { CloseReason, Transport } from '../../transports/transport.ts';
import { type TransportWatcher, watchEnd } from '../../transports/transport-end.ts';
import { CallTable } from '../../wire/call-table.ts';
import { encodeNotification, encodeRequest } from '../../wire/encode.ts';
import type { Params } from '../../wire/json-rpc.ts';
import type { Era } from '../eras/era.ts';
import type { Progress } from '../mcp-types.ts';
import { Inbound, type InboundOwner } from './inbound.ts';
import { OneWay } from './one-way.ts';
import { type CallOwner, type CallSink, PendingCall, type RequestOptions } from './pending-call.ts';
import { ServerRequests, type ServerRequestsOwner } from './server-requests.ts';
import type { SessionEnvironment } from './session-environment.ts';
import { newWireCounters, type WireCounters } from './wire-counters.ts';

/** By this one side tells the other that an answer is no longer wanted. */
const CANCELLED = 'notifications/cancelled';

/** What a session reports upwards. */
export interface SessionHandlers {
  /** A notification that is about no single request of ours. */
  notification(method: string, params: Params): void;
  /** What the server tells in words of its own: a short type that is safe to print, and what came. */
  told?(type: string, data: unknown): void;
  /**
   * A request of the server, where the era has them; `ping` is answered without it. `signal` fires when the server
   * does not want the answer any more, or cannot get it.
   * @throws RequestRefusal what is answered instead of a result
   */
  request(method: string, params: Params, signal: AbortSignal): Promise<Record<string, unknown>>;
  /**
   * The server has forgotten the session and takes no more requests in it. Told once for each session; {@link
   * Session.renew} begins the next.
   */
  sessionLost(error: SignalboxError): void;
  /** One request was settled at `now`; `error` is undefined when its answer arrived. */
  settled(method: string, elapsedMs: number, error: Error | undefined, now: number): void;
}

/** Who wants to know when a session can take no more requests. */
export interface SessionWatcher {
  /** Told once, in a microtask of its own: whoever ends a session has done so before. */
  sessionOver(session: Session, reason: SignalboxError): void;
}

export interface SessionOptions {
  readonly server: string;
  readonly transport: Transport;
  readonly environment: SessionEnvironment;
  /** How long an answer to a request of the server may take, in ms. Default: no limit. */
  readonly answerMs?: number | undefined;
  readonly handlers: SessionHandlers;
}

/**
 * One conversation over one transport: gives requests their ids and deadlines, cancels them, and fails every pending
 * call the moment the transport is gone. What arrives is read by {@link Inbound}.
 *
 * There is one for each server, and most of them are idle: it hands itself to its parts, not functions, and what only
 * some servers need is made when they do.
 */
export class Session implements CallOwner, InboundOwner, ServerRequestsOwner, TransportWatcher {
  readonly server: string;
  readonly transport: Transport;
  readonly environment: SessionEnvironment;
  /** Those that wait for their answer. */
  readonly calls: CallTable<PendingCall>;
  readonly answerMs: number | undefined;
  readonly #handlers: SessionHandlers;
  readonly #inbound: Inbound;
  #requests: ServerRequests | undefined;
  #counters: WireCounters | undefined;
  #onDrained: (() => void)[] | undefined;
  #watcher: SessionWatcher | undefined;
  #era: Era | undefined;
  /** Counts the sessions of the transport: a loss that is told late must not end the next one. */
  #epoch = 0;
  #lostEpoch = -1;
  #lostReason: SignalboxError | undefined;

  constructor(options: SessionOptions) {
    this.server = options.server;
    this.transport = options.transport;
    this.environment = options.environment;
    this.answerMs = options.answerMs;
    this.#handlers = options.handlers;
    this.calls = new CallTable(options.environment.random);
    this.#inbound = new Inbound(this);
    watchEnd(this.transport, this);
  }

  /** What went wrong on the wire so far. */
  get counters(): WireCounters {
    this.#counters ??= newWireCounters();
    return this.#counters;
  }

  /** What the server asks of us. */
  get requests(): ServerRequests {
    this.#requests ??= new ServerRequests(this);
    return this.#requests;
  }

  /** How messages are dressed. Undefined until the negotiation has decided. */
  get era(): Era | undefined {
    return this.#era;
  }

  set era(era: Era) {
    this.#era = era;
  }

  get isLost(): boolean {
    return this.#lostReason !== undefined;
  }

  /** Messages that the server has sent so far: whoever wants to know whether it says anything compares. */
  get received(): number {
    return this.#inbound.received;
  }

  /** Requests that wait for their answer. Those without time limit do not count: they never end by themselves. */
  get inFlight(): number {
    return this.calls.size === 0 ? 0 : this.calls.snapshot().filter((call) => !call.longLived).length;
  }

  /** The longest time, in ms, that a call in flight was given for its answer; 0 if none is, or none with an end. */
  get longestTimeoutMs(): number {
    let longestMs = 0;
    for (const { longLived, options } of this.calls.snapshot()) {
      const limitMs = Math.min(options.timeoutMs, options.totalTimeoutMs ?? Number.POSITIVE_INFINITY);
      if (!longLived && limitMs !== Number.POSITIVE_INFINITY) longestMs = Math.max(longestMs, limitMs);
    }
    return longestMs;
  }

  /** Opens the transport. Rejects with its typed error. */
  open(signal: AbortSignal): Promise<void> {
    return this.transport.open(this.#inbound, signal);
  }

  /**
   * Sends one request and resolves with its result object.
   * @param era how it is dressed; `null`: by none, for the handshake itself
   * @throws SignalboxError for every fault found on our side, RemoteError for what the server answered as an error
   */
  request(
    method: string,
    params: Params | undefined,
    options: RequestOptions,
    era: Era | null | undefined = this.#era,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.dispatch(method, params, options, { answered: resolve, failed: reject }, era);
    });
  }

  /**
   * Sends one request, and tells `sink` once what became of it: possibly before this returns, where it cannot be sent.
   * @param startedAt `now()` of the clock, where the caller has just read it
   */
  dispatch(
    method: string,
    params: Params | undefined,
    options: RequestOptions,
    sink: CallSink,
    era: Era | null | undefined = this.#era,
    startedAt: number = this.environment.clock.now(),
  ): void {
    const { timeoutMs, totalTimeoutMs = Number.POSITIVE_INFINITY } = options;
    const refusal = this.#refusal(method, options.signal, timeoutMs, totalTimeoutMs);
    if (refusal !== undefined) {
      sink.failed(refusal, startedAt);
      return;
    }
    const id = this.calls.takeId();
    let text: string;
    try {
      text = encodeRequest(
        id,
        method,
        params,
        era?.meta(options.onProgress === undefined ? undefined : id) ?? '',
      );
    } catch (cause) {
      sink.failed(this.#notJson(method, cause), startedAt);
      return;
    }
    const call = new PendingCall(this, {
      id,
      method,
      text,
      headers: withHeaders(era?.headers(method, params), options.headers),
      opensSession: method === 'initialize',
      epoch: this.#epoch,
      options,
      startedAt,
      sink,
    });
    this.calls.add(call);
    this.environment.wheel.add(call, Math.min(timeoutMs, totalTimeoutMs), startedAt);
    this.environment.tap?.sent(this.server, text);
    try {
      this.transport.send(call);
    } catch (cause) {
      // A transport must not throw here; one that does must not leave a call behind that nobody ends.
      call.reject(cause as Error);
    }
  }

  /** Sends a notification. A failure to deliver it is logged, nothing more can be done about it. */
  notify(method: string, params?: Params): void {
    // The modern era dresses its few notifications like requests where headers exist.
    this.#sendOneWay(encodeNotification(method, params), this.#era?.headers(method, params));
  }

  /** The next session on the same transport is about to be set up: what is said of the last one no longer counts. */
  renew(): void {
    this.#epoch++;
  }

  /** Takes no more requests from now on; those in flight go on. */
  retire(reason: SignalboxError): void {
    if (this.#lostReason !== undefined) return;
    this.#lostReason = reason;
    this.#tellWatcher(reason);
  }

  /** Tells from now on when it can take no more requests, also if that was long ago. */
  watchedBy(watcher: SessionWatcher): void {
    this.#watcher = watcher;
    if (this.#lostReason !== undefined) this.#tellWatcher(this.#lostReason);
  }

  /** Ends all that is in flight: nothing more is expected of the peer. The transport is the caller's to close. */
  fail(reason: SignalboxError): void {
    this.#requests?.cancelAll(reason);
    this.retire(reason);
    for (const call of this.calls.snapshot()) call.reject(this.#lostCall(call, reason));
  }

  /**
   * Resolves when no request is in flight any more, or after `limitMs`. Those that are left then fail when the
   * transport is closed. Requests without time limit are not waited for: they never end by themselves.
   */
  drained(limitMs: number): Promise<void> {
    if (this.#isDrained() || limitMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.environment.clock.setTimeout(resolve, limitMs);
      this.#onDrained ??= [];
      this.#onDrained.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Forgets a request without telling the server: for a probe that an answer to `initialize` has overtaken. */
  forget(reason: SignalboxError): void {
    for (const call of this.calls.snapshot()) {
      this.transport.abandon(call);
      call.reject(reason);
    }
  }

  // --- how calls end ----------------------------------------------------------------------------------------------

  callExpired(call: PendingCall): void {
    const elapsedMs = Math.round(this.environment.clock.now() - call.startedAt);
    const { lastNoise } = this.#inbound;
    const noise = lastNoise === '' ? '' : `; the server printed noise: "${lastNoise}"`; // F-033
    this.#cancel(
      call,
      new SignalboxError('REQUEST_TIMEOUT', `no answer to ${call.method} within ${elapsedMs} ms${noise}`, {
        server: this.server,
        delivered: call.delivered,
        details: { method: call.method, requestId: call.id, elapsedMs },
      }),
      'timeout',
    );
  }

  callAborted(call: PendingCall): void {
    const { signal } = call.options;
    const cause: unknown = signal?.reason;
    const error = SignalboxError.is(cause)
      ? cause
      : new SignalboxError('REQUEST_ABORTED', `${call.method} was aborted by its caller`, {
          server: this.server,
          delivered: call.delivered,
          cause,
        });
    this.#cancel(call, error, 'aborted by the caller');
  }

  callSettled(call: PendingCall, error: Error | undefined): number {
    this.calls.delete(call.id);
    this.environment.wheel.remove(call);
    if (error !== undefined && SignalboxError.is(error) && error.code === 'SESSION_LOST') {
      this.#sessionLost(error, call.epoch);
    }
    const now = this.environment.clock.now();
    this.#handlers.settled(call.method, now - call.startedAt, error, now);
    if (this.#onDrained !== undefined && this.#isDrained()) {
      const callbacks = this.#onDrained;
      this.#onDrained = undefined;
      for (const callback of callbacks) callback();
    }
    return now;
  }

  // --- what arrives -----------------------------------------------------------------------------------------------

  notification(method: string, params: Params): void {
    this.#handlers.notification(method, params);
  }

  told(type: string, data: unknown): void {
    this.#handlers.told?.(type, data);
  }

  sessionLost(error: SignalboxError): void {
    this.#sessionLost(error, this.#epoch);
  }

  answer(method: string, params: Params, signal: AbortSignal): Promise<Record<string, unknown>> {
    return this.#handlers.request(method, params, signal);
  }

  progress(params: Params): void {
    const { progressToken, progress } = params;
    const call = this.calls.find(progressToken);
    const onProgress = call?.options.onProgress;
    if (call === undefined || onProgress === undefined) return;
    if (typeof progress !== 'number' || !(progress > call.lastProgress)) return; // F-059
    call.lastProgress = progress;
    const { timeoutMs, totalTimeoutMs = Number.POSITIVE_INFINITY } = call.options;
    // F-060: progress extends the time, but never beyond the total.
    this.environment.wheel.add(
      call,
      Math.min(timeoutMs, totalTimeoutMs - (this.environment.clock.now() - call.startedAt)),
    );
    const report = (error: unknown): void => {
      this.environment.logger.error('a progress listener failed', { server: this.server, error });
    };
    try {
      const returned: unknown = onProgress(params as Progress);
      if (returned instanceof Promise) returned.catch(report);
    } catch (error) {
      report(error);
    }
  }

  /** The server ends a subscription, which we then need not cancel, or does not want our answer any more. */
  cancelled(params: Params, subscription: PendingCall | undefined): void {
    const { server } = this;
    const { reason, requestId } = params;
    const why = typeof reason === 'string' ? sanitizePeerText(reason, 200) : '';
    const what = subscription?.method ?? 'a request of its own';
    this.environment.logger.debug('the server cancelled', {
      event: 'request.ended',
      server,
      what,
      reason: why,
    });
    const message = `the server cancelled ${what}${why === '' ? '' : `: ${why}`}`;
    if (subscription === undefined) {
      const aborted = new SignalboxError('REQUEST_ABORTED', message, { server });
      if (this.#requests?.cancel(requestId, aborted) !== true) this.#handlers.notification(CANCELLED, params);
      return;
    }
    subscription.reject(new SignalboxError('CONNECTION_LOST', message, { server }));
    this.transport.abandon(subscription);
  }

  respond(text: string): void {
    this.#sendOneWay(text, this.#era?.headers('', undefined));
  }

  transportClosed(reason: CloseReason): void {
    const error =
      reason.kind === 'local'
        ? new SignalboxError('CONNECTION_CLOSED', 'the connection was closed on our side', {
            server: this.server,
          })
        : reason.error;
    this.fail(error);
  }

  #tellWatcher(reason: SignalboxError): void {
    const watcher = this.#watcher;
    if (watcher !== undefined) queueMicrotask(() => watcher.sessionOver(this, reason));
  }

  #sessionLost(error: SignalboxError, epoch: number): void {
    if (epoch !== this.#epoch || this.#lostEpoch === epoch) return;
    this.#lostEpoch = epoch;
    this.#handlers.sessionLost(error);
  }

  #cancel(call: PendingCall, error: SignalboxError, reason: string): void {
    call.reject(error);
    const { server } = this;
    this.environment.logger.debug('a request was cancelled', {
      event: 'request.cancelled',
      server,
      method: call.method,
      reason,
    });
    // `initialize` must not be cancelled (lifecycle), and a probe would only puzzle a legacy server.
    const known = this.#era !== undefined && call.method !== 'initialize';
    if (known && this.#era!.cancelsByNotification(this.transport.streamPerRequest)) {
      this.notify(CANCELLED, { requestId: call.id, reason });
    }
    this.transport.abandon(call);
  }

  #isDrained(): boolean {
    return this.calls.size === 0 || this.calls.snapshot().every((call) => call.longLived);
  }

  /** The same loss, told for one call: whether its request can have had an effect. */
  #lostCall(call: PendingCall, error: SignalboxError): SignalboxError {
    return new SignalboxError(error.code, `${call.method} has no answer: ${messageWithoutHead(error)}`, {
      server: this.server,
      retryable: error.retryable,
      delivered: call.delivered,
      cause: error,
      details: { ...error.details, method: call.method, requestId: call.id },
    });
  }

  /** A request that met a session that was over already: it was not sent, whatever became of those before it. */
  #notSent(method: string, reason: SignalboxError): SignalboxError {
    return new SignalboxError(reason.code, `${method} was not sent: ${messageWithoutHead(reason)}`, {
      server: this.server,
      retryable: reason.retryable,
      cause: reason,
      details: reason.details,
    });
  }

  /** Why a request cannot be sent at all. */
  #refusal(
    method: string,
    signal: AbortSignal | undefined,
    timeoutMs: number,
    totalTimeoutMs: number,
  ): SignalboxError | undefined {
    if (this.#lostReason !== undefined) return this.#notSent(method, this.#lostReason);
    if (signal?.aborted === true) return abortError(signal, this.server);
    return timeoutMs >= 0 && totalTimeoutMs >= 0 ? undefined : this.#badTimeout(timeoutMs, totalTimeoutMs);
  }

  #badTimeout(timeoutMs: number, totalTimeoutMs: number): SignalboxError {
    const message = `time-outs are numbers of ms from 0 to Infinity, not ${timeoutMs} and ${totalTimeoutMs}`;
    return new SignalboxError('INVALID_ARGUMENT', message, { server: this.server });
  }

  #notJson(method: string, cause: unknown): SignalboxError {
    const message = `the parameters of ${method} cannot be written as JSON: ${messageOf(cause)}`;
    return new SignalboxError('INVALID_ARGUMENT', message, { server: this.server, cause });
  }

  #sendOneWay(text: string, headers: Readonly<Record<string, string>> | undefined): void {
    if (this.#lostReason?.code === 'CONNECTION_CLOSED') return;
    this.environment.tap?.sent(this.server, text);
    const epoch = this.#epoch;
    this.transport.send(
      new OneWay(text, headers, (error) => {
        if (error.code === 'SESSION_LOST') this.#sessionLost(error, epoch);
        this.environment.logger.debug('a message without answer was not delivered', {
          server: this.server,
          error: error.message,
        });
      }),
    );
  }
}

function withHeaders(
  own: Readonly<Record<string, string>> | undefined,
  more: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  return more === undefined ? own : { ...own, ...more };
}
