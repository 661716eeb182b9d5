import { messageOf, RemoteError, SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { NoiseKind, Outgoing, TransportReceiver } from '../../transports/transport.ts';
import type { CallTable } from '../../wire/call-table.ts';
import { classify } from '../../wire/classify.ts';
import {
  isObject,
  isRequestId,
  type JsonRpcErrorResponse,
  type JsonRpcResult,
  type Params,
} from '../../wire/json-rpc.ts';
import { hasRepeatedId } from '../../wire/repeated-id.ts';
import type { Era, ResultReading } from '../eras/era.ts';
import { PendingCall, type RequestOptions } from './pending-call.ts';
import type { ServerRequests } from './server-requests.ts';
import type { SessionEnvironment } from './session-environment.ts';
import type { WireCounters } from './wire-counters.ts';

/** A batch larger than this is dropped (F-051). */
const MAX_BATCH = 100;

/** Messages from this length on, in characters, are timed: reading them holds everything else up (F-055). */
const TIMED_LENGTH = 1024 * 1024;
/** Reading one message for longer than this is reported, in ms. */
const SLOW_MS = 100;

/** By this a server ends a request that has no other end: a subscription. */
const CANCELLED = 'notifications/cancelled';

/** The key by which a modern server tags what belongs to a subscription. */
const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

/** What {@link Inbound} asks of its session. */
export interface InboundOwner {
  readonly server: string;
  readonly environment: SessionEnvironment;
  readonly counters: WireCounters;
  readonly calls: CallTable<PendingCall>;
  readonly requests: ServerRequests;
  readonly era: Era | undefined;
  progress(params: Params): void;
  notification(method: string, params: Params): void;
  sessionLost(error: SignalboxError): void;
  told(type: string, data: unknown): void;
  /** The server cancels: a subscription of ours, or a request of its own. */
  cancelled(params: Params, subscription: PendingCall | undefined): void;
}

/** Reads what arrives: one parse, a structural check, then to the call, the subscriber or the handler it is for. */
export class Inbound implements TransportReceiver {
  /** Messages that arrived, whatever they say. */
  received = 0;
  readonly #owner: InboundOwner;
  #lastNoise = '';

  constructor(owner: InboundOwner) {
    this.#owner = owner;
  }

  /** A sample of the last thing that was no message, safe to print; empty if there was none. */
  get lastNoise(): string {
    return this.#lastNoise;
  }

  sessionLost(error: SignalboxError): void {
    this.#owner.sessionLost(error);
  }

  told(type: string, data: unknown): void {
    const { server, environment } = this.#owner;
    environment.logger.debug('the server told something of its own', { event: 'wire.told', server, type });
    this.#owner.told(type, data);
  }

  message(text: string, exchange: Outgoing | undefined, httpStatus?: number): void {
    try {
      if (text.length < TIMED_LENGTH) this.#read(text, exchange, httpStatus);
      else this.#readTimed(text, exchange, httpStatus);
    } catch (error) {
      // Called from the data events of sockets and pipes: what is thrown here would end the process.
      this.#badMessage(`reading it failed: ${messageOf(error)}`);
    }
  }

  /** F-055: whatever fits the byte limit is read, however it is made; that it took long is told. */
  #readTimed(text: string, exchange: Outgoing | undefined, httpStatus: number | undefined): void {
    const { server, environment } = this.#owner;
    const { clock, logger } = environment;
    const startedAt = clock.now();
    this.#read(text, exchange, httpStatus);
    const elapsedMs = Math.round(clock.now() - startedAt);
    if (elapsedMs < SLOW_MS) return;
    this.#owner.counters.slowMessages++;
    const fields = { event: 'wire.slow_message', server, characters: text.length, elapsedMs };
    logger.warn('a large message held everything up while it was read', fields);
  }

  #read(text: string, exchange: Outgoing | undefined, httpStatus: number | undefined): void {
    const { server, environment } = this.#owner;
    environment.tap?.received(server, text);
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
            server,
            delivered: 'unknown',
            cause,
            details: { status: httpStatus },
          },
        ),
      );
      return;
    }
    if (hasRepeatedId(text)) {
      // The last one is what a careless reader takes: whoever waits under it learns that this is no answer.
      this.#onInvalid('the id stands twice', isObject(value) ? value['id'] : undefined, false);
      return;
    }
    if (Array.isArray(value)) this.#batch(value, exchange, httpStatus);
    else this.#dispatch(value, exchange, httpStatus);
  }

  noise(kind: NoiseKind, sample: string): void {
    const { server, environment, counters } = this.#owner;
    counters.noise++;
    this.#lastNoise = sanitizePeerText(sample, 120);
    // Not a warning: whoever reads the stream knows what it is made of, and warns once where that helps.
    const fields = { event: 'wire.noise', server, kind, sample: this.#lastNoise };
    environment.logger.debug('the server sent something that is not a message', fields);
  }

  #batch(values: readonly unknown[], exchange: Outgoing | undefined, httpStatus: number | undefined): void {
    const isLawful = values.length > 0 && values.length <= MAX_BATCH;
    if (this.#owner.era?.receivesBatches !== true || !isLawful) {
      this.#badMessage('a batch, which this revision does not allow, which is empty or which is too long');
      return;
    }
    // A batch in a batch is no message, and refused like any other value that is none.
    for (const value of values) this.#dispatch(value, exchange, httpStatus);
  }

  #dispatch(value: unknown, exchange: Outgoing | undefined, httpStatus: number | undefined): void {
    this.received++;
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
        this.#owner.requests.handle(message.message);
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
    const reading = this.#owner.era?.readResult(result) ?? 'complete';
    if (reading === 'complete' || isAccepted(reading, result, call.options)) {
      call.resolve(result);
      return;
    }
    const type = brief(result['resultType']);
    const why =
      reading === 'input_required'
        ? `${call.method} must not ask for input`
        : `the resultType "${type}" is not known`;
    call.reject(this.#invalidResult(call, why));
  }

  #onError(
    message: JsonRpcErrorResponse,
    exchange: Outgoing | undefined,
    httpStatus: number | undefined,
  ): void {
    const { id, error } = message;
    // An error may lack its id when the server could not read it; the stream that carried it tells whose it is.
    const anonymous = id === undefined || id === null;
    const call = anonymous ? callOf(exchange) : this.#match(id, exchange);
    if (anonymous && call === undefined) this.#badMessage('an error without id');
    const { server } = this.#owner;
    call?.reject(new RemoteError({ ...error, server, ...(httpStatus === undefined ? {} : { httpStatus }) }));
  }

  #onNotification(method: string, params: Params): void {
    if (method === 'notifications/progress') {
      this.#owner.progress(params);
      return;
    }
    const subscriber = this.#subscriberOf(method, params);
    if (method === CANCELLED) {
      this.#owner.cancelled(params, subscriber);
    } else if (subscriber === undefined) {
      this.#owner.notification(method, params);
    } else {
      subscriber.options.onNotification!(method, params);
    }
  }

  /** The listening request that a notification belongs to: by its tag, or because it ends exactly that request. */
  #subscriberOf(method: string, params: Params): PendingCall | undefined {
    const meta = params['_meta'];
    let id: unknown;
    if (method === CANCELLED) id = params['requestId'];
    else if (isObject(meta)) id = meta[SUBSCRIPTION_ID];
    const call = this.#owner.calls.find(id);
    return call?.options.onNotification === undefined ? undefined : call;
  }

  #onInvalid(why: string, id: unknown, isRequest: boolean): void {
    this.#badMessage(why);
    if (isRequest) {
      if (isRequestId(id)) this.#owner.requests.refuseMalformed(id, 'params must be an object');
      return;
    }
    this.#owner.calls.find(id)?.reject(
      new SignalboxError('BAD_MESSAGE', `the answer breaks JSON-RPC: ${why}; the server needs a fix`, {
        server: this.#owner.server,
        delivered: 'yes',
      }),
    );
  }

  /** The pending call that an answer belongs to: same type, same value, and on its own stream where it has one. */
  #match(id: unknown, exchange: Outgoing | undefined): PendingCall | undefined {
    const { calls } = this.#owner;
    const call = calls.find(id);
    if (call !== undefined && (exchange === undefined || exchange === call)) return call;
    const { server, environment, counters } = this.#owner;
    if (call === undefined && calls.missOf(id) === 'late') {
      counters.duplicateResponses++; // F-043, F-056
      environment.logger.debug('a late or repeated answer was ignored', { server });
    } else {
      counters.unknownResponses++; // F-042, F-110
      environment.logger.debug('an answer to no request was ignored', { server, id: brief(id) });
    }
    return undefined;
  }

  #badMessage(why: string): void {
    const { server, environment, counters } = this.#owner;
    counters.badMessages++;
    environment.logger.debug('a message was dropped', { event: 'wire.bad_message', server, why });
  }

  #invalidResult(call: PendingCall, why: string): SignalboxError {
    return new SignalboxError('INVALID_RESULT', `the answer to ${call.method} is unusable: ${why}`, {
      server: this.#owner.server,
      delivered: 'yes',
    });
  }
}

function callOf(exchange: Outgoing | undefined): PendingCall | undefined {
  return exchange instanceof PendingCall && !exchange.settled ? exchange : undefined;
}

function isAccepted(
  reading: ResultReading,
  result: Readonly<Record<string, unknown>>,
  options: RequestOptions,
): boolean {
  if (reading === 'input_required') return options.acceptsInputRequests === true;
  return options.acceptsResultTypes?.includes(result['resultType'] as string) === true;
}

/** A value of the peer for a log line. Converting just anything to text can throw. */
function brief(value: unknown): string {
  if (typeof value === 'string') return sanitizePeerText(value, 60);
  return typeof value === 'number' || value === null ? String(value) : `of type ${typeof value}`;
}
