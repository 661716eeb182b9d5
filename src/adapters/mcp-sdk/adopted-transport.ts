import { abortError, onAbort } from '../../core/abort.ts';
import { deferred } from '../../core/deferred.ts';
import { messageOf, SignalboxError } from '../../core/errors.ts';
import { isRpcError, meansSessionLost } from '../../transports/http/session-id.ts';
import type {
  CloseReason,
  Outgoing,
  Transport,
  TransportDiagnostics,
  TransportReceiver,
} from '../../transports/transport.ts';
import type { TransportContext } from '../../transports/transport-context.ts';
import { bodyOf, sendError, startError, statusOf } from './official-error.ts';
import type { OfficialTransport } from './official-transport.ts';

/** How long the goodbye to an HTTP session may take, in ms. */
const FAREWELL_MS = 2000;
/** How long an official transport may take to close, in ms. Its stdio gives a process four seconds. */
const CLOSE_MS = 10_000;
const SAMPLE_LENGTH = 200;
/** Of these the status says what is to be done. */
const TOLD_BY_STATUS: ReadonlySet<number | undefined> = new Set([401, 403, 429]);

/** A message that was handed over. */
interface Sent {
  readonly outgoing: Outgoing;
  /** Of a request. */
  readonly id: unknown;
  readonly bytes: number;
  /** Ends its answer stream, where it has one. */
  readonly ending: AbortController;
}

type Phase = 'new' | 'opening' | 'open' | 'closing' | 'ended';

/** An official transport as one of ours. Made by `fromOfficialTransport`. */
export class AdoptedTransport implements Transport {
  readonly kind: string;
  readonly #official: OfficialTransport;
  readonly #context: TransportContext;
  readonly #closed = deferred<CloseReason>();
  /** Requests without answer, by their ids. */
  readonly #requests: Map<unknown, Sent> = new Map();
  /** What its `send` has not come back from. */
  readonly #underWay: Set<Sent> = new Set();
  #bytesUnderWay = 0;
  #receiver: TransportReceiver | undefined;
  #phase: Phase = 'new';
  #version: string | undefined;
  #gone: Promise<void> | undefined;

  constructor(official: OfficialTransport, kind: string, context: TransportContext) {
    this.#official = official;
    this.kind = kind;
    this.#context = context;
  }

  get streamPerRequest(): boolean {
    return this.#official.hasPerRequestStream === true;
  }

  get closed(): Promise<CloseReason> {
    return this.#closed.promise;
  }

  async open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
    if (this.#phase !== 'new') throw this.#closedError('no');
    const { server } = this.#context;
    if (signal.aborted) {
      this.destroy();
      throw abortError(signal, server);
    }
    this.#phase = 'opening';
    this.#receiver = receiver;
    const aborted = deferred<never>();
    const release = onAbort(signal, () => aborted.reject(abortError(signal, server)));
    try {
      this.#listen(receiver);
      await Promise.race([this.#official.start(), aborted.promise, this.closed]);
    } catch (cause) {
      const error = startError(cause, server);
      await this.#release();
      this.#end({ kind: 'lost', error });
      throw error;
    } finally {
      release();
    }
    if (this.#phaseIs('opening')) {
      this.#phase = 'open';
      return;
    }
    await this.closed;
    throw this.#closedError('no');
  }

  send(outgoing: Outgoing): void {
    if (this.#phase !== 'open') {
      outgoing.failed(this.#closedError('no'));
      return;
    }
    const bytes = outgoing.text.length;
    const { server, limits } = this.#context;
    if (this.#isOneStream && this.#bytesUnderWay > 0 && this.#bytesUnderWay + bytes > limits.sendQueueBytes) {
      const what = `the server does not read: ${this.#bytesUnderWay} characters wait for it already; try again later`;
      const details = { limitBytes: limits.sendQueueBytes };
      outgoing.failed(new SignalboxError('BACKPRESSURE', what, { server, details }));
      return;
    }
    const message = JSON.parse(outgoing.text) as { readonly id?: unknown };
    const id = outgoing.expectsAnswer ? message.id : undefined;
    const sent: Sent = { outgoing, id, bytes, ending: new AbortController() };
    outgoing.exchange = sent;
    if (id !== undefined) this.#requests.set(id, sent);
    this.#underWay.add(sent);
    this.#bytesUnderWay += bytes;
    void this.#handOver(sent, message);
  }

  abandon(outgoing: Outgoing): void {
    const sent = outgoing.exchange as Sent | undefined;
    if (sent === undefined) return;
    this.#forget(sent);
    sent.ending.abort();
  }

  /** Says goodbye to the session of an HTTP server, then closes. What is in flight fails. */
  async close(): Promise<void> {
    if (this.#phase === 'open' && this.#official.terminateSession !== undefined) {
      this.#phase = 'closing';
      await this.#within(FAREWELL_MS, this.#official.terminateSession());
    }
    this.destroy();
    await this.closed;
  }

  destroy(): void {
    if (this.#phase === 'ended' || this.#gone !== undefined) return;
    const wasStarted = this.#phase !== 'new';
    this.#phase = 'closing';
    if (!wasStarted) {
      this.#end({ kind: 'local' });
      return;
    }
    void this.#release().then(() => this.#end({ kind: 'local' }));
  }

  diagnostics(): TransportDiagnostics {
    const { pid } = this.#official as { readonly pid?: unknown };
    const { sessionId } = this.#official;
    return {
      ...(typeof pid === 'number' ? { pid } : {}),
      ...(typeof sessionId === 'string' ? { sessionId } : {}),
    };
  }

  /** Messages that wait for the same pipe or socket. HTTP, which is told of the version, has one for each. */
  get #isOneStream(): boolean {
    return !this.streamPerRequest && this.#official.setProtocolVersion === undefined;
  }

  #listen(receiver: TransportReceiver): void {
    const official = this.#official;
    // One turn later, so that nobody is called from within a call of theirs; the end stands behind what came before it.
    official.onmessage = (message) => queueMicrotask(() => this.#arrived(receiver, message));
    official.onclose = () => queueMicrotask(() => this.#lost());
    official.onerror = (error) => {
      const { logger, server } = this.#context;
      logger.debug('the official transport reports an error', { server, error: messageOf(error) });
      // What cannot be read is told in the words of the parser or of the schema; the rest is told where it belongs.
      const isUnreadable = error.name === 'SyntaxError' || error.name === 'ZodError';
      if (isUnreadable) receiver.noise('not-json', messageOf(error).slice(0, SAMPLE_LENGTH));
    };
  }

  #arrived(receiver: TransportReceiver, message: object): void {
    if (this.#phase === 'ended') return;
    const { id, method } = message as { readonly id?: unknown; readonly method?: unknown };
    const sent = method === undefined ? this.#requests.get(id) : undefined;
    if (sent !== undefined) this.#requests.delete(id);
    receiver.message(JSON.stringify(message), undefined);
  }

  async #handOver(sent: Sent, message: object): Promise<void> {
    const { outgoing } = sent;
    const { headers } = outgoing;
    const official = this.#official;
    const version = headers?.['mcp-protocol-version'];
    if (version !== undefined && version !== this.#version) {
      this.#version = version;
      official.setProtocolVersion?.(version);
    }
    const hadSession = official.sessionId !== undefined;
    // It does not say when bytes leave. A request counts as seen by the server from here on, for all that is known.
    outgoing.flushed();
    try {
      await official.send(message, {
        requestSignal: sent.ending.signal,
        headers,
        onRequestStreamEnd: () => queueMicrotask(() => this.#streamEnded(sent)),
      });
    } catch (cause) {
      this.#failed(sent, cause, hadSession);
    } finally {
      if (this.#underWay.delete(sent)) this.#bytesUnderWay -= sent.bytes;
      if (sent.id === undefined) this.#forget(sent);
    }
  }

  #failed(sent: Sent, cause: unknown, hadSession: boolean): void {
    const { outgoing } = sent;
    if (outgoing.settled) return;
    const body = bodyOf(cause);
    const status = statusOf(cause);
    const parsed = body === undefined ? undefined : parse(body);
    const isLost = hadSession && status !== undefined && meansSessionLost(status, body ?? '', parsed);
    // A JSON-RPC error is an answer, unless the status says more.
    if (outgoing.expectsAnswer && !isLost && isRpcError(parsed) && !TOLD_BY_STATUS.has(status)) {
      this.#receiver!.message(body!, outgoing, status);
    }
    this.#forget(sent);
    if (!outgoing.settled) outgoing.failed(sendError(cause, this.#context.server, isLost));
  }

  #streamEnded(sent: Sent): void {
    this.#forget(sent);
    const { outgoing } = sent;
    if (outgoing.settled || this.#phase !== 'open') return;
    const { server } = this.#context;
    const message = 'the server ended the event stream before the answer; the request may have been executed';
    outgoing.failed(new SignalboxError('CONNECTION_LOST', message, { server, delivered: 'unknown' }));
  }

  #forget(sent: Sent): void {
    if (this.#requests.get(sent.id) === sent) this.#requests.delete(sent.id);
    if (sent.outgoing.exchange === sent) sent.outgoing.exchange = undefined;
  }

  /** `onclose` of the official transport: its connection is over, by us or by the server. */
  #lost(): void {
    // An opening that ends so is told by its `start`, or by what is sent on it.
    if (this.#phase !== 'open') return;
    const { server } = this.#context;
    const message = 'the server ended the connection, or it broke';
    const error = new SignalboxError('CONNECTION_LOST', message, { server, delivered: 'unknown' });
    this.#end({ kind: 'lost', error });
    void this.#release();
  }

  /** Closes the official transport, and does not wait for ever. */
  #release(): Promise<void> {
    this.#gone ??= this.#within(CLOSE_MS, this.#official.close());
    return this.#gone;
  }

  async #within(limitMs: number, work: Promise<void>): Promise<void> {
    const timeUp = deferred<void>();
    const { clock, logger, server } = this.#context;
    const timer = clock.setTimeout(() => timeUp.resolve(), limitMs);
    try {
      await Promise.race([work, timeUp.promise]);
    } catch (error) {
      logger.debug('the official transport did not end in good order', { server, error: messageOf(error) });
    } finally {
      timer.cancel();
    }
  }

  #end(reason: CloseReason): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    const { server } = this.#context;
    const open = new Set([...this.#underWay, ...this.#requests.values()]);
    this.#underWay.clear();
    this.#requests.clear();
    for (const { outgoing, ending } of open) {
      outgoing.exchange = undefined;
      ending.abort();
      if (outgoing.settled) continue;
      outgoing.failed(
        reason.kind === 'local'
          ? this.#closedError('unknown')
          : new SignalboxError('CONNECTION_LOST', 'the connection ended before the answer', {
              server,
              delivered: 'unknown',
              cause: reason.error,
            }),
      );
    }
    this.#closed.resolve(reason);
  }

  #closedError(delivered: 'no' | 'unknown'): SignalboxError {
    const { server } = this.#context;
    return new SignalboxError('CONNECTION_CLOSED', 'the connection is not open', { server, delivered });
  }

  /** The phase can change across an `await`, which the compiler does not see. */
  #phaseIs(phase: Phase): boolean {
    return this.#phase === phase;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
