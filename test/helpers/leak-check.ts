import { afterEach, beforeEach, expect } from 'vitest';
import { isGroupRunning, isRunning } from './processes.ts';
import { until } from './until.ts';

/** Kinds of handles that keep a Node process alive and that a test must give back. */
const WATCHED = [
  'ProcessWrap',
  'PipeWrap',
  'PipeConnectWrap',
  'TCPSocketWrap',
  'TCPServerWrap',
  'TCPConnectWrap',
  'Timeout',
  'Immediate',
] as const;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGCHLD', 'exit', 'uncaughtException', 'unhandledRejection'];

/** Processes that a test has seen, and that must be gone when it ends. */
export interface ProcessTracker {
  /** The process and the whole group that it may lead must be gone. Returns the pid. */
  track(pid: number): number;
  /** A process that may survive, such as a `setsid` escapee: it is killed and not counted. */
  reap(pid: number): number;
}

function handles(): Map<string, number> {
  const counts = new Map<string, number>(WATCHED.map((kind) => [kind, 0]));
  for (const kind of process.getActiveResourcesInfo()) {
    if (counts.has(kind)) counts.set(kind, counts.get(kind)! + 1);
  }
  return counts;
}

function listeners(): Record<string, number> {
  return Object.fromEntries(SIGNALS.map((name) => [name, process.listenerCount(name)]));
}

function leakedSince(before: ReadonlyMap<string, number>): string[] {
  return [...handles()]
    .filter(([kind, count]) => count > before.get(kind)!)
    .map(([kind, count]) => `${kind}: ${before.get(kind)} → ${count}`);
}

/**
 * Checks after each test of the file that it left nothing behind: no process or group that it tracked, no more handles
 * and timers than before, the same number of listeners on `process`. Call it at the top level of a test file.
 *
 * Closing takes the loop a few turns, so it looks again for up to 2 s before it complains.
 */
export function trackProcesses(): ProcessTracker {
  const pids = new Set<number>();
  const escapees = new Set<number>();
  let handlesBefore = handles();
  let listenersBefore = listeners();

  beforeEach(() => {
    pids.clear();
    escapees.clear();
    handlesBefore = handles();
    listenersBefore = listeners();
  });

  afterEach(async () => {
    for (const pid of escapees) {
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    }
    const survivors = (): number[] => [...pids].filter((pid) => isRunning(pid) || isGroupRunning(pid));
    const isClean = (): boolean => survivors().length === 0 && leakedSince(handlesBefore).length === 0;
    // The assertions below say what is wrong.
    await until('the test has cleaned up', isClean, 2000).catch(() => {});
    const left = survivors();
    for (const pid of left) killAnyway(pid);
    expect({ processes: left, handles: leakedSince(handlesBefore), listeners: listeners() }).toEqual({
      processes: [],
      handles: [],
      listeners: listenersBefore,
    });
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
