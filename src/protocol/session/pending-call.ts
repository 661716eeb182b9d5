import { type AbortWatcher, unwatchAbort, type Watching, watchAbort } from '../../core/abort.ts';
import { Deadline } from '../../core/deadline-wheel.ts';
import { type Delivery, messageWithoutHead, SignalboxError } from '../../core/errors.ts';
import type { Outgoing } from '../../transports/transport.ts';
import type { Params } from '../../wire/json-rpc.ts';
import type { Progress } from '../mcp-types.ts';

/** How one request is to be made. */
export interface RequestOptions {
  /** Time without answer or progress after which the request fails, in ms. Infinity: never. */
  readonly timeoutMs: number;
  /** Time after which it fails whatever progress it makes, in ms. Default: Infinity. */
  readonly totalTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Asks for progress and hears it. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Headers beside those of the era, on transports that have headers; names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether a result that asks for input (`resultType: "input_required"`) is handed back instead of being refused.
   * Default `false`: only `tools/call`, `prompts/get` and `resources/read` may be answered so.
   */
  readonly acceptsInputRequests?: boolean | undefined;
  /** Further values of `resultType` that the caller understands: those of declared extensions. Default: none. */
  readonly acceptsResultTypes?: readonly string[] | undefined;
  /** Whether its answer is open by design, as that of a subscription: it is neither drained nor resumed. Default no. */
  readonly longLived?: boolean | undefined;
  /** Hears the notifications that the server tags with the id of this request (`subscriptions/listen`). */
  readonly onNotification?: ((method: string, params: Params) => void) | undefined;
}

/** What a call tells its session. */
export interface CallOwner {
  callExpired(call: PendingCall): void;
  callAborted(call: PendingCall): void;
  /**
   * `error` is undefined when the answer arrived.
   * @returns `now()` of the clock: it is read once for all that a settled call sets off
   */
  callSettled(call: PendingCall, error: Error | undefined): number;
}

/**
 * Whoever wants to know what became of a request: told exactly once, and at once, whoever settles it. An object and no
 * pair of functions: a call in flight costs no closure. It must not throw.
 */
export interface CallSink {
  /** @param now `now()` of the clock at this moment */
  answered(result: unknown, now: number): void;
  failed(error: Error, now: number): void;
}

/** What a session knows of a request when it makes a call of it. */
export interface PendingCallInit {
  readonly id: number;
  readonly method: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly opensSession: boolean;
  /** Which session of the transport it was sent in. */
  readonly epoch: number;
  readonly options: RequestOptions;
  readonly startedAt: number;
  readonly sink: CallSink;
}

/**
 * One request in flight: its message, its deadline and its account in a single object. It settles exactly once and
 * takes its deadline and its abort listener with it.
 */
export class PendingCall extends Deadline implements Outgoing, AbortWatcher {
  readonly id: number;
  readonly method: string;
  text: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly expectsAnswer = true;
  readonly opensSession: boolean;
  readonly longLived: boolean;
  readonly epoch: number;
  readonly options: RequestOptions;
  readonly startedAt: number;
  settled = false;
  exchange: unknown = undefined;
  /** The last progress value seen; progress must grow (F-059). */
  lastProgress: number = Number.NEGATIVE_INFINITY;
  #flushed = false;
  readonly #owner: CallOwner;
  readonly #sink: CallSink;
  readonly #watching: Watching | undefined;

  constructor(owner: CallOwner, init: PendingCallInit) {
    super();
    this.#owner = owner;
    this.id = init.id;
    this.method = init.method;
    this.text = init.text;
    this.headers = init.headers;
    this.opensSession = init.opensSession;
    this.options = init.options;
    this.longLived = init.options.longLived === true;
    this.epoch = init.epoch;
    this.startedAt = init.startedAt;
    this.#sink = init.sink;
    this.#watching = init.options.signal === undefined ? undefined : watchAbort(init.options.signal, this);
  }

  /** Whether the request can have had an effect, as far as it is known now. */
  get delivered(): Delivery {
    return this.#flushed ? 'unknown' : 'no';
  }

  flushed(): void {
    this.#flushed = true;
  }

  taken(): void {
    this.text = '';
  }

  failed(error: SignalboxError): void {
    if (this.settled) return;
    // The transport does not know the call by its name; whoever reads the error wants to. The number that a request had
    // in its header says more than that of JSON-RPC: the log of the server has it.
    const details = { requestId: this.id, ...error.details, method: this.method };
    const { server, retryable, delivered, cause } = error;
    const text = messageWithoutHead(error);
    this.reject(new SignalboxError(error.code, text, { server, retryable, delivered, cause, details }));
  }

  aborted(): void {
    this.#owner.callAborted(this);
  }

  override expire(): void {
    this.#owner.callExpired(this);
  }

  resolve(result: unknown): void {
    if (this.settled) return;
    this.#sink.answered(result, this.#settle(undefined));
  }

  reject(error: Error): void {
    if (this.settled) return;
    this.#sink.failed(error, this.#settle(error));
  }

  #settle(error: Error | undefined): number {
    this.settled = true;
    if (this.#watching !== undefined) unwatchAbort(this.options.signal!, this.#watching);
    return this.#owner.callSettled(this, error);
  }
}
