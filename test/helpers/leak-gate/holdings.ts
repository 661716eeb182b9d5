import { Server, Socket } from 'node:net';
import { descendantsOf, describeProcess } from './descendants.ts';
import { describeTimer, runningTimers } from './recorded-timers.ts';

/**
 * Kinds of handles and requests that a test must give back, as `process.getActiveResourcesInfo()` names them. Timers are
 * counted where they are set: among those that Node.js counts are Vitest's own.
 */
const KINDS: ReadonlySet<string> = new Set([
  'ProcessWrap',
  'PipeWrap',
  'PipeServerWrap',
  'PipeConnectWrap',
  'TCPSocketWrap',
  'TCPServerWrap',
  'TCPConnectWrap',
  'UDPWrap',
  'TTYWrap',
  'FSEventWrap',
  'StatWatcher',
  'MessagePort',
  'Worker',
]);

/** What this process holds at one moment. */
export interface Holdings {
  readonly kinds: ReadonlyMap<string, number>;
  readonly handles: ReadonlySet<object>;
  readonly timers: ReadonlySet<object>;
  readonly listeners: ReadonlyMap<string | symbol, number>;
  readonly processes: ReadonlySet<number>;
}

export function holdings(): Holdings {
  return {
    kinds: countKinds(),
    handles: new Set(activeHandles()),
    timers: new Set(runningTimers().keys()),
    listeners: countListeners(),
    processes: new Set(descendantsOf(process.pid)),
  };
}

/** What is held now and was not before, one line each, as exactly as it can be told. */
export function wholeExcess(before: Holdings): string[] {
  const kinds = [...countKinds()]
    .filter(([kind, count]) => count > (before.kinds.get(kind) ?? 0))
    .map(([kind, count]) => `${kind}: ${before.kinds.get(kind) ?? 0} → ${count}`);
  const handles =
    kinds.length === 0
      ? []
      : activeHandles()
          .filter((handle) => !before.handles.has(handle))
          .map(describeHandle);
  const timers = [...runningTimers()]
    .filter(([timer]) => !before.timers.has(timer))
    .map(([, timer]) => describeTimer(timer));
  return [...kinds, ...handles, ...timers, ...lastingExcess(before)];
}

/** The same without what connections come with: handles and timers. */
export function lastingExcess(before: Holdings): string[] {
  const listeners = [...countListeners()]
    .filter(([event, count]) => count > (before.listeners.get(event) ?? 0))
    .map(
      ([event, count]) =>
        `listener of process "${String(event)}": ${before.listeners.get(event) ?? 0} → ${count}`,
    );
  const processes = descendantsOf(process.pid)
    .filter((pid) => !before.processes.has(pid))
    .map((pid) => `process ${describeProcess(pid)}`);
  return [...listeners, ...processes];
}

/** Ends the processes that were not there before: a leak shall fail one test, not the machine. */
export function endProcesses(before: Holdings): void {
  for (const pid of descendantsOf(process.pid)) {
    if (before.processes.has(pid)) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Already gone, which is what we want.
    }
  }
}

function countKinds(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (KINDS.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function countListeners(): Map<string | symbol, number> {
  return new Map(process.eventNames().map((event) => [event, process.listenerCount(event)]));
}

/** Not public, and only used to say what it is that leaks. */
function activeHandles(): object[] {
  const { _getActiveHandles: list } = process as { _getActiveHandles?: () => object[] };
  return list?.call(process) ?? [];
}

function describeHandle(handle: object): string {
  const name = handle.constructor.name;
  if (handle instanceof Socket) {
    const { localAddress, localPort, remoteAddress, remotePort } = handle;
    if (remotePort === undefined) return `${name} (a pipe, or not connected)`;
    return `${name} ${localAddress}:${localPort} → ${remoteAddress}:${remotePort}`;
  }
  if (handle instanceof Server) return `${name} listening at ${JSON.stringify(handle.address())}`;
  if ('pid' in handle) return `${name} of process ${describeProcess(Number(handle.pid))}`;
  return name;
}
