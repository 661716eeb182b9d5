import { messageOf } from './errors.ts';
import { type Logger, silentLogger } from './log.ts';

/** Takes a listener away again; usable with `using`. */
export type Disposer = (() => void) & Disposable;

export function disposer(dispose: () => void): Disposer {
  return Object.assign(dispose, { [Symbol.dispose]: dispose });
}

interface Registration<Name> {
  readonly name: Name;
  readonly listener: (payload: never) => void;
}

/** Typed events. A listener that throws is reported to the log and harms nobody (F-138). */
export class Emitter<Events extends object> {
  /** In the order of registration, of all events: there are few, and most emitters never have one. */
  #registered: readonly Registration<keyof Events>[] | undefined;
  readonly #logger: Logger;

  constructor(logger: Logger = silentLogger) {
    this.#logger = logger;
  }

  on<Name extends keyof Events>(name: Name, listener: (payload: Events[Name]) => void): Disposer {
    // An object of its own lets one function be registered twice and removed once.
    const registration: Registration<Name> = { name, listener };
    // The list is copied on change, so that emitting needs no copy and sees a stable one. `concat` leaves no room behind
    // it, a spread does: 16 places.
    this.#registered = this.#registered?.concat(registration) ?? [registration];
    return disposer(() => {
      const rest = this.#registered?.filter((other) => other !== registration);
      this.#registered = rest?.length === 0 ? undefined : rest;
    });
  }

  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): void {
    if (this.#registered === undefined) return;
    for (const registered of this.#registered) {
      if (registered.name !== name) continue;
      try {
        const returned = (registered.listener as (payload: Events[Name]) => unknown)(payload);
        if (returned instanceof Promise) returned.catch((error: unknown) => this.#report(name, error));
      } catch (error) {
        this.#report(name, error);
      }
    }
  }

  /** Number of listeners of one event, or of all. */
  listenerCount(name?: keyof Events): number {
    if (this.#registered === undefined) return 0;
    if (name === undefined) return this.#registered.length;
    return this.#registered.filter((registered) => registered.name === name).length;
  }

  clear(): void {
    this.#registered = undefined;
  }

  #report(name: keyof Events, error: unknown): void {
    this.#logger.error('an event listener failed', { event: String(name), error: messageOf(error) });
  }
}
