import { messageOf } from './errors.ts';
import { type Logger, silentLogger } from './log.ts';

/** Takes a listener away again; usable with `using`. */
export type Disposer = (() => void) & Disposable;

export function disposer(dispose: () => void): Disposer {
  return Object.assign(dispose, { [Symbol.dispose]: dispose });
}

/** Typed events. A listener that throws is reported to the log and harms nobody (F-138). */
export class Emitter<Events extends object> {
  readonly #listeners: Map<keyof Events, ReadonlySet<(payload: never) => void>> = new Map();
  readonly #logger: Logger;

  constructor(logger: Logger = silentLogger) {
    this.#logger = logger;
  }

  on<Name extends keyof Events>(name: Name, listener: (payload: Events[Name]) => void): Disposer {
    // A wrapper of its own lets one function be registered twice and removed once.
    const entry = (payload: Events[Name]): unknown => listener(payload);
    // The set is copied on change, so that emitting needs no copy and sees a stable list.
    this.#listeners.set(name, new Set([...(this.#listeners.get(name) ?? []), entry]));
    return disposer(() => {
      const rest = new Set(this.#listeners.get(name));
      rest.delete(entry);
      if (rest.size === 0) this.#listeners.delete(name);
      else this.#listeners.set(name, rest);
    });
  }

  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of listeners as ReadonlySet<(payload: Events[Name]) => unknown>) {
      try {
        const returned = listener(payload);
        if (returned instanceof Promise) returned.catch((error: unknown) => this.#report(name, error));
      } catch (error) {
        this.#report(name, error);
      }
    }
  }

  /** Number of listeners of one event, or of all. */
  listenerCount(name?: keyof Events): number {
    if (name !== undefined) return this.#listeners.get(name)?.size ?? 0;
    let count = 0;
    for (const set of this.#listeners.values()) count += set.size;
    return count;
  }

  clear(): void {
    this.#listeners.clear();
  }

  #report(name: keyof Events, error: unknown): void {
    this.#logger.error('an event listener failed', { event: String(name), error: messageOf(error) });
  }
}
