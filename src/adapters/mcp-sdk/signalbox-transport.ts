import { abortError, onAbort } from '../../core/abort.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type Deferred, deferred } from '../../core/deferred.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { readProbeFailure } from '../../protocol/negotiation/probe-outcome.ts';
import type {
  CloseReason,
  NoiseKind,
  Outgoing,
  Transport,
  TransportReceiver,
} from '../../transports/transport.ts';
import { classify } from '../../wire/classify.ts';
import { isObject, isRequestId, JSON_RPC_ERROR, type RequestId } from '../../wire/json-rpc.ts';
import { OfficialHeaders } from './official-headers.ts';
import { OfficialOutgoing } from './official-outgoing.ts';
import type { OfficialMessageHandler, OfficialSendOptions, OfficialTransport } from './official-transport.ts';

/** How long setting up a connection may take where nothing else is said, in ms. */
const OPEN_TIMEOUT_MS = 30_000;
const PROBE = 'server/discover';
const CANCELLED = 'notifications/cancelled';

/** What a {@link SignalboxTransport} is made with. */
export interface SignalboxTransportOptions {
  /** Name of the server, for errors. */
  readonly server: string;
  /** Kind of the transport that `make` makes. */
  readonly kind: string;
  /** Makes the transport inside; once, and once more for a process that dies on the probe of a modern client. */
  readonly make: () => Promise<Transport>;
  /** How long setting up the connection may take, in ms. Default 30 000. */
  readonly openTimeoutMs?: number | undefined;
  /** Default: the clock of the machine. */
  readonly clock?: Clock | undefined;
}

/** A transport of Signalbox as the official client takes one. Made by `toOfficialTransport`. */
export class SignalboxTransport implements OfficialTransport, TransportReceiver {
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  onmessage: OfficialMessageHandler | undefined;
  readonly #options: SignalboxTransportOptions;
  readonly #headers: OfficialHeaders = new OfficialHeaders();
  /** Requests without answer. */
  readonly #pending: Map<RequestId, OfficialOutgoing> = new Map();
  readonly #closing = new AbortController();
  #inner: Transport | undefined;
  #started: Promise<void> | undefined;
  readonly #over: Deferred<void> = deferred();
  #isOver = false;
  /** The probe is out, and nothing was sent before it. */
  #probe: OfficialOutgoing | undefined;
  #sent = 0;

  constructor(options: SignalboxTransportOptions) {
    this.#options = options;
    // By these two the official client knows a process, whose silence means something else than that of an URL.
    if (options.kind !== 'stdio') return;
    Object.defineProperty(this, 'pid', { get: () => this.#inner?.diagnostics().pid ?? null });
    Object.defineProperty(this, 'stderr', { value: null });
  }

  /** The transport inside, for its diagnostics. Undefined until it was started. */
  get inner(): Transport | undefined {
    return this.#inner;
  }

  get sessionId(): string | undefined {
    return this.#inner?.diagnostics().sessionId;
  }

  get hasPerRequestStream(): boolean {
    return this.#inner?.streamPerRequest === true;
  }

  setProtocolVersion(version: string): void {
    this.#headers.version = version;
  }

  /** @throws SignalboxError what the transport inside fails with, CONNECT_TIMEOUT */
  start(): Promise<void> {
    const { server } = this.#options;
    if (this.#started !== undefined || this.#closing.signal.aborted) {
      const message = 'the transport was started before; make a new one for each connection';
      return Promise.reject(new SignalboxError('CONNECTION_CLOSED', message, { server }));
    }
    this.#started = this.#open();
    return this.#started;
  }

  /**
   * Resolves when a request is answered, and anything else when it has left.
   * @throws SignalboxError why there will be no answer
   */
  send(message: object, options: OfficialSendOptions = {}): Promise<void> {
    const inner = this.#inner;
    const { server } = this.#options;
    if (inner === undefined || this.#closing.signal.aborted) {
      return Promise.reject(
        new SignalboxError('CONNECTION_CLOSED', 'the connection is not open', { server }),
      );
    }
    const { id, method, params } = message as { id?: unknown; method?: string; params?: unknown };
    const outgoing = new OfficialOutgoing({
      id: method !== undefined && isRequestId(id) ? id : undefined,
      text: JSON.stringify(message),
      headers: this.#headers.of(method, params, options.headers),
      opensSession: method === 'initialize',
      longLived: method === 'subscriptions/listen',
      onLateFailure: (error) => this.#tell(error),
    });
    if (outgoing.id !== undefined) this.#pending.set(outgoing.id, outgoing);
    if (method === PROBE && this.#sent === 0) this.#probe = outgoing;
    this.#sent++;
    if (method === PROBE && inner.onlyEra === 'legacy') this.#refuseProbe(outgoing);
    else inner.send(outgoing);
    if (method === 'notifications/initialized' && this.#headers.isLegacy) {
      inner.listen?.(outgoing.headers ?? {});
    }
    if (method === CANCELLED && isObject(params)) this.#giveUp(params['requestId']);
    return this.#watched(outgoing, method, options.requestSignal);
  }

  /** Ends the connection in good order: what was sent leaves, the server is told, a process is stopped in stages. */
  async close(): Promise<void> {
    this.#closing.abort(this.#closedError('no'));
    await this.#started?.catch(() => {});
    const inner = this.#inner;
    if (inner === undefined) await this.#end({ kind: 'local' });
    else await inner.close(this.#headers.of(undefined, undefined, undefined));
    await this.#over.promise;
  }

  // --- TransportReceiver ------------------------------------------------------------------------------------------

  message(text: string, exchange: Outgoing | undefined): void {
    try {
      const value: unknown = JSON.parse(text);
      // Only revision 2025-03-26 has batches; the official client takes one message at a time.
      for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) this.#deliver(one, exchange);
    } catch (cause) {
      const { server } = this.#options;
      const error = new SignalboxError('BAD_RESPONSE', 'what arrived is not valid JSON', {
        server,
        delivered: 'unknown',
        cause,
      });
      exchange?.failed(error);
      this.#tell(error);
    }
  }

  noise(kind: NoiseKind, sample: string): void {
    const { server } = this.#options;
    const what = `the server sent something that is no message (${kind}): ${sanitizePeerText(sample, 120)}`;
    this.#tell(new SignalboxError('BAD_MESSAGE', what, { server }));
  }

  /** The official client begins no new session on an old transport: its owner has to connect anew. */
  sessionLost(error: SignalboxError): void {
    this.#tell(error);
    void this.close();
  }

  // --- the life ---------------------------------------------------------------------------------------------------

  async #open(): Promise<void> {
    const { server, make, openTimeoutMs = OPEN_TIMEOUT_MS, clock = systemClock } = this.#options;
    const budget = new AbortController();
    const timer = clock.setTimeout(() => {
      const message = `no connection within ${openTimeoutMs} ms`;
      budget.abort(new SignalboxError('CONNECT_TIMEOUT', message, { server }));
    }, openTimeoutMs);
    const release = onAbort(this.#closing.signal, () => budget.abort(this.#closing.signal.reason));
    try {
      const inner = await make();
      await inner.open(this, budget.signal);
      this.#inner = inner;
      void inner.closed.then((reason) => this.#ended(inner, reason));
    } catch (error) {
      throw budget.signal.aborted ? abortError(budget.signal, server) : error;
    } finally {
      timer.cancel();
      release();
    }
  }

  #ended(inner: Transport, reason: CloseReason): void {
    if (this.#inner !== inner) return;
    const probe = this.#probe;
    const died = reason.kind === 'exit' && probe !== undefined && !probe.settled && this.#sent === 1;
    if (died && !this.#closing.signal.aborted) void this.#startAgain(probe, reason);
    else void this.#end(reason);
  }

  /** Some legacy servers exit on whatever comes before `initialize`. The probe has its answer then: it is legacy. */
  async #startAgain(probe: OfficialOutgoing, reason: CloseReason): Promise<void> {
    this.#probe = undefined;
    try {
      await this.#open();
    } catch {
      await this.#end(reason);
      return;
    }
    this.#refuseProbe(probe);
  }

  async #end(reason: CloseReason): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#closing.abort(this.#closedError('no'));
    for (const outgoing of this.#pending.values()) {
      outgoing.failed(
        reason.kind === 'local' ? this.#closedError(outgoing.delivered) : lost(outgoing, reason.error),
      );
    }
    this.#pending.clear();
    if (reason.kind !== 'local') this.#tell(reason.error);
    // The callers hear first why their requests failed; of the end the client knows no more than that it is one.
    await new Promise((resolve) => setImmediate(resolve));
    this.#over.resolve();
    this.onclose?.();
  }

  // --- messages ---------------------------------------------------------------------------------------------------

  #deliver(value: unknown, exchange: Outgoing | undefined): void {
    const classified = classify(value);
    if (classified.kind === 'invalid') {
      const { server } = this.#options;
      this.#tell(new SignalboxError('BAD_MESSAGE', `a message was dropped: ${classified.why}`, { server }));
      return;
    }
    let message: object = classified.message;
    if (classified.kind === 'result' || classified.kind === 'error') {
      // An error may lack its id when the server could not read it; the stream that carried it tells whose it is.
      const own = exchange instanceof OfficialOutgoing ? exchange.id : undefined;
      const id = classified.message.id ?? own;
      if (id === undefined) return;
      message = { ...message, id };
      this.#pending.get(id)?.answered();
      this.#pending.delete(id);
    }
    this.#pass(message);
  }

  #pass(message: object): void {
    try {
      this.onmessage?.(message);
    } catch (error) {
      // Called from the data events of sockets and pipes: what is thrown here would end the process.
      this.#tell(error as Error);
    }
  }

  async #watched(
    outgoing: OfficialOutgoing,
    method: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const release = onAbort(signal, () => this.#giveUp(outgoing.id));
    try {
      await outgoing.done;
    } catch (error) {
      if (!SignalboxError.is(error)) throw error;
      if (error.code === 'SESSION_LOST') this.sessionLost(error);
      const isNoAnswer =
        method === PROBE && readProbeFailure(error, this.hasPerRequestStream).kind === 'unusable';
      if (!isNoAnswer) throw error;
      // What no modern server would answer: the official client asks for the words of its own HTTP transport here.
      this.#refuseProbe(outgoing);
    } finally {
      release();
      if (outgoing.id !== undefined && this.#pending.get(outgoing.id) === outgoing) {
        this.#pending.delete(outgoing.id);
      }
    }
  }

  #refuseProbe(probe: OfficialOutgoing): void {
    const { methodNotFound: code } = JSON_RPC_ERROR;
    const message = `the server does not know ${PROBE}`;
    this.#pass({ jsonrpc: '2.0', id: probe.id, error: { code, message } });
    this.#pending.delete(probe.id!);
    probe.answered();
  }

  /** Nobody waits for this request any more. */
  #giveUp(id: unknown): void {
    const outgoing = isRequestId(id) ? this.#pending.get(id) : undefined;
    if (outgoing === undefined) return;
    const { server } = this.#options;
    outgoing.failed(
      new SignalboxError('REQUEST_ABORTED', 'the request was given up by its caller', {
        server,
        delivered: outgoing.delivered,
      }),
    );
    this.#inner?.abandon(outgoing);
  }

  #tell(error: Error): void {
    this.onerror?.(error);
  }

  #closedError(delivered: 'no' | 'unknown'): SignalboxError {
    const { server } = this.#options;
    return new SignalboxError('CONNECTION_CLOSED', 'the connection was closed', { server, delivered });
  }
}

/** The loss of the connection, told for one request: whether it can have had an effect. */
function lost(outgoing: OfficialOutgoing, cause: SignalboxError): SignalboxError {
  const { server, retryable, details } = cause;
  return new SignalboxError(cause.code, 'the connection ended before the answer', {
    server,
    retryable,
    delivered: outgoing.delivered,
    cause,
    details,
  });
}
