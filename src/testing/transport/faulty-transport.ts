import { abortError, onAbort } from '../../core/abort.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { deferred } from '../../core/deferred.ts';
import { type Delivery, SignalboxError } from '../../core/errors.ts';
import { sleep } from '../../core/sleep.ts';
import type {
  CloseReason,
  Outgoing,
  Transport,
  TransportDiagnostics,
  TransportReceiver,
} from '../../transports/transport.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { Carried, CarriedCopy, type CarriedOwner } from './carried.ts';
import { corrupted, halved } from './spoil-text.ts';
import { type HeldIn, type HeldOut, StreamLanes } from './stream-lanes.ts';
import type { TransportFault } from './transport-fault.ts';
import { TransportFaults } from './transport-faults.ts';

/** How a transport is made faulty. Everything is optional. */
export interface FaultyTransportOptions {
  /** The faults, or what controls them while they run. Default: none. */
  readonly faults?: TransportFaults | TransportFault | readonly TransportFault[];
  /** What delays are measured by. Default: the clock of the machine. */
  readonly clock?: Clock;
  /** Name of the server, for errors. Default: none. */
  readonly server?: string;
}

/**
 * Bytes that may be held in one direction of a stream. Beyond it a message out meets BACKPRESSURE, as behind a full
 * pipe, and for one in the connection breaks.
 */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

/**
 * Puts faults between a client and a transport. It is a transport itself and keeps the rules of one: what is held is
 * not `flushed`, whoever waits is told when the connection ends, and no timer outlives it. `kind`, diagnostics and
 * everything that is not a message are those of the transport inside.
 *
 * @param inner a transport that has not been opened
 * @throws SignalboxError INVALID_ARGUMENT for a fault that cannot work
 */
export function faultyTransport(inner: Transport, options: FaultyTransportOptions = {}): Transport {
  return new FaultyTransport(inner, options);
}

type Phase = 'new' | 'opening' | 'open' | 'closing' | 'ended';

class FaultyTransport implements Transport, CarriedOwner {
  readonly #inner: Transport;
  readonly #faults: TransportFaults;
  readonly #clock: Clock;
  readonly #server: string | undefined;
  readonly #closed = deferred<CloseReason>();
  /** Ends what an opening waits for. */
  readonly #opening = new AbortController();
  /** The stream of the connection; where each request has its own, that of all that belongs to none. */
  readonly #shared: StreamLanes;
  readonly #own: Map<Carried, StreamLanes> = new Map();
  /** What the transport inside has done with, while its sender still waits. */
  readonly #unanswered: Set<Carried> = new Set();
  readonly #stopListening: () => void;
  #phase: Phase = 'new';
  #receiver: TransportReceiver | undefined;
  #lost: SignalboxError | undefined;
  #goOn: (() => void) | undefined;

  constructor(inner: Transport, { faults = [], clock = systemClock, server }: FaultyTransportOptions) {
    this.#inner = inner;
    this.#faults = faults instanceof TransportFaults ? faults : new TransportFaults(faults);
    this.#clock = clock;
    this.#server = server;
    this.#shared = this.#lanes();
    this.#stopListening = this.#faults.onRelease(() => this.#release());
    void inner.closed.then((reason) => this.#ended(reason));
  }

  get kind(): string {
    return this.#inner.kind;
  }

  get streamPerRequest(): boolean {
    return this.#inner.streamPerRequest;
  }

  get onlyEra(): 'legacy' | undefined {
    return this.#inner.onlyEra;
  }

  get closed(): Promise<CloseReason> {
    return this.#closed.promise;
  }

  async open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
    if (this.#phase !== 'new') throw this.#error('CONNECTION_CLOSED', 'the connection is not open', 'no');
    this.#phase = 'opening';
    this.#receiver = receiver;
    const release = onAbort(signal, () => this.#opening.abort(abortError(signal, this.#server)));
    try {
      if (signal.aborted) throw abortError(signal, this.#server);
      await this.#hinderOpening();
      await this.#inner.open(this.#inward(receiver), signal);
    } catch (error) {
      this.#inner.destroy();
      throw error;
    } finally {
      release();
    }
    if (this.#phaseIs('opening')) this.#phase = 'open';
  }

  send(outgoing: Outgoing): void {
    if (this.#lost !== undefined) {
      outgoing.failed(this.#lostError('no'));
      return;
    }
    if (this.#phase !== 'open') {
      this.#inner.send(outgoing);
      return;
    }
    const { delayMs, kind } = this.#faults.draw('out');
    const carried = new Carried(outgoing, this, this.#spoilt(outgoing.text, kind));
    outgoing.exchange = carried;
    const fate = kind === 'drop' || kind === 'reset' ? kind : kind === 'duplicate' ? 'send-twice' : 'send';
    const { out } = this.#lanesFor(carried);
    const bytes = Buffer.byteLength(carried.text);
    if (out.bytes > 0 && out.bytes + bytes > MAX_HELD_BYTES) {
      carried.failed(this.#error('BACKPRESSURE', 'too much is held back already', 'no'));
      return;
    }
    if (kind === 'hang') out.stall();
    out.push({ carried, fate }, bytes, delayMs);
    this.#tidy(carried);
  }

  abandon(outgoing: Outgoing): void {
    const carried = outgoing.exchange;
    if (!(carried instanceof Carried)) {
      this.#inner.abandon(outgoing);
      return;
    }
    for (const held of this.#shared.out.items()) {
      if (held.carried === carried) this.#shared.out.remove(held);
    }
    this.#inner.abandon(carried);
    this.#forget(carried);
  }

  listen(headers: Readonly<Record<string, string>>): void {
    this.#inner.listen?.(headers);
  }

  async close(headers?: Readonly<Record<string, string>>): Promise<void> {
    if (this.#phase !== 'ended') this.#phase = 'closing';
    this.#opening.abort(this.#closedError('no'));
    for (const { out, in: inbound } of this.#allLanes()) {
      out.flush();
      inbound.flush();
    }
    this.#settleHeld((delivered) => this.#closedError(delivered));
    await this.#inner.close(headers);
    await this.closed;
  }

  destroy(): void {
    if (this.#phase !== 'ended') this.#phase = 'closing';
    this.#opening.abort(this.#closedError('no'));
    this.#settleHeld((delivered) => this.#closedError(delivered));
    this.#inner.destroy();
  }

  diagnostics(): TransportDiagnostics {
    return this.#inner.diagnostics();
  }

  carriedFailed(carried: Carried, error: SignalboxError): void {
    this.#forget(carried);
    carried.original.failed(this.#lost === undefined ? error : this.#lostError(error.delivered));
  }

  // --- opening ----------------------------------------------------------------------------------------------------

  async #hinderOpening(): Promise<void> {
    const { delayMs, kind } = this.#faults.draw('open');
    if (delayMs > 0) await sleep(this.#clock, delayMs, this.#opening.signal);
    if (kind === 'hang') await this.#hang();
    if (kind === 'reset') throw this.#error('CONNECT_FAILED', 'the connection was reset (injected)', 'no');
  }

  async #hang(): Promise<void> {
    const { signal } = this.#opening;
    await new Promise<void>((resolve, reject) => {
      const release = onAbort(signal, () => reject(abortError(signal, this.#server)));
      this.#goOn = () => {
        release();
        resolve();
      };
    });
  }

  // --- outward ----------------------------------------------------------------------------------------------------

  #leave({ carried, fate }: HeldOut): void {
    if (carried.settled) return;
    switch (fate) {
      case 'drop':
        carried.flushed();
        this.#waits(carried);
        return;
      case 'reset':
        // As with a socket: it was handed over, and nobody here knows how far it came.
        carried.flushed();
        this.#reset(carried);
        return;
      case 'send':
      case 'send-twice':
        this.#inner.send(carried);
        if (fate === 'send-twice') this.#inner.send(new CarriedCopy(carried));
        return;
    }
  }

  // --- inward -----------------------------------------------------------------------------------------------------

  #inward(receiver: TransportReceiver): TransportReceiver {
    return {
      message: (text, exchange, httpStatus) => this.#arrived(text, exchange, httpStatus),
      sessionLost: (error) => receiver.sessionLost?.(error),
      told: (type, data) => receiver.told?.(type, data),
      noise: (kind, sample) => receiver.noise(kind, sample),
    };
  }

  #arrived(text: string, exchange: Outgoing | undefined, httpStatus: number | undefined): void {
    if (exchange instanceof CarriedCopy) {
      // Its sender has one stream, which is that of the first copy.
      if (isAnswer(text)) exchange.settled = true;
      return;
    }
    const carried = exchange instanceof Carried ? exchange : undefined;
    const { delayMs, kind } = this.#phase === 'open' ? this.#faults.draw('in') : NO_FAULT;
    if (kind === 'reset') {
      this.#reset(carried);
      return;
    }
    if (kind === 'drop') {
      if (carried !== undefined && isAnswer(text)) this.#waits(carried);
      return;
    }
    const held: HeldIn = {
      text: this.#spoilt(text, kind),
      carried,
      exchange: carried?.original ?? exchange,
      httpStatus,
      copies: kind === 'duplicate' ? 2 : 1,
      wasHeld: false,
    };
    const lanes = this.#lanesFor(carried);
    if (kind === 'hang') lanes.in.stall();
    lanes.in.push(held, Buffer.byteLength(text), delayMs);
    if (lanes.in.items().includes(held)) this.#heldBack(held, lanes);
    else this.#tidy(carried);
  }

  /** The transport inside takes an answer that is held back for delivered; its sender still waits. */
  #heldBack(held: HeldIn, lanes: StreamLanes): void {
    if (held.carried !== undefined && isAnswer(held.text)) {
      held.wasHeld = true;
      this.#waits(held.carried);
    }
    if (lanes.in.bytes > MAX_HELD_BYTES) this.#lose('too much was held back');
  }

  #arrive({ text, carried, exchange, httpStatus, copies, wasHeld }: HeldIn): void {
    for (let copy = 0; copy < copies; copy++) this.#receiver?.message(text, exchange, httpStatus);
    if (!wasHeld || carried === undefined) return;
    this.#forget(carried);
    // What the transport inside would have said, had it seen that nobody took the answer.
    const message = 'the answer does not match the request';
    carried.original.failed(this.#error('BAD_RESPONSE', message, 'unknown'));
  }

  // --- endings ----------------------------------------------------------------------------------------------------

  #reset(carried: Carried | undefined): void {
    if (!this.streamPerRequest) {
      this.#lose('the connection was reset (injected)');
      return;
    }
    if (carried === undefined) return; // nobody's stream: the message is lost
    carried.isOver = true;
    this.#inner.abandon(carried);
    this.#forget(carried);
    carried.original.failed(this.#error('CONNECTION_LOST', 'the stream was reset (injected)', 'unknown'));
  }

  #lose(what: string): void {
    if (this.#lost !== undefined || this.#phase === 'ended') return;
    this.#lost = this.#error('CONNECTION_LOST', what, 'unknown');
    this.#settleHeld((delivered) => this.#lostError(delivered));
    this.#inner.destroy();
  }

  #ended(reason: CloseReason): void {
    // What had arrived before the end counts; what hangs never arrives.
    if (reason.kind !== 'local') for (const { in: inbound } of this.#allLanes()) inbound.flush();
    this.#phase = 'ended';
    const gone = this.#lost ?? (reason.kind === 'local' ? undefined : reason.error);
    this.#settleHeld((delivered) =>
      gone === undefined
        ? this.#closedError(delivered)
        : this.#error('CONNECTION_LOST', 'the connection ended before the answer', delivered, gone),
    );
    this.#opening.abort(gone ?? this.#closedError('no'));
    this.#stopListening();
    this.#closed.resolve(this.#lost === undefined ? reason : { kind: 'lost', error: this.#lost });
  }

  /** Empties all lanes and tells whoever waits for what was in them. */
  #settleHeld(errorFor: (delivered: Delivery) => SignalboxError): void {
    for (const lanes of this.#allLanes()) {
      for (const { carried } of lanes.out.clear()) carried.original.failed(errorFor('no'));
      lanes.in.clear();
    }
    const unanswered = [...this.#unanswered];
    this.#unanswered.clear();
    this.#own.clear();
    for (const { original } of unanswered) original.failed(errorFor('unknown'));
  }

  // --- bookkeeping ------------------------------------------------------------------------------------------------

  #lanes(): StreamLanes {
    return new StreamLanes(
      this.#clock,
      (held) => this.#leave(held),
      (held) => this.#arrive(held),
    );
  }

  #lanesFor(carried: Carried | undefined): StreamLanes {
    if (carried === undefined || !this.streamPerRequest) return this.#shared;
    let lanes = this.#own.get(carried);
    if (lanes === undefined) {
      lanes = this.#lanes();
      this.#own.set(carried, lanes);
    }
    return lanes;
  }

  #allLanes(): StreamLanes[] {
    return [this.#shared, ...this.#own.values()];
  }

  #release(): void {
    for (const lanes of this.#allLanes()) lanes.resume();
    this.#goOn?.();
    this.#goOn = undefined;
  }

  /** From here on only the end of the connection, or of its sender's patience, settles it. */
  #waits(carried: Carried): void {
    carried.isOver = true;
    if (carried.expectsAnswer && !carried.original.settled) this.#unanswered.add(carried);
  }

  /** Lanes that hold nothing need not be kept: the next message makes new ones. */
  #tidy(carried: Carried | undefined): void {
    if (carried !== undefined && this.#own.get(carried)?.isIdle === true) this.#own.delete(carried);
  }

  #forget(carried: Carried): void {
    this.#unanswered.delete(carried);
    const lanes = this.#own.get(carried);
    this.#own.delete(carried);
    lanes?.out.clear();
    lanes?.in.clear();
    if (carried.original.exchange === carried) carried.original.exchange = undefined;
  }

  #spoilt(text: string, kind: string | undefined): string {
    if (kind === 'truncate') return halved(text);
    return kind === 'corrupt' ? corrupted(text, this.#faults.pick(text.length)) : text;
  }

  #closedError(delivered: Delivery): SignalboxError {
    return this.#error('CONNECTION_CLOSED', 'the connection was closed on our side', delivered);
  }

  #lostError(delivered: Delivery): SignalboxError {
    return this.#error('CONNECTION_LOST', 'the connection was reset (injected)', delivered, this.#lost);
  }

  #error(
    code: 'CONNECTION_LOST' | 'CONNECTION_CLOSED' | 'CONNECT_FAILED' | 'BACKPRESSURE' | 'BAD_RESPONSE',
    message: string,
    delivered: Delivery,
    cause?: SignalboxError,
  ): SignalboxError {
    return new SignalboxError(code, message, { server: this.#server, delivered, cause });
  }

  /** The phase can change across an `await`, which the compiler does not see. */
  #phaseIs(phase: Phase): boolean {
    return this.#phase === phase;
  }
}

const NO_FAULT = { delayMs: 0, kind: undefined } as const;

/** True for what settles a request: a message without method. What is no JSON settles it as well. */
function isAnswer(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return !isObject(value) || !Object.hasOwn(value, 'method');
  } catch {
    return true;
  }
}
