import { afterEach, beforeEach, expect } from 'vitest';
import { isGroupRunning, isRunning } from './processes.ts';
import { until } from './until.ts';

/** Processes that a test has seen, and that must be gone when it ends. */
export interface ProcessTracker {
  /** The process and the whole group that it may lead must be gone. Returns the pid. */
  track(pid: number): number;
  /** A process that may survive, such as a `setsid` escapee: it is killed and not counted. */
  reap(pid: number): number;
}

/**
 * Checks after each test of the file that the processes and groups which it tracked are gone. Call it at the top level
 * of a test file that knows pids which nobody else does: the leak gate (`leak-gate/setup.ts`) sees what stands below
 * this process, but not what has another parent by then.
 */
export function trackProcesses(): ProcessTracker {
  const pids = new Set<number>();
  const escapees = new Set<number>();

  beforeEach(() => {
    pids.clear();
    escapees.clear();
  });

  afterEach(async () => {
    for (const pid of escapees) {
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    }
    const survivors = (): number[] => [...pids].filter((pid) => isRunning(pid) || isGroupRunning(pid));
    // A stop takes a few turns; the assertion below says what is wrong.
    await until('the processes are gone', () => survivors().length === 0, 10_000).catch(() => {});
    const left = survivors();
    for (const pid of left) killAnyway(pid);
    expect(left, 'processes that are left').toEqual([]);
  });

  return {
    track: (pid) => {
      pids.add(pid);
      return pid;
    },
    reap: (pid) => {
      escapees.add(pid);
      return pid;
    },
  };
}

/** A leak shall fail one test, not the machine. */
function killAnyway(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // Already gone, which is what we want.
    }
  }
}
