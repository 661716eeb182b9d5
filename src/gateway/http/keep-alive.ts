import type { Clock, Timer } from '../../core/clock.ts';

/** Something that wants to be reminded that time passes. */
export interface Ticking {
  tick(): void;
}

/** One timer for all open answers: proxies and clients give up on a connection that is silent for long. */
export class KeepAlive {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #all: Set<Ticking> = new Set();
  #timer: Timer | undefined;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  add(ticking: Ticking): void {
    this.#all.add(ticking);
    this.#start();
  }

  delete(ticking: Ticking): void {
    this.#all.delete(ticking);
  }

  close(): void {
    this.#all.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      for (const ticking of [...this.#all]) ticking.tick();
      // The timer stops by itself when nobody has needed it for a whole interval.
      if (this.#all.size > 0) this.#start();
    }, this.#intervalMs);
    this.#timer.unref();
  }
}
