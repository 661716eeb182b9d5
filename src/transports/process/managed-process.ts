import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import spawn from 'cross-spawn';
import type { ResolvedSandbox } from '../../config/sandbox.ts';
import { type Deferred, deferred } from '../../core/deferred.ts';
import { ByteRing } from '../../wire/byte-ring.ts';
import type { StopTimes, TransportContext } from '../transport-context.ts';
import { clearLeftovers } from './leftovers/clear-leftovers.ts';
import { trackGroup, untrackGroup } from './live-processes.ts';
import { checkCommand, type ProcessCommand } from './process-command.ts';
import { HAS_PROCESS_GROUPS, ProcessGroup, type StopSignal } from './process-group.ts';
import { sandboxCommand } from './sandbox/sandbox-command.ts';
import { sandboxHint } from './sandbox/sandbox-hint.ts';
import { spawnError } from './spawn-error.ts';
import { StagedStop, type StopOutcome, type StopTarget } from './staged-stop.ts';
import { processRow } from './tree/process-table.ts';

/** How a process ended: one of the two is null. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What is started, and how it is stopped. */
export interface ManagedProcessOptions extends ProcessCommand {
  /** Default: none, the server may do what this user may. */
  readonly sandbox?: ResolvedSandbox | undefined;
  readonly stop: StopTimes;
}

/** What a process asks of the transport that has started it. */
export type ProcessContext = Omit<TransportContext, 'random'>;

/** Who wants to know at once when a process has exited. */
export interface ProcessWatcher {
  processExited(): void;
}

/** How long output may still arrive after the exit, in ms: what lies in the pipe needs one turn of the loop. */
const DRAIN_MS = 50;

/**
 * A child process with its own process group, three pipes and a staged stop. However it ends, its group is cleaned
 * up: nobody has to ask for that.
 */
export class ManagedProcess implements StopTarget {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #context: ProcessContext;
  readonly #sandbox: ResolvedSandbox | undefined;
  readonly #stopTimes: StopTimes;
  readonly #group: ProcessGroup;
  #stderrRing: ByteRing | undefined;
  /** Made when it is to end, or has ended: an idle server is not stopped. */
  #stop: StagedStop | undefined;
  #status: ExitStatus | undefined;
  #exited: Deferred<ExitStatus> | undefined;
  #watcher: ProcessWatcher | undefined;

  /** Starts a process; rejects with SPAWN_FAILED or INVALID_ARGUMENT and leaves nothing behind. */
  static async start(options: ManagedProcessOptions, context: ProcessContext): Promise<ManagedProcess> {
    const { server, clock, logger } = context;
    const { sandbox, stop } = options;
    checkCommand(server, options);
    const command = sandbox === undefined ? options : sandboxCommand(server, options, sandbox);
    await clearLeftovers({ stop, clock, logger });
    let child: ChildProcess;
    try {
      child = spawn(command.command, command.args, {
        cwd: command.cwd,
        env: command.env,
        // Three pipes and nothing else: no descriptor above 2 is inherited (S25).
        stdio: ['pipe', 'pipe', 'pipe'],
        shell: false,
        detached: HAS_PROCESS_GROUPS,
        windowsHide: true,
      });
    } catch (error) {
      throw spawnError(error, { ...options, server });
    }
    // With a pid it runs already, and is watched from this very turn on; without one, an error event follows.
    if (child.pid !== undefined) return new ManagedProcess(child, child.pid, options, context);
    const error: unknown = await new Promise((resolve) => child.once('error', resolve));
    throw spawnError(error, { ...options, server });
  }

  /** @internal use {@link ManagedProcess.start} */
  constructor(child: ChildProcess, pid: number, options: ManagedProcessOptions, context: ProcessContext) {
    const { sandbox } = options;
    this.pid = pid;
    this.stdin = child.stdin!;
    this.stdout = child.stdout!;
    this.stderr = child.stderr!;
    this.#context = context;
    this.#sandbox = sandbox;
    this.#stopTimes = options.stop;
    const startedAt = processRow(pid)?.startedAt;
    this.#group = new ProcessGroup(child, { pid, startedAt, isSandbox: sandbox !== undefined });
    trackGroup(this.#group, options, context.logger);
    if (context.tally !== undefined) context.tally.processStarts++;
    // A broken pipe is news for whoever writes or reads, never an uncaught exception (F-013).
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.on('error', ignore);
    this.#listen(child);
  }

  get hasExited(): boolean {
    return this.#status !== undefined;
  }

  /**
   * Resolves when the process itself has exited. Its streams may stay open: a grandchild that inherited them would
   * hold them, which is why `close` is of no use here (F-008).
   */
  get exited(): Promise<ExitStatus> {
    if (this.#exited === undefined) {
      this.#exited = deferred();
      if (this.#status !== undefined) this.#exited.resolve(this.#status);
    }
    return this.#exited.promise;
  }

  /** Resolves when the process and its group are gone, or were given up. */
  get gone(): Promise<StopOutcome> {
    return this.#staged.done;
  }

  /** Tells from now on, and before anybody who waits for {@link exited}, that the process has exited. */
  watchedBy(watcher: ProcessWatcher): void {
    this.#watcher = watcher;
    if (this.hasExited) watcher.processExited();
  }

  /** stdin end, SIGTERM, SIGKILL; a further call goes on to the next stage at once. */
  stop(): Promise<StopOutcome> {
    return this.#staged.stop();
  }

  /** SIGKILL to the whole group, now. */
  kill(): Promise<StopOutcome> {
    return this.#staged.kill();
  }

  /** The last `count` lines of stderr that are not blank; not sanitised. */
  stderrTail(count: number = 20): string[] {
    return this.#stderrRing?.lastLines(count) ?? [];
  }

  /** What in the sandbox may have ended it, going by these last words; empty without a sandbox. */
  hint(stderr: readonly string[]): string {
    return sandboxHint(this.#sandbox, stderr);
  }

  /** After the exit: lets what lies in the pipes arrive (F-007), then closes them, whoever else holds them (F-008). */
  async releaseStreams(): Promise<void> {
    const ended = Promise.all([streamClosed(this.stdout), streamClosed(this.stderr)]);
    const timeUp = deferred<void>();
    const timer = this.#context.clock.setTimeout(() => {
      // A timer that comes late, after a blocked loop, comes before the data: one more turn reads them.
      setImmediate(() => timeUp.resolve());
    }, DRAIN_MS);
    await Promise.race([ended, timeUp.promise]);
    timer.cancel();
    this.destroyStreams();
  }

  /** Closes our ends of the pipes at once. */
  destroyStreams(): void {
    this.stdin.destroy();
    this.stdout.destroy();
    this.stderr.destroy();
  }

  // --- how it ends ------------------------------------------------------------------------------------------------

  /** @internal */
  endInput(): void {
    // F-009: once the server has exited, nobody knows any more who descends from it.
    this.#group.noteTree();
    this.stdin.end();
  }

  /** @internal */
  signal(signal: StopSignal): void {
    this.#group.signal(signal);
  }

  /** @internal */
  isGone(): boolean {
    return this.#group.isGone;
  }

  get #staged(): StagedStop {
    if (this.#stop === undefined) {
      this.#stop = new StagedStop(this, this.#stopTimes, this.#context.clock);
      void this.#stop.done.then((outcome) => this.#stopped(outcome));
    }
    return this.#stop;
  }

  #stopped(outcome: StopOutcome): void {
    untrackGroup(this.#group, outcome);
    if (outcome !== 'given-up') return;
    const { server, logger } = this.#context;
    logger.error('processes of the server survived SIGKILL', { server, pid: this.pid });
  }

  /** Apart from the constructor: what its functions can see lives as long as the process, and they see `this` only. */
  #listen(child: ChildProcess): void {
    // Always read, or a server that logs much would stand still (F-022).
    this.stderr.on('data', (chunk: Buffer) => this.#onStderr(chunk));
    this.stderr.on('close', () => this.#context.stderr?.ended());
    child.on('exit', (code, signal) => this.#onExit({ code, signal }));
    // On Windows, cross-spawn tells of an unknown command by an error in place of the exit.
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') this.#onExit({ code: 1, signal: null });
    });
  }

  #onStderr(chunk: Buffer): void {
    const { limits, stderr } = this.#context;
    this.#stderrRing ??= new ByteRing(limits.stderrBytes);
    this.#stderrRing.push(chunk);
    stderr?.push(chunk);
  }

  #onExit(status: ExitStatus): void {
    if (this.#status !== undefined) return;
    this.#status = status;
    this.#group.leaderExited();
    this.#watcher?.processExited();
    this.#exited?.resolve(status);
    this.#staged.leaderExited();
  }
}

function ignore(): void {}

function streamClosed(stream: Readable): Promise<void> {
  if (stream.closed) return Promise.resolve();
  return new Promise((resolve) => void stream.once('close', resolve));
}
