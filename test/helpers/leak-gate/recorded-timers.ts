import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import { promisify } from 'node:util';

/** A timer that somebody set, and where. */
interface RecordedTimer {
  readonly what: string;
  /** Its stack is read only when it is told of: that is what makes recording cheap. */
  readonly setBy: Error;
}

/** Node's own mark of a timer that has fired or was cleared; there is no public one for those that are unreferenced. */
interface NodeTimer {
  readonly _destroyed?: boolean;
}

type SetTimer = (...args: unknown[]) => NodeTimer;

const timers = new Map<NodeTimer, RecordedTimer>();
const pauses = new Map<object, RecordedTimer>();
/** Above this many the dead are sorted out, so that a test that sets millions of timers needs no memory for them. */
let sweepAt = 1000;

/**
 * Timers that are set by tests and sources from now on are known with the place where they were set, the unreferenced
 * ones included, which Node.js does not count. Vitest has kept the functions of before for itself.
 */
export function recordTimers(): void {
  for (const kind of ['setTimeout', 'setInterval', 'setImmediate'] as const) {
    const original = globalThis[kind] as SetTimer & { [promisify.custom]?: unknown };
    const recording: SetTimer = (...args) => {
      const timer = original(...args);
      const what = kind === 'setImmediate' ? kind : `${kind} of ${Number(args[1] ?? 0)} ms`;
      timers.set(timer, { what, setBy: new Error(what) });
      if (timers.size > sweepAt) sweepAt = Math.max(1000, 2 * runningTimers().size);
      return timer;
    };
    Object.defineProperty(recording, promisify.custom, { value: original[promisify.custom] });
    Object.defineProperty(recording, 'name', { value: kind });
    Object.assign(globalThis, { [kind]: recording });
  }
  recordPauses();
}

/** Those that have neither fired nor been cleared. */
export function runningTimers(): ReadonlyMap<object, RecordedTimer> {
  for (const timer of timers.keys()) {
    if (timer._destroyed !== false) timers.delete(timer);
  }
  return new Map([...timers, ...pauses]);
}

/** One line: what it is, and the frames that led there, innermost first. */
export function describeTimer({ what, setBy }: RecordedTimer): string {
  const frames = (setBy.stack ?? '').split('\n').slice(2, 6);
  const places = frames.map((frame) => frame.trim().replace(/^at /u, ''));
  return `${what}, set at ${places.join(' < ')}`;
}

/** `setTimeout` of `node:timers/promises`: nobody has the timer, so it runs as long as its promise is pending. */
function recordPauses(): void {
  const original = timersPromises.setTimeout;
  const recording: typeof original = async (delayMs, value, options) => {
    const pause = {};
    pauses.set(pause, { what: `a pause of ${delayMs} ms`, setBy: new Error('pause') });
    try {
      return await original(delayMs, value, options);
    } finally {
      pauses.delete(pause);
    }
  };
  timersPromises.setTimeout = recording;
  syncBuiltinESMExports();
}
