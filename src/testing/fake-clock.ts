import type { Clock, Timer } from '../core/clock.ts';

interface FakeTimer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that moves only when told to: resilience is tested in milliseconds, without sleeping. */
export class FakeClock implements Clock {
  #now: number;
  #wall: number;
  #order = 0;
  readonly #timers: Set<FakeTimer> = new Set();

  /** @param start first value of `now()`, in ms; default 0
   *  @param wallStart first value of `wallNow()`, in ms since the epoch; default 2026-01-01 */
  constructor(start: number = 0, wallStart: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
    this.#wall = wallStart;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#wall;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const timer: FakeTimer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    if (Number.isFinite(timer.at)) this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer), unref: () => {} };
  }

  /** Number of timers that are waiting: 0 at the end of a test that leaks none. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Delay until the next timer in ms; undefined without one. */
  get nextTimerIn(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY);
    return next === undefined ? undefined : next.at - this.#now;
  }

  /** Moves time forward; runs every timer on the way in order, with all microtasks between them. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer);
      // After a jump a timer is late: it runs now, and time never goes back.
      const at = Math.max(timer.at, this.#now);
      this.#wall += at - this.#now;
      this.#now = at;
      timer.callback();
      await settle();
    }
    this.#wall += end - this.#now;
    this.#now = end;
    await settle();
  }

  /** Moves time forward without running timers: a blocked event loop or a sleeping laptop. */
  jump(ms: number): void {
    this.#now += ms;
    this.#wall += ms;
  }

  /** Sets the wall clock without touching the monotonic one. */
  setWall(ms: number): void {
    this.#wall = ms;
  }

  #next(until: number): FakeTimer | undefined {
    let best: FakeTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (best === undefined || timer.at < best.at || (timer.at === best.at && timer.order < best.order))
        best = timer;
    }
    return best;
  }
}

/** Lets promise chains run dry: a macrotask turn drains every microtask queued so far. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
