import { messageOf } from './errors.ts';
import { LateMap } from './late-map.ts';
import { type Logger, silentLogger } from './log.ts';

/** Takes a listener away again; usable with `using`. */
export type Disposer = (() => void) & Disposable;

export function disposer(dispose: () => void): Disposer {
  return Object.assign(dispose, { [Symbol.dispose]: dispose });
}

interface Registration {
  readonly listener: (payload: never) => void;
}

/** Typed events. A listener that throws is reported to the log and harms nobody (F-138). */
export class Emitter<Events extends object> {
  readonly #registered: LateMap<keyof Events, readonly Registration[]> = new LateMap();
  readonly #logger: Logger;

  constructor(logger: Logger = silentLogger) {
    this.#logger = logger;
  }

  on<Name extends keyof Events>(name: Name, listener: (payload: Events[Name]) => void): Disposer {
    // An object of its own lets one function be registered twice and removed once.
    const registration: Registration = { listener };
    // The list is copied on change, so that emitting needs no copy and sees a stable one.
    this.#registered.set(name, [...(this.#registered.get(name) ?? []), registration]);
    return disposer(() => {
      const rest = (this.#registered.get(name) ?? []).filter((other) => other !== registration);
      if (rest.length === 0) this.#registered.delete(name);
      else this.#registered.set(name, rest);
    });
  }

  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): void {
    const registered = this.#registered.get(name);
    if (registered === undefined) return;
    for (const { listener } of registered) {
      try {
        const returned = (listener as (payload: Events[Name]) => unknown)(payload);
        if (returned instanceof Promise) returned.catch((error: unknown) => this.#report(name, error));
      } catch (error) {
        this.#report(name, error);
      }
    }
  }

  /** Number of listeners of one event, or of all. */
  listenerCount(name?: keyof Events): number {
    if (name !== undefined) return this.#registered.get(name)?.length ?? 0;
    let count = 0;
    for (const registered of this.#registered.values()) count += registered.length;
    return count;
  }

  clear(): void {
    this.#registered.clear();
  }

  #report(name: keyof Events, error: unknown): void {
    this.#logger.error('an event listener failed', { event: String(name), error: messageOf(error) });
  }
}
