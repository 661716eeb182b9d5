import { abortError } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import type { DeadlineWheel } from '../core/deadline-wheel.ts';
import { RemoteError, SignalboxError } from '../core/errors.ts';
import type { Logger, WireTap } from '../core/log.ts';
import { sanitizePeerText } from '../core/peer-text.ts';
import type { Random } from '../core/random.ts';
import type {
  CloseReason,
  NoiseKind,
  Outgoing,
  Transport,
  TransportReceiver,
} from '../transports/transport.ts';
import { CallTable } from '../wire/call-table.ts';
import { classify } from '../wire/classify.ts';
import { encodeError, encodeNotification, encodeRequest, encodeResult } from '../wire/encode.ts';
import {
  isObject,
  isRequestId,
  JSON_RPC_ERROR,
  type JsonRpcErrorResponse,
  type JsonRpcRequest,
  type JsonRpcResult,
  type Params,
} from '../wire/json-rpc.ts';
import type { Era } from './eras/era.ts';
import type { Progress } from './mcp-types.ts';
import { OneWay } from './one-way.ts';
import { type CallOwner, PendingCall, type RequestOptions } from './pending-call.ts';

/** What a session reports upwards. */
export interface SessionHandlers {
  /** A notification that is not about a single call. */
  notification(method: string, params: Params): void;
  /** One request was settled; `error` is undefined when its answer arrived. */
  settled(method: string, elapsedMs: number, error: Error | undefined): void;
}

export interface SessionOptions {
  readonly server: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly random: Random;
  readonly logger: Logger;
  readonly tap?: WireTap | undefined;
  readonly handlers: SessionHandlers;
}

/** What happened on the wire that should not; plain counters, for people. */
export interface WireCounters {
  unknownResponses: number;
  duplicateResponses: number;
  badMessages: number;
  noise: number;
  ignoredRequests: number;
}

/** A batch larger than this is cut off (F-051). */
const MAX_BATCH = 100;

/**
 * One conversation over one transport: gives requests their ids, matches answers by exact id, reports progress,
 * cancels, and fails every pending call the moment the transport is gone.
 */
export class Session implements TransportReceiver, CallOwner {
  readonly server: string;
  readonly transport: Transport;
  readonly counters: WireCounters = {
    unknownResponses: 0,
    duplicateResponses: 0,
    badMessages: 0,
    noise: 0,
    ignoredRequests: 0,
  };
  /** The reason why this session can take no more requests; resolves once. */
  readonly lost: Promise<SignalboxError>;
  readonly #clock: Clock;
  readonly #wheel: DeadlineWheel;
  readonly #logger: Logger;
  readonly #tap: WireTap | undefined;
  readonly #handlers: SessionHandlers;
  readonly #pending: CallTable<PendingCall>;
  #era: Era | undefined;
  #lostReason: SignalboxError | undefined;
  #resolveLost!: (reason: SignalboxError) => void;
  #lastNoise = '';
  readonly #onDrained: (() => void)[] = [];

  constructor(options: SessionOptions) {
    this.server = options.server;
    this.transport = options.transport;
    this.#clock = options.clock;
    this.#wheel = options.wheel;
    this.#logger = options.logger;
    this.#tap = options.tap;
    this.#handlers = options.handlers;
    this.#pending = new CallTable(options.random);
    this.lost = new Promise((resolve) => {
      this.#resolveLost = resolve;
    });
    void this.transport.closed.then((reason) => this.#onClosed(reason));
  }

  /** How messages are dressed. Undefined until the negotiation has decided. */
  get era(): Era | undefined {
    return this.#era;
  }

  set era(era: Era) {
    this.#era = era;
  }

  /** Requests in flight. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  get isLost(): boolean {
    return this.#lostReason !== undefined;
  }

  /** Opens the transport. Rejects with its typed error. */
  open(signal: AbortSignal): Promise<void> {
    return this.transport.open(this, signal);
  }

  /**
   * Sends one request and resolves with its result object.
   * @throws SignalboxError for every fault found on our side, RemoteError for what the server answered as an error
   */
  request(
    method: string,
    params: Params | undefined,
    options: RequestOptions,
    era: Era | undefined = this.#era,
  ): Promise<unknown> {
    if (this.#lostReason !== undefined) return Promise.reject(this.#lostReason);
    if (options.signal?.aborted === true) return Promise.reject(abortError(options.signal, this.server));
    return new Promise((resolve, reject) => {
      const id = this.#pending.takeId();
      const token = options.onProgress === undefined ? undefined : id;
      const call = new PendingCall(this, {
        id,
        method,
        text: encodeRequest(id, method, params, era === undefined ? '' : era.meta(token)),
        headers: era?.headers(method, params),
        opensSession: method === 'initialize',
        options,
        startedAt: this.#clock.now(),
        resolve,
        reject,
      });
      this.#pending.add(call);
      this.#wheel.add(call, Math.min(options.timeoutMs, options.totalTimeoutMs ?? Number.POSITIVE_INFINITY));
      this.#tap?.sent(this.server, call.text);
      this.transport.send(call);
    });
  }

  /** Sends a notification. A failure to deliver it is logged, nothing more can be done about it. */
  notify(method: string, params?: Params): void {
    const era = this.#era;
    // The modern era dresses its few notifications like requests where headers exist.
    this.#sendOneWay(encodeNotification(method, params), era?.headers(method, params));
  }

  /** Takes no more requests from now on; those in flight go on. */
  retire(reason: SignalboxError): void {
    if (this.#lostReason !== undefined) return;
    this.#lostReason = reason;
    this.#resolveLost(reason);
  }

  /**
   * Resolves when no request is in flight any more, or after `limitMs`. Those that are left then fail when the
   * transport is closed.
   */
  drained(limitMs: number): Promise<void> {
    if (this.#pending.size === 0 || limitMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(resolve, limitMs);
      this.#onDrained.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Forgets a request without telling the server: for a probe that an answer to `initialize` has overtaken. */
  forget(reason: SignalboxError): void {
    for (const call of this.#pending.snapshot()) {
      this.transport.abandon(call);
      call.reject(reason);
    }
  }

  // --- what arrives -----------------------------------------------------------------------------------------------

  message(text: string, exchange: Outgoing | undefined, httpStatus?: number): void {
    this.#tap?.received(this.server, text);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      this.noise('not-json', text.slice(0, 200));
      exchange?.failed(
        new SignalboxError(
          'BAD_RESPONSE',
          'the answer is not valid JSON; the server or a proxy before it is broken',
          {
            server: this.server,
            delivered: 'unknown',
            cause,
            details: { status: httpStatus },
          },
        ),
      );
      return;
    }
    if (Array.isArray(value)) this.#batch(value, exchange, httpStatus);
    else this.#dispatch(value, exchange, httpStatus);
  }

  noise(kind: NoiseKind, sample: string): void {
    this.counters.noise++;
    this.#lastNoise = sanitizePeerText(sample, 120);
    const fields = { event: 'wire.noise', server: this.server, kind, sample: this.#lastNoise };
    // Said once: a chatty server must not flood the log as well.
    if (this.counters.noise === 1)
      this.#logger.warn('the server sent something that is not a message', fields);
    else this.#logger.debug('the server sent something that is not a message', fields);
  }

  #batch(values: readonly unknown[], exchange: Outgoing | undefined, httpStatus: number | undefined): void {
    if (this.#era?.receivesBatches !== true || values.length > MAX_BATCH) {
      this.#badMessage('a batch, which this revision does not allow or which is too long');
      return;
    }
    for (const value of values) this.#dispatch(value, exchange, httpStatus);
  }

  #dispatch(value: unknown, exchange: Outgoing | undefined, httpStatus: number | undefined): void {
    const message = classify(value);
    switch (message.kind) {
      case 'result':
        this.#onResult(message.message, exchange);
        return;
      case 'error':
        this.#onError(message.message, exchange, httpStatus);
        return;
      case 'notification':
        this.#onNotification(message.message.method, message.message.params ?? {});
        return;
      case 'request':
        this.#onRequest(message.message);
        return;
      case 'invalid':
        this.#onInvalid(message.why, message.id, message.request === true);
        return;
    }
  }

  #onResult(message: JsonRpcResult, exchange: Outgoing | undefined): void {
    const call = this.#match(message.id, exchange);
    if (call === undefined) return;
    const { result } = message;
    if (!isObject(result)) {
      call.reject(this.#invalidResult(call, 'the result is not an object'));
      return;
    }
    const reading = this.#era?.readResult(result) ?? 'complete';
    if (reading === 'complete') {
      call.resolve(result);
    } else if (reading === 'input_required') {
      const message = `${call.method} needs input from a person or a model, and nothing here can give it`;
      call.reject(new SignalboxError('INPUT_REQUIRED', message, { server: this.server, delivered: 'yes' }));
    } else {
      const type = sanitizePeerText(String(result['resultType']), 40);
      call.reject(this.#invalidResult(call, `the resultType "${type}" is not known`));
    }
  }

  #onError(
    message: JsonRpcErrorResponse,
    exchange: Outgoing | undefined,
    httpStatus: number | undefined,
  ): void {
    const { id, error } = message;
    // An error may lack its id when the server could not read it; the stream that carried it tells whose it is.
    const anonymous = id === undefined || id === null;
    const call = anonymous ? this.#callOf(exchange) : this.#match(id, exchange);
    if (anonymous && call === undefined) this.#badMessage('an error without id');
    call?.reject(
      new RemoteError({ ...error, server: this.server, ...(httpStatus === undefined ? {} : { httpStatus }) }),
    );
  }

  #onNotification(method: string, params: Params): void {
    if (method === 'notifications/progress') this.#onProgress(params);
    else this.#handlers.notification(method, params);
  }

  #onProgress(params: Params): void {
    const { progressToken, progress } = params;
    const call = this.#pending.find(progressToken);
    const onProgress = call?.options.onProgress;
    if (call === undefined || onProgress === undefined) return;
    if (typeof progress !== 'number' || !(progress > call.lastProgress)) return; // F-059
    call.lastProgress = progress;
    const { timeoutMs, totalTimeoutMs = Number.POSITIVE_INFINITY } = call.options;
    // F-060: progress extends the time, but never beyond the total.
    this.#wheel.add(call, Math.min(timeoutMs, totalTimeoutMs - (this.#clock.now() - call.startedAt)));
    try {
      onProgress(params as Progress);
    } catch (error) {
      this.#logger.error('a progress listener failed', { server: this.server, error });
    }
  }

  #onRequest(request: JsonRpcRequest): void {
    if (this.#era !== undefined && !this.#era.answersRequests) {
      this.counters.ignoredRequests++; // F-112
      this.#logger.warn('the server sent a request, which this revision forbids', { server: this.server });
      return;
    }
    if (request.method === 'ping') {
      this.#sendOneWay(encodeResult(request.id, {}), this.#era?.headers(request.method, undefined));
      return;
    }
    this.#refuse(request.id, JSON_RPC_ERROR.methodNotFound, 'this client does not offer this method');
  }

  #onInvalid(why: string, id: unknown, isRequest: boolean): void {
    this.#badMessage(why);
    if (isRequest) {
      if (isRequestId(id) && this.#era?.answersRequests !== false) {
        this.#refuse(id, JSON_RPC_ERROR.invalidRequest, 'params must be an object');
      }
      return;
    }
    this.#pending.find(id)?.reject(
      new SignalboxError('BAD_MESSAGE', `the answer breaks JSON-RPC: ${why}; the server needs a fix`, {
        server: this.server,
        delivered: 'yes',
      }),
    );
  }

  /** The pending call that an answer belongs to: same type, same value, and on its own stream where it has one. */
  #match(id: unknown, exchange: Outgoing | undefined): PendingCall | undefined {
    const call = this.#pending.find(id);
    if (call !== undefined && (exchange === undefined || exchange === call)) return call;
    if (call === undefined && this.#pending.missOf(id) === 'late') {
      this.counters.duplicateResponses++; // F-043, F-056
      this.#logger.debug('a late or repeated answer was ignored', { server: this.server });
    } else {
      this.counters.unknownResponses++; // F-042, F-110
      const shown = sanitizePeerText(String(JSON.stringify(id)), 60);
      this.#logger.debug('an answer to no request was ignored', { server: this.server, id: shown });
    }
    return undefined;
  }

  #callOf(exchange: Outgoing | undefined): PendingCall | undefined {
    return exchange instanceof PendingCall && !exchange.settled ? exchange : undefined;
  }

  #badMessage(why: string): void {
    this.counters.badMessages++;
    this.#logger.debug('a message was dropped', { event: 'wire.bad_message', server: this.server, why });
  }

  #invalidResult(call: PendingCall, why: string): SignalboxError {
    return new SignalboxError('INVALID_RESULT', `the answer to ${call.method} is unusable: ${why}`, {
      server: this.server,
      delivered: 'yes',
    });
  }

  // --- how calls end ----------------------------------------------------------------------------------------------

  callExpired(call: PendingCall): void {
    const elapsedMs = Math.round(this.#clock.now() - call.startedAt);
    const noise = this.counters.noise === 0 ? '' : `; the server printed noise: "${this.#lastNoise}"`; // F-033
    this.#cancel(
      call,
      new SignalboxError('REQUEST_TIMEOUT', `no answer to ${call.method} within ${elapsedMs} ms${noise}`, {
        server: this.server,
        delivered: call.delivered,
        details: { method: call.method, elapsedMs },
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

  callSettled(call: PendingCall, error: Error | undefined): void {
    this.#pending.delete(call.id);
    this.#wheel.remove(call);
    if (SignalboxError.is(error) && error.code === 'SESSION_LOST') this.retire(error);
    this.#handlers.settled(call.method, this.#clock.now() - call.startedAt, error);
    if (this.#pending.size === 0 && this.#onDrained.length > 0) {
      for (const callback of this.#onDrained.splice(0)) callback();
    }
  }

  #cancel(call: PendingCall, error: SignalboxError, reason: string): void {
    call.reject(error);
    // `initialize` must not be cancelled (lifecycle), and a probe would only puzzle a legacy server.
    const known = this.#era !== undefined && call.method !== 'initialize';
    if (known && this.#era!.cancelsByNotification(this.transport.streamPerRequest)) {
      this.notify('notifications/cancelled', { requestId: call.id, reason });
    }
    this.transport.abandon(call);
  }

  #onClosed(reason: CloseReason): void {
    const error =
      reason.kind === 'local'
        ? new SignalboxError('CONNECTION_CLOSED', 'the connection was closed on our side', {
            server: this.server,
          })
        : reason.error;
    this.retire(error);
    for (const call of this.#pending.snapshot()) call.reject(this.#lostCall(call, error));
  }

  /** The same loss, told for one call: whether its request can have had an effect. */
  #lostCall(call: PendingCall, error: SignalboxError): SignalboxError {
    const text = error.message.replace(/^\[\w+\] /u, '').replace(`${this.server}: `, '');
    return new SignalboxError(error.code, `${call.method} has no answer: ${text}`, {
      server: this.server,
      retryable: error.retryable,
      delivered: call.delivered,
      cause: error,
      details: { ...error.details, method: call.method },
    });
  }

  #refuse(id: string | number, code: number, message: string): void {
    this.#sendOneWay(encodeError(id, { code, message }), this.#era?.headers('', undefined));
  }

  #sendOneWay(text: string, headers: Readonly<Record<string, string>> | undefined): void {
    if (this.#lostReason?.code === 'CONNECTION_CLOSED') return;
    this.#tap?.sent(this.server, text);
    this.transport.send(
      new OneWay(text, headers, (error) => {
        this.#logger.debug('a message without answer was not delivered', {
          server: this.server,
          error: error.message,
        });
      }),
    );
  }
}
