import { abortError, onAbort, throwIfAborted } from '../core/abort.ts';
import { deferred } from '../core/deferred.ts';
import { SignalboxError } from '../core/errors.ts';
import { exitError } from './process/exit-error.ts';
import { type LaunchedProcess, type LaunchOptions, launchProcess } from './process/launch-process.ts';
import type {
  CloseReason,
  Outgoing,
  Transport,
  TransportDiagnostics,
  TransportReceiver,
} from './transport.ts';
import type { TransportContext } from './transport-context.ts';
import { END, TransportEnd } from './transport-end.ts';

export { fillPort } from './process/free-port.ts';

/** A server that Signalbox starts itself and then reaches through its address. */
export interface LaunchedTransportOptions extends LaunchOptions {
  /** Kind of the transport inside, for the time before it exists. */
  readonly kind: string;
  /** {@link Transport.streamPerRequest} of the transport inside, for the time before it exists. */
  readonly streamPerRequest: boolean;
  /** Makes the transport to the server that is ready now. */
  readonly createInner: (port: number | undefined) => Transport;
}

/** How long the exit may stay behind the end of a connection until the two are taken for different faults, in ms. */
const EXIT_GRACE_MS = 50;

type Phase = 'new' | 'opening' | 'open' | 'closing' | 'ended';

/** Puts the life of a process around another transport: the process comes first and goes last. */
export class LaunchedTransport implements Transport {
  readonly #options: LaunchedTransportOptions;
  readonly #context: TransportContext;
  readonly [END] = new TransportEnd();
  /** Ends an `open` that is under way. */
  readonly #opening = new AbortController();
  #phase: Phase = 'new';
  #launched: LaunchedProcess | undefined;
  #inner: Transport | undefined;
  #isCleaningUp = false;
  #closeCalls = 0;

  constructor(options: LaunchedTransportOptions, context: TransportContext) {
    this.#options = options;
    this.#context = context;
  }

  get kind(): string {
    return this.#inner?.kind ?? this.#options.kind;
  }

  get streamPerRequest(): boolean {
    return this.#inner?.streamPerRequest ?? this.#options.streamPerRequest;
  }

  /** Known as soon as the transport inside exists: before anybody can ask what its server speaks. */
  get onlyEra(): 'legacy' | undefined {
    return this.#inner?.onlyEra;
  }

  get closed(): Promise<CloseReason> {
    return this[END].promise;
  }

  async open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
    if (this.#phase !== 'new') throw this.#closedError();
    this.#phase = 'opening';
    const { server } = this.#context;
    const release = onAbort(signal, () => this.#opening.abort(abortError(signal, server)));
    try {
      throwIfAborted(signal, server);
      this.#launched = await launchProcess(this.#options, this.#context, this.#opening.signal);
      await this.#openInner(this.#launched, receiver);
    } catch (error) {
      const wasClosed = this.#phaseIs('closing');
      this.#inner?.destroy();
      await this.#launched?.process.kill();
      this.#launched?.process.destroyStreams();
      this.#end(wasClosed ? { kind: 'local' } : { kind: 'lost', error: error as SignalboxError });
      throw error;
    } finally {
      release();
    }
    this.#phase = 'open';
  }

  send(outgoing: Outgoing): void {
    if (this.#phase === 'open') this.#inner!.send(outgoing);
    else outgoing.failed(this.#closedError());
  }

  abandon(outgoing: Outgoing): void {
    this.#inner?.abandon(outgoing);
  }

  listen(headers: Readonly<Record<string, string>>): void {
    if (this.#phase === 'open') this.#inner!.listen?.(headers);
  }

  async close(headers?: Readonly<Record<string, string>>): Promise<void> {
    const child = this.#launched?.process;
    if (this.#closeUnopened() || child === undefined) {
      await this.closed;
      return;
    }
    if (this.#phase !== 'ended') this.#phase = 'closing';
    if (this.#closeCalls++ > 0) {
      // F-011: asked again, nobody has the patience for a good end.
      this.#inner!.destroy();
      await child.stop();
    } else {
      await this.#inner!.close(headers);
      await (this.#isCleaningUp || child.hasExited ? child.gone : child.stop());
    }
    child.destroyStreams();
    this.#end({ kind: 'local' });
  }

  destroy(): void {
    const child = this.#launched?.process;
    if (this.#closeUnopened() || child === undefined) return;
    if (this.#phase !== 'ended') this.#phase = 'closing';
    this.#inner!.destroy();
    const killed = child.kill();
    child.destroyStreams();
    void Promise.all([killed, this.#inner!.closed]).then(() => this.#end({ kind: 'local' }));
  }

  diagnostics(): TransportDiagnostics {
    const launched = this.#launched;
    const inner = this.#inner?.diagnostics() ?? {};
    if (launched === undefined) return inner;
    return { ...inner, pid: launched.process.pid, stderrTail: launched.tail().join('\n') };
  }

  async #openInner(launched: LaunchedProcess, receiver: TransportReceiver): Promise<void> {
    const { process, port, tail } = launched;
    const { server } = this.#context;
    void process.exited.then(async (status) => {
      await process.releaseStreams();
      // Dead before the transport inside was open: that is a failed launch.
      const failure = (code: 'LAUNCH_FAILED' | 'CONNECTION_LOST'): SignalboxError =>
        exitError(code, server, status, tail(), process.hint(tail()));
      if (this.#phaseIs('opening')) this.#opening.abort(failure('LAUNCH_FAILED'));
      if (!this.#phaseIs('open')) return;
      const error = failure('CONNECTION_LOST');
      this.#end({ kind: 'exit', error, exitCode: status.code, signal: status.signal });
      // After `closed` has told the cause: the transport inside only knows that its connections broke.
      setImmediate(() => this.#inner!.destroy());
    });
    throwIfAborted(this.#opening.signal, server);
    const inner = this.#options.createInner(port);
    this.#inner = inner;
    void inner.closed.then((reason) => this.#innerClosed(reason));
    await inner.open(receiver, this.#opening.signal);
    throwIfAborted(this.#opening.signal, server);
  }

  /** The connection ended by itself. If that is because the process exits, the exit is the better news. */
  async #innerClosed(reason: CloseReason): Promise<void> {
    if (this.#phase !== 'open') return;
    const child = this.#launched!.process;
    const timeUp = deferred<void>();
    const timer = this.#context.clock.setTimeout(() => timeUp.resolve(), EXIT_GRACE_MS);
    await Promise.race([child.exited, timeUp.promise]);
    timer.cancel();
    if (child.hasExited || !this.#phaseIs('open')) return;
    this.#isCleaningUp = true;
    void child.stop().then(() => child.destroyStreams());
    this.#end(reason);
  }

  /** Closed before it was open. True if there is nothing more to do than to wait for `closed`. */
  #closeUnopened(): boolean {
    if (this.#phase === 'new') this.#end({ kind: 'local' });
    if (this.#phase === 'opening') {
      this.#phase = 'closing';
      this.#opening.abort(this.#closedError());
      return true;
    }
    return this.#launched === undefined || this.#inner === undefined;
  }

  #end(reason: CloseReason): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this[END].resolve(reason);
  }

  #closedError(): SignalboxError {
    return new SignalboxError('CONNECTION_CLOSED', 'the connection is closed; connect again to use it', {
      server: this.#context.server,
    });
  }

  /** The phase can change across an `await`, which the compiler does not see. */
  #phaseIs(phase: Phase): boolean {
    return this.#phase === phase;
  }
}
