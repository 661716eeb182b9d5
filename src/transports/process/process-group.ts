import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { hasRunningMember } from './group-members.ts';
import { type ProcessIdentity, ProcessTree } from './tree/process-tree.ts';

/** The two signals of a stop. */
export type StopSignal = 'SIGTERM' | 'SIGKILL';

const isWindows = process.platform === 'win32';

/** True where a child can lead a process group of its own. */
export const HAS_PROCESS_GROUPS: boolean = !isWindows;

/** What is known of a child when it has been started. */
export interface GroupLeader extends ProcessIdentity {
  /** True if `bwrap` leads the group and the server is inside: it must not be told to end, it would kill the server. */
  readonly isSandbox: boolean;
}

/**
 * A child and everything it started: its process group, and those of its descendants that left the group and were
 * seen by {@link noteTree} (F-009).
 *
 * The system does not reuse the id of a group as long as the group has members; once it was seen empty, it is not
 * signalled any more, so that nobody else's processes are hit.
 */
export class ProcessGroup {
  readonly leader: GroupLeader;
  readonly #child: ChildProcess;
  /** Made when it is looked at for the first time: while all is well nobody does. */
  #tree: ProcessTree | undefined;
  #leaderExited = false;
  /** No member of the group itself is left. */
  #isEmpty = false;

  /** @param child started with `detached: true` where {@link HAS_PROCESS_GROUPS} */
  constructor(child: ChildProcess, leader: GroupLeader) {
    this.#child = child;
    this.leader = leader;
  }

  /** Remembers who descends from the child now: to be called while it still runs. */
  noteTree(): void {
    if (isWindows) return;
    this.#tree ??= new ProcessTree(this.leader);
    this.#tree.note();
  }

  /** To be called once when the child itself has exited. */
  leaderExited(): void {
    this.#leaderExited = true;
    // Windows keeps no tree of a process that is gone: nothing is left to be asked or signalled.
    if (isWindows) this.#isEmpty = true;
  }

  /** True once nothing of it runs. Costs a look at the process table while grandchildren outlive the child. */
  get isGone(): boolean {
    if (!this.#isEmpty && this.#leaderExited) this.#isEmpty = !hasRunningMember(this.leader.pid);
    return this.#isEmpty && this.#tree?.hasSurvivors !== true;
  }

  /** Signals all that is left of it. Never throws. */
  signal(signal: StopSignal): void {
    if (isWindows) {
      if (this.#isEmpty) return;
      const args = taskkillArgs(this.leader.pid, signal);
      spawn(taskkillPath(), args, { stdio: 'ignore', windowsHide: true }).on('error', () =>
        this.#child.kill(signal),
      );
      return;
    }
    this.noteTree();
    this.#signalPosix(signal);
    // F-019: a stopped process hears SIGTERM only when it goes on.
    if (signal === 'SIGTERM') this.#signalPosix('SIGCONT');
  }

  /** Kills all of it before it returns: for the last moment of this process. */
  killSync(): void {
    if (isWindows) {
      if (this.#isEmpty) return;
      const args = taskkillArgs(this.leader.pid, 'SIGKILL');
      spawnSync(taskkillPath(), args, { stdio: 'ignore', windowsHide: true });
      return;
    }
    this.noteTree();
    this.#signalPosix('SIGKILL');
  }

  #signalPosix(signal: StopSignal | 'SIGCONT'): void {
    // Whoever dies with `bwrap` has no time to end well: those inside are asked one by one.
    if (this.leader.isSandbox && signal === 'SIGTERM' && this.#tree?.hasSurvivors === true) {
      this.#tree.signal(signal);
      return;
    }
    if (!this.#isEmpty) this.#signalGroup(signal);
    this.#tree?.signal(signal, { exceptGroup: this.leader.pid });
  }

  #signalGroup(signal: StopSignal | 'SIGCONT'): void {
    try {
      process.kill(-this.leader.pid, signal);
    } catch (error) {
      if (this.#leaderExited) {
        if ((error as NodeJS.ErrnoException).code === 'ESRCH') this.#isEmpty = true;
        return;
      }
      // The group could not be signalled although its leader runs: at least the leader is.
      this.#child.kill(signal);
    }
  }
}

/** By absolute path: a `taskkill` in the working directory or in PATH must not be run instead. */
function taskkillPath(): string {
  return join(process.env['SystemRoot'] ?? String.raw`C:\Windows`, 'System32', 'taskkill.exe');
}

function taskkillArgs(pid: number, signal: StopSignal): string[] {
  return ['/PID', String(pid), '/T', ...(signal === 'SIGKILL' ? ['/F'] : [])];
}
