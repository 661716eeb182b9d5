import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { hasRunningMember } from './group-members.ts';

/** The two signals of a stop. */
export type StopSignal = 'SIGTERM' | 'SIGKILL';

const isWindows = process.platform === 'win32';

/** True where a child can lead a process group of its own. */
export const HAS_PROCESS_GROUPS: boolean = !isWindows;

/**
 * A child and everything it started, except what left the group by `setsid` (F-009).
 *
 * The system does not reuse the id of a group as long as the group has members; once it was seen empty, nothing is
 * signalled any more, so that nobody else's processes are hit.
 */
export class ProcessGroup {
  readonly #child: ChildProcess;
  readonly #id: number;
  #leaderExited = false;
  #gone = false;

  /** @param child started with `detached: true` where {@link HAS_PROCESS_GROUPS} */
  constructor(child: ChildProcess, id: number) {
    this.#child = child;
    this.#id = id;
  }

  /** To be called once when the child itself has exited. */
  leaderExited(): void {
    this.#leaderExited = true;
    // Windows keeps no tree of a process that is gone: nothing is left to be asked or signalled.
    if (isWindows) this.#gone = true;
  }

  /** True once no member runs. Costs a look at the process table while grandchildren outlive the child. */
  get isGone(): boolean {
    if (!this.#gone && this.#leaderExited) this.#gone = !hasRunningMember(this.#id);
    return this.#gone;
  }

  /** Signals all members; a group that is gone is left alone. Never throws. */
  signal(signal: StopSignal): void {
    if (this.#gone) return;
    if (isWindows) {
      const args = taskkillArgs(this.#id, signal);
      spawn(taskkillPath(), args, { stdio: 'ignore', windowsHide: true }).on('error', () =>
        this.#child.kill(signal),
      );
      return;
    }
    this.#signalPosix(signal);
  }

  /** Kills all members before it returns: for the last moment of this process. */
  killSync(): void {
    if (this.#gone) return;
    if (isWindows) {
      spawnSync(taskkillPath(), taskkillArgs(this.#id, 'SIGKILL'), { stdio: 'ignore', windowsHide: true });
      return;
    }
    this.#signalPosix('SIGKILL');
  }

  #signalPosix(signal: StopSignal): void {
    try {
      process.kill(-this.#id, signal);
    } catch (error) {
      if (this.#leaderExited) {
        if ((error as NodeJS.ErrnoException).code === 'ESRCH') this.#gone = true;
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
