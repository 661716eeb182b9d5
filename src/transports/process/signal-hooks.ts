/** Signals that end a process which does not listen for them, without an `exit` event. */
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Listeners of every copy of this file in the process, of which there are two when a bundle holds a second one. */
const OWN = Symbol.for('signalbox signal hooks');

/**
 * Does one last thing when a signal ends this process, and lets the signal end it nevertheless (F-020).
 *
 * An application that listens for the signal itself is left in charge: it will end by `process.exit`, or not at all.
 */
export class SignalHooks {
  readonly #lastThing: () => void;
  #isInstalled = false;

  constructor(lastThing: () => void) {
    this.#lastThing = lastThing;
  }

  install(): void {
    if (this.#isInstalled) return;
    this.#isInstalled = true;
    for (const signal of ENDING) process.on(signal, this.#received);
    count(1);
  }

  remove(): void {
    if (!this.#isInstalled) return;
    this.#isInstalled = false;
    for (const signal of ENDING) process.off(signal, this.#received);
    count(-1);
  }

  readonly #received = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > count(0) + likeMinded()) return;
    this.#lastThing();
    this.remove();
    // Without a listener, the signal does what it does by default: the parent of this process sees how it ended.
    if (count(0) === 0) process.kill(process.pid, signal);
  };
}

function count(change: number): number {
  const holder = globalThis as { [OWN]?: number };
  holder[OWN] = (holder[OWN] ?? 0) + change;
  return holder[OWN];
}

/**
 * Listeners of the package signal-exit, which many others bring along. It waits, as we do, to be alone; so one of the
 * two must not count the other, or the process would never end.
 */
function likeMinded(): number {
  const newer = (globalThis as Record<symbol, unknown>)[Symbol.for('signal-exit emitter')];
  const older = (process as unknown as Record<string, unknown>)['__signal_exit_emitter__'];
  return counted(newer) + counted(older);
}

function counted(emitter: unknown): number {
  const value = (emitter as { count?: unknown } | undefined)?.count;
  return typeof value === 'number' ? value : 0;
}
