import type { ResolvedSandbox } from '../../config/sandbox.ts';
import { abortError, throwIfAborted } from '../../core/abort.ts';
import { deferred } from '../../core/deferred.ts';
import { SignalboxError } from '../../core/errors.ts';
import { warnOfCodeLoading } from '../process/code-loading.ts';
import { childEnvironment, type Environment } from '../process/environment.ts';
import { exitError } from '../process/exit-error.ts';
import { ManagedProcess, type ProcessWatcher } from '../process/managed-process.ts';
import type {
  CloseReason,
  Outgoing,
  Transport,
  TransportDiagnostics,
  TransportReceiver,
} from '../transport.ts';
import type { StopTimes, TransportContext } from '../transport-context.ts';
import { END, TransportEnd } from '../transport-end.ts';
import { InboundLines, type InboundLinesOwner, type StdioFraming } from './inbound-lines.ts';
import { readFairly } from './read-fairly.ts';
import { SendQueue, type SendQueueOwner } from './send-queue.ts';

/** How a server is started that speaks over its stdin and stdout. */
export interface StdioTransportOptions {
  /** Program: a path, or a name that is looked up in PATH. Never read by a shell. */
  readonly command: string;
  /** Default: none. */
  readonly args?: readonly string[] | undefined;
  /** Variables of the server, beside the few that every child gets ({@link childEnvironment}). Default: none. */
  readonly env?: Environment | undefined;
  /** Names of further variables that are taken over from this process. Default: none. */
  readonly inheritEnv?: readonly string[] | undefined;
  /** Working directory. Default: the one of this process. */
  readonly cwd?: string | undefined;
  /** Default: none. */
  readonly sandbox?: ResolvedSandbox | undefined;
  readonly stop: StopTimes;
  /** Default `strict`. */
  readonly framing?: StdioFraming | undefined;
}

/** How long the exit may stay behind the end of a stream until the two are taken for different faults, in ms. */
const EXIT_GRACE_MS = 50;

type Phase = 'new' | 'opening' | 'open' | 'closing' | 'ended';

/**
 * A server as a child process: one JSON-RPC message a line on stdin and stdout.
 *
 * `flushed` is told when the bytes are handed to the pipe: the server may have read them from then on. `failed` may be told during `send`.
 */
export class StdioTransport implements Transport, ProcessWatcher, InboundLinesOwner, SendQueueOwner {
  readonly kind = 'stdio';
  readonly streamPerRequest = false;
  readonly #options: StdioTransportOptions;
  readonly context: TransportContext;
  readonly [END] = new TransportEnd();
  #phase: Phase = 'new';
  #process: ManagedProcess | undefined;
  #queue: SendQueue | undefined;
  #inbound: InboundLines | undefined;
  /** Settles when all that the process wrote before its exit has been delivered. */
  #drained: Promise<void> | undefined;
  #isCleaningUp = false;
  #closeCalls = 0;

  constructor(options: StdioTransportOptions, context: TransportContext) {
    this.#options = options;
    this.context = context;
  }

  get closed(): Promise<CloseReason> {
    return this[END].promise;
  }

  async open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
    const { server } = this.context;
    if (this.#phase !== 'new') throw this.#closedError();
    this.#phase = 'opening';
    try {
      throwIfAborted(signal, server);
      this.#attach(await this.#start(), receiver);
    } catch (error) {
      this.#end({ kind: 'lost', error: error as SignalboxError });
      throw error;
    }
    if (this.#phaseIs('opening') && !signal.aborted) {
      this.#phase = 'open';
      return;
    }
    // F-011: closed or aborted while the process was started.
    this.destroy();
    await this.closed;
    throw signal.aborted ? abortError(signal, server) : this.#closedError();
  }

  send(outgoing: Outgoing): void {
    if (this.#phase === 'open') this.#queue!.push(outgoing);
    else outgoing.failed(this.#closedError());
  }

  abandon(_outgoing: Outgoing): void {
    // All messages share one stream. What still waits in the queue is left out there, being settled.
  }

  async close(): Promise<void> {
    const child = this.#process;
    if (child === undefined) {
      this.#closeUnstarted();
      await this.closed;
      return;
    }
    if (this.#phase === 'open') {
      this.#phase = 'closing';
      this.#queue!.flushAll();
    }
    // F-011: asked again, it goes on to the next stage. A clean-up that began by itself was not asked for yet.
    const isUnderWay = this.#isCleaningUp || child.hasExited;
    await (this.#closeCalls++ === 0 && isUnderWay ? child.gone : child.stop());
    await this.#finishLocally(child);
  }

  destroy(): void {
    const child = this.#process;
    if (child === undefined) {
      this.#closeUnstarted();
      return;
    }
    if (this.#phase !== 'ended') this.#phase = 'closing';
    this.#inbound!.stop();
    // First the kill, which looks who is to be killed: the end of its stdin can end the server at once (F-009).
    const killed = child.kill();
    child.destroyStreams();
    void killed.then(() => this.#finishLocally(child));
  }

  diagnostics(): TransportDiagnostics {
    const child = this.#process;
    return child === undefined ? {} : { pid: child.pid, stderrTail: child.stderrTail().join('\n') };
  }

  get framing(): StdioFraming {
    return this.#options.framing ?? 'strict';
  }

  /** @internal F-007: what the server wrote before it died still counts. */
  processExited(): void {
    this.#drained = this.#drain(this.#process!);
  }

  /** @internal */
  inputBroken(cause: Error): void {
    void this.#streamEnded(this.#process!, 'the server closed its input', cause);
  }

  /** @internal */
  linesUnusable(error: SignalboxError): void {
    this.#lose(this.#process!, error, 'kill');
  }

  async #start(): Promise<ManagedProcess> {
    const { server, logger } = this.context;
    const { command, args = [], env = {}, inheritEnv = [], cwd, sandbox, stop } = this.#options;
    warnOfCodeLoading(logger, server, env);
    return ManagedProcess.start(
      { command, args, env: childEnvironment(process.env, env, inheritEnv), cwd, sandbox, stop },
      this.context,
    );
  }

  #attach(child: ManagedProcess, receiver: TransportReceiver): void {
    this.#process = child;
    this.#queue = new SendQueue(child.stdin, this);
    this.#inbound = new InboundLines(this, receiver);
    readFairly(child.stdout, this.#inbound);
    // `close` follows the end as well as an error of the stream.
    child.stdout.on('close', () => this.#outputClosed());
    child.watchedBy(this);
  }

  #outputClosed(): void {
    this.#inbound!.end();
    void this.#streamEnded(this.#process!, 'the server closed its output');
  }

  async #drain(child: ManagedProcess): Promise<void> {
    await child.releaseStreams();
    this.#inbound!.end();
    void this.#exited(child);
  }

  async #exited(child: ManagedProcess): Promise<void> {
    // While closing, the exit is what we asked for, and it is over when the whole group is gone.
    if (this.#phase !== 'open' && this.#phase !== 'opening') return;
    const status = await child.exited;
    const tail = child.stderrTail();
    const error = exitError('CONNECTION_LOST', this.context.server, status, tail, child.hint(tail));
    this.#end({ kind: 'exit', error, exitCode: status.code, signal: status.signal });
  }

  /** F-012, F-013: a stream has ended. If that is because the process exits, the exit is the better news. */
  async #streamEnded(child: ManagedProcess, what: string, cause?: Error): Promise<void> {
    const timeUp = deferred<void>();
    const timer = this.context.clock.setTimeout(() => timeUp.resolve(), EXIT_GRACE_MS);
    await Promise.race([child.exited, timeUp.promise]);
    timer.cancel();
    if (child.hasExited || this.#phase !== 'open') return;
    const error = new SignalboxError('CONNECTION_LOST', `${what} while its process ran on; it is stopped`, {
      server: this.context.server,
      delivered: 'unknown',
      cause,
    });
    this.#lose(child, error, 'stop');
  }

  /** Calls fail now; the process is seen to in the background, and `close` waits for it. */
  #lose(child: ManagedProcess, error: SignalboxError, how: 'stop' | 'kill'): void {
    this.#inbound!.stop();
    this.#isCleaningUp = true;
    void (how === 'kill' ? child.kill() : child.stop());
    if (this.#phase !== 'closing') this.#end({ kind: 'lost', error });
  }

  #closeUnstarted(): void {
    // A process that is being started right now is stopped by `open`, which sees the phase.
    if (this.#phase === 'opening') this.#phase = 'closing';
    else if (this.#phase === 'new') this.#end({ kind: 'local' });
  }

  async #finishLocally(child: ManagedProcess): Promise<void> {
    // Without an exit it was given up: then there is nothing to wait for.
    if (child.hasExited) await this.#drained;
    child.destroyStreams();
    this.#end({ kind: 'local' });
  }

  #end(reason: CloseReason): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#queue?.fail((delivered) =>
      reason.kind === 'local'
        ? this.#closedError(delivered)
        : new SignalboxError('CONNECTION_LOST', 'the connection ended before the message had left', {
            server: this.context.server,
            delivered,
            cause: reason.error,
            details: reason.error.details,
          }),
    );
    this[END].resolve(reason);
  }

  #closedError(delivered: 'no' | 'unknown' | 'yes' = 'no'): SignalboxError {
    return new SignalboxError('CONNECTION_CLOSED', 'the connection is closed; connect again to use it', {
      server: this.context.server,
      delivered,
    });
  }

  /** The phase can change across an `await`, which the compiler does not see. */
  #phaseIs(phase: Phase): boolean {
    return this.#phase === phase;
  }
}
