import { type Clock, systemClock, type Timer } from '../../core/clock.ts';

/** The clock of the machine, which knows how many of its timers still run. */
export class CountingClock implements Clock {
  readonly #running: Set<object> = new Set();

  get pendingTimers(): number {
    return this.#running.size;
  }

  now(): number {
    return systemClock.now();
  }

  wallNow(): number {
    return systemClock.wallNow();
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const timer: Timer = systemClock.setTimeout(() => {
      this.#running.delete(timer);
      callback();
    }, delayMs);
    this.#running.add(timer);
    return {
      cancel: () => {
        this.#running.delete(timer);
        timer.cancel();
      },
      unref: () => timer.unref(),
    };
  }
}
