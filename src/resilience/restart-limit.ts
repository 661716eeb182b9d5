import type { Clock } from '../core/clock.ts';

/** How many starts are too many. */
export interface RestartLimitOptions {
  /** Starts allowed within the window. Default 5. */
  readonly limit: number;
  /** Length of the window, in ms. Default 60 000. */
  readonly windowMs: number;
}

/** Counts the starts of a process in a sliding window: a crash loop ends instead of going on for ever (F-016). */
export class RestartLimit {
  readonly #options: RestartLimitOptions;
  readonly #clock: Clock;
  #starts: number[] = [];

  constructor(options: RestartLimitOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Notes a start. */
  started(): void {
    this.#starts.push(this.#clock.now());
    this.#forgetOld();
  }

  /** True if another start would exceed the limit. */
  get isExhausted(): boolean {
    this.#forgetOld();
    return this.#starts.length >= this.#options.limit;
  }

  /** A person asked for a start: the past does not count against it. */
  reset(): void {
    this.#starts = [];
  }

  #forgetOld(): void {
    const horizon = this.#clock.now() - this.#options.windowMs;
    while (this.#starts.length > 0 && this.#starts[0]! <= horizon) this.#starts.shift();
  }
}
