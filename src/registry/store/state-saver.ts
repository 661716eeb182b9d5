import type { Clock, Timer } from '../../core/clock.ts';

/** When a state that has changed is saved. */
export interface SaveTimes {
  /** Time from the first change to the save, in ms. Default 1 000; 0 to 3 600 000. */
  readonly delayMs?: number | undefined;
  /** Least time between the beginnings of two saves, in ms. Default 5 000; 0 to 3 600 000. */
  readonly intervalMs?: number | undefined;
}

/**
 * Decides when to save: soon after a change, but not at every change of a storm; one save at a time, and what changes
 * during one is in the next.
 */
export class StateSaver {
  readonly #clock: Clock;
  readonly #save: () => Promise<void>;
  readonly #delayMs: number;
  readonly #intervalMs: number;
  /** Changes that there were, and how many of them the saves that have ended have seen. */
  #changes = 0;
  #saved = 0;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /** @param save never rejects */
  constructor(clock: Clock, save: () => Promise<void>, delayMs: number, intervalMs: number) {
    this.#clock = clock;
    this.#save = save;
    this.#delayMs = delayMs;
    this.#intervalMs = intervalMs;
  }

  /** Something changed that is worth saving. */
  changed(): void {
    this.#changes++;
    this.#plan();
  }

  /** Saves everything as it is now, at once or behind the save that is under way. Never rejects. */
  async flush(): Promise<void> {
    const wanted = ++this.#changes;
    while (this.#saved < wanted) await (this.#running ?? this.#run());
  }

  /** Nothing is saved by itself any more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #plan(): void {
    if (this.#isStopped || this.#timer !== undefined || this.#running !== undefined) return;
    const pauseMs = this.#lastAt + this.#intervalMs - this.#clock.now();
    this.#timer = this.#clock.setTimeout(() => void this.#run(), Math.max(this.#delayMs, pauseMs));
    // A program that has come to its end does not wait for it: `shutdown` saves.
    this.#timer.unref();
  }

  #run(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#lastAt = this.#clock.now();
    const seen = this.#changes;
    const running = this.#save().then(() => {
      this.#running = undefined;
      this.#saved = seen;
      if (this.#changes > seen) this.#plan();
    });
    this.#running = running;
    return running;
  }
}
