import type { Clock, Timer } from './clock.ts';
import { type Disposer, Emitter } from './emitter.ts';
import type { Logger } from './log.ts';

/** A timer that rings later than this shows that the process did not run meanwhile, in ms. */
const STALL_MS = 2000;
/** A stall from which on listeners are told that the process has woken up, in ms. */
const WAKE_MS = 10_000;

/** The up-time of the machine is asked for at most this often, in ms: it may cost a look into a file. */
const UP_TIME_MS = 1000;

/** The process runs again after a long time in which it did not (F-135). */
export interface Wake {
  /** For how long, in ms, as well as can be told. */
  readonly asleepMs: number;
}

/**
 * Time as this process has lived it: what passes while it does not run - the machine sleeps, the process is stopped, the
 * loop is blocked - does not count. A call that had five seconds left when the lid was closed has five seconds left
 * when it is opened, and so has every other deadline, window and pause that is measured with this clock (F-135, F-136).
 * On Linux the monotonic clock stands still by itself while the machine sleeps; with this one it is so everywhere.
 *
 * It has no timer of its own. Each timer that is set with it is a witness: one that rings more than 2 s late proves a
 * stall, from the moment on at which it should have rung, or somebody last asked for the time. So while anything is under
 * way time is measured to a tick of the wheel of deadlines; else a timer that fell due in the night rings once in the
 * morning, and the others have what was left of their delay when it fell due. No timer rings in the turn in which a
 * stall is found: each waits for what is left of its delay, and at least for one more turn, in which answers are read
 * that lie in the sockets. So nothing times out in a burst, nor is anything made up for.
 *
 * A stall right after another, without a timer in between that rang in time, counts as time: a process that crawls
 * does run, and its calls must time out.
 */
export class AwakeClock implements Clock {
  readonly #clock: Clock;
  readonly #events: Emitter<{ wake: Wake }>;
  /** Time that does not count. */
  #asleepMs = 0;
  /** When somebody last asked for the time: the process ran then. On the clock beneath, as all below. */
  #seenAt: number;
  /** The timer that was due first when it was set; undefined while none is known. */
  #next: Alarm | undefined;
  #isCrawling = false;
  /** Stalls that listeners have not been told of. */
  #untoldMs = 0;
  /** Up-time of the machine less monotonic time: it grows while a machine sleeps whose monotonic clock stands still. */
  #drift: number;
  #driftSeenAt: number;

  constructor(clock: Clock, logger?: Logger) {
    this.#clock = clock;
    this.#events = new Emitter(logger);
    this.#seenAt = clock.now();
    this.#drift = this.#driftAt(this.#seenAt);
    this.#driftSeenAt = this.#seenAt;
  }

  now(): number {
    const now = this.#clock.now();
    if (this.#next !== undefined) this.#notice(this.#next, now);
    this.#seenAt = now;
    return now - this.#asleepMs;
  }

  wallNow(): number {
    return this.#clock.wallNow();
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const now = this.now();
    const alarm: Alarm = {
      callback,
      at: now + Math.max(0, delayMs),
      dueAt: 0,
      asleepMs: 0,
      isUnref: false,
      isCancelled: false,
      timer: undefined,
    };
    this.#arm(alarm, delayMs);
    return {
      cancel: () => {
        if (this.#next === alarm) this.#next = undefined;
        alarm.isCancelled = true;
        alarm.timer?.cancel();
      },
      unref: () => {
        alarm.isUnref = true;
        alarm.timer?.unref();
      },
    };
  }

  /**
   * Calls `listener` once after each time of more than 10 s in which the process did not run, when it runs again. It
   * comes with the first timer that rings, before its callback; whoever wants to do something for many then, adds
   * jitter.
   */
  onWake(listener: (wake: Wake) => void): Disposer {
    return this.#events.on('wake', listener);
  }

  #arm(alarm: Alarm, delayMs: number): void {
    alarm.asleepMs = this.#asleepMs;
    alarm.dueAt = alarm.at + this.#asleepMs;
    alarm.timer = this.#clock.setTimeout(() => this.#ring(alarm), delayMs);
    if (alarm.isUnref) alarm.timer.unref();
    if (this.#next === undefined || alarm.dueAt < this.#next.dueAt) this.#next = alarm;
  }

  #ring(alarm: Alarm): void {
    const now = this.#clock.now();
    if (this.#next === alarm) this.#next = undefined;
    this.#notice(alarm, now);
    this.#seenAt = now;
    if (now - alarm.dueAt <= STALL_MS) this.#isCrawling = false;
    this.#tell(now);
    // Whoever was just told may have cancelled the very timer that told it.
    if (alarm.isCancelled) return;
    if (alarm.asleepMs === this.#asleepMs) alarm.callback();
    // It is late only by time that does not count.
    else this.#arm(alarm, Math.max(0, alarm.at + this.#asleepMs - now));
  }

  /** Takes the time off in which `alarm` should have rung and the process was not seen to run. */
  #notice(alarm: Alarm, now: number): void {
    const stalledMs = now - Math.max(alarm.dueAt, this.#seenAt);
    if (!(stalledMs > STALL_MS)) return;
    this.#untoldMs += stalledMs;
    if (this.#isCrawling) return;
    this.#isCrawling = true;
    this.#asleepMs += stalledMs;
  }

  #tell(now: number): void {
    let asleepMs = this.#untoldMs;
    this.#untoldMs = 0;
    if (now - this.#driftSeenAt >= UP_TIME_MS) {
      const drift = this.#driftAt(now);
      asleepMs += Math.max(0, drift - this.#drift);
      this.#drift = drift;
      this.#driftSeenAt = now;
    }
    if (asleepMs > WAKE_MS) this.#events.emit('wake', { asleepMs });
  }

  #driftAt(now: number): number {
    return this.#clock.upNow === undefined ? 0 : this.#clock.upNow() - now;
  }
}

/** A timer that may have to be set again. */
interface Alarm {
  readonly callback: () => void;
  /** When it is due, in time that counts. */
  readonly at: number;
  /** The same on the clock beneath, as it was when it was set. */
  dueAt: number;
  asleepMs: number;
  isUnref: boolean;
  isCancelled: boolean;
  timer: Timer | undefined;
}
