import type { Clock, Timer } from '../../core/clock.ts';

/** A clock takes more than 2^31−1 ms for "never"; who must wait longer looks again in between. */
const MAX_DELAY_MS = 2 ** 30;

/** One timer that is moved about. It keeps the process alive only while it is set. */
export class WakeUp {
  readonly #clock: Clock;
  readonly #callback: () => void;
  #timer: Timer | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, callback: () => void) {
    this.#clock = clock;
    this.#callback = callback;
  }

  /** When it fires; Infinity while it is not set. */
  get at(): number {
    return this.#at;
  }

  /** Fires no earlier than `at`, instead of whenever it was to fire. Infinity: not at all. */
  set(at: number): void {
    if (at === this.#at) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#at = at;
    if (at === Number.POSITIVE_INFINITY) return;
    // Rounded up: a timer that comes a fraction of a millisecond early would find nothing to do, again and again.
    const delayMs = Math.min(MAX_DELAY_MS, Math.max(1, Math.ceil(at - this.#clock.now())));
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#at = Number.POSITIVE_INFINITY;
      this.#callback();
    }, delayMs);
  }
}
