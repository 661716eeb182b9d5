import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import spawn from 'cross-spawn';
import type { ResolvedSandbox } from '../../config/sandbox.ts';
import type { Clock } from '../../core/clock.ts';
import { deferred } from '../../core/deferred.ts';
import type { Logger } from '../../core/log.ts';
import { ByteRing } from '../../wire/byte-ring.ts';
import type { StopTimes } from '../transport-context.ts';
import type { TransportTally } from '../transport-tally.ts';
import { clearLeftovers } from './leftovers/clear-leftovers.ts';
import { trackGroup, untrackGroup } from './live-processes.ts';
import { checkCommand, type ProcessCommand } from './process-command.ts';
import { HAS_PROCESS_GROUPS, ProcessGroup } from './process-group.ts';
import { sandboxCommand } from './sandbox/sandbox-command.ts';
import { sandboxHint } from './sandbox/sandbox-hint.ts';
import { spawnError } from './spawn-error.ts';
import { StagedStop, type StopOutcome } from './staged-stop.ts';
import type { StderrLog } from './stderr-log.ts';
import { processRow } from './tree/process-table.ts';

/** How a process ended: one of the two is null. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What {@link ManagedProcess.start} needs beside the command. */
export interface ManagedProcessOptions extends ProcessCommand {
  /** Name of the server, for errors and logs. */
  readonly server: string;
  /** Default: none, the server may do what this user may. */
  readonly sandbox?: ResolvedSandbox | undefined;
  readonly stop: StopTimes;
  /** How much of stderr is kept, in bytes. */
  readonly stderrBytes: number;
  /** Takes in what this process writes to stderr, and what others of the server wrote. */
  readonly stderrLog?: StderrLog | undefined;
  readonly tally?: TransportTally | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long output may still arrive after the exit, in ms: what lies in the pipe needs one turn of the loop. */
const DRAIN_MS = 50;

/**
 * A child process with its own process group, three pipes and a staged stop. However it ends, its group is cleaned
 * up: nobody has to ask for that.
 */
export class ManagedProcess {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * Resolves when the process itself has exited. Its streams may stay open: a grandchild that inherited them would
   * hold them, which is why `close` is of no use here (F-008).
   */
  readonly exited: Promise<ExitStatus>;
  readonly #stderrRing: ByteRing;
  readonly #stop: StagedStop;
  readonly #clock: Clock;
  readonly #sandbox: ResolvedSandbox | undefined;
  #hasExited = false;

  /** Starts a process; rejects with SPAWN_FAILED or INVALID_ARGUMENT and leaves nothing behind. */
  static async start(options: ManagedProcessOptions): Promise<ManagedProcess> {
    checkCommand(options.server, options);
    const { sandbox } = options;
    const command = sandbox === undefined ? options : sandboxCommand(options.server, options, sandbox);
    await clearLeftovers(options);
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
      throw spawnError(error, options);
    }
    // With a pid it runs already, and is watched from this very turn on; without one, an error event follows.
    if (child.pid !== undefined) return new ManagedProcess(child, child.pid, options);
    throw spawnError(await new Promise((resolve) => child.once('error', resolve)), options);
  }

  /** @internal use {@link ManagedProcess.start} */
  constructor(child: ChildProcess, pid: number, options: ManagedProcessOptions) {
    this.pid = pid;
    this.stdin = child.stdin!;
    this.stdout = child.stdout!;
    this.stderr = child.stderr!;
    this.#clock = options.clock;
    this.#stderrRing = new ByteRing(options.stderrBytes);
    this.#sandbox = options.sandbox;
    const startedAt = processRow(pid)?.startedAt;
    const group = new ProcessGroup(child, { pid, startedAt, isSandbox: options.sandbox !== undefined });
    trackGroup(group, options, options.logger);
    this.#stop = new StagedStop(
      {
        endInput: () => {
          // F-009: once the server has exited, nobody knows any more who descends from it.
          group.noteTree();
          this.stdin.end();
        },
        signal: (signal) => group.signal(signal),
        isGone: () => group.isGone,
      },
      options.stop,
      options.clock,
    );
    void this.#stop.done.then((outcome) => {
      untrackGroup(group, outcome);
      if (outcome === 'given-up') {
        options.logger.error('processes of the server survived SIGKILL', {
          server: options.server,
          pid: this.pid,
        });
      }
    });
    // Always read, or a server that logs much would stand still (F-022).
    this.stderr.on('data', (chunk: Buffer) => {
      this.#stderrRing.push(chunk);
      options.stderrLog?.push(chunk);
    });
    this.stderr.once('close', () => options.stderrLog?.ended());
    if (options.tally !== undefined) options.tally.processStarts++;
    // A broken pipe is news for whoever writes or reads, never an uncaught exception (F-013).
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.on('error', () => {});
    this.exited = this.#watchExit(child, group);
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** Resolves when the process and its group are gone, or were given up. */
  get gone(): Promise<StopOutcome> {
    return this.#stop.done;
  }

  /** stdin end, SIGTERM, SIGKILL; a further call goes on to the next stage at once. */
  stop(): Promise<StopOutcome> {
    return this.#stop.stop();
  }

  /** SIGKILL to the whole group, now. */
  kill(): Promise<StopOutcome> {
    return this.#stop.kill();
  }

  /** The last `count` lines of stderr that are not blank; not sanitised. */
  stderrTail(count: number = 20): string[] {
    return this.#stderrRing.lastLines(count);
  }

  /** What in the sandbox may have ended it, going by these last words; empty without a sandbox. */
  hint(stderr: readonly string[]): string {
    return sandboxHint(this.#sandbox, stderr);
  }

  /** After the exit: lets what lies in the pipes arrive (F-007), then closes them, whoever else holds them (F-008). */
  async releaseStreams(): Promise<void> {
    const ended = Promise.all([streamClosed(this.stdout), streamClosed(this.stderr)]);
    const timeUp = deferred<void>();
    const timer = this.#clock.setTimeout(() => {
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

  #watchExit(child: ChildProcess, group: ProcessGroup): Promise<ExitStatus> {
    return new Promise((resolve) => {
      const onExit = (code: number | null, signal: string | null): void => {
        if (this.#hasExited) return;
        this.#hasExited = true;
        group.leaderExited();
        resolve({ code, signal });
        this.#stop.leaderExited();
      };
      child.on('exit', onExit);
      // On Windows, cross-spawn tells of an unknown command by an error in place of the exit.
      child.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') onExit(1, null);
      });
    });
  }
}

function streamClosed(stream: Readable): Promise<void> {
  if (stream.closed) return Promise.resolve();
  return new Promise((resolve) => void stream.once('close', resolve));
}
