import type { Clock } from '../../core/clock.ts';

/** The client that a {@link ClientActivity} belongs to: it counts what keeps it busy besides calls. */
export interface ActivityOwner {
  readonly environment: { readonly clock: Clock };
  readonly settings: { readonly lazy: boolean };
  /** Subscriptions that somebody wants news from. */
  readonly wakefulSubscriptions: number;
  readonly unfinishedTasks: number;
}

/** Requests that tell how things are: whoever only looks on does not use a server. */
const LOOKING_ON = /^(?:ping|server\/discover|[^]*\/list)$/u;

/**
 * What a client has to do, and for how long it has had nothing: whether its server can be stopped without anybody
 * missing it. A call counts from its beginning to its end, whatever it waits for between: a place, a connection, a
 * person. Lists and pings count while they are in flight, and not as use.
 */
export class ClientActivity {
  readonly #owner: ActivityOwner;
  /** Whether anybody asks how long it has been quiet: it costs a look at the clock for each call. */
  readonly #isTimed: boolean;
  #calls = 0;
  #usedAt: number;

  constructor(owner: ActivityOwner) {
    this.#owner = owner;
    this.#isTimed = owner.settings.lazy;
    this.#usedAt = owner.environment.clock.now();
  }

  /** Calls that have begun and not ended. */
  get calls(): number {
    return this.#calls;
  }

  /** Subscriptions that somebody wants news from. */
  get subscriptions(): number {
    return this.#owner.wakefulSubscriptions;
  }

  /** Tasks that are not known to have ended. */
  get tasks(): number {
    return this.#owner.unfinishedTasks;
  }

  get isBusy(): boolean {
    return this.#calls > 0 || this.subscriptions > 0 || this.tasks > 0;
  }

  /** How long nobody has used the server, in ms; 0 while it is busy. Told of entries that are `lazy`. */
  get quietMs(): number {
    if (this.isBusy) this.used();
    return this.#owner.environment.clock.now() - this.#usedAt;
  }

  /** A request of an application begins. */
  begin(): void {
    this.#calls++;
  }

  end(method: string): void {
    this.#calls--;
    if (this.#isTimed && !LOOKING_ON.test(method)) this.used();
  }

  /** From now on it is quiet, if nothing else happens. */
  used(): void {
    this.#usedAt = this.#owner.environment.clock.now();
  }
}
