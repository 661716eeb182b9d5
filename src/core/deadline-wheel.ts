import { type Clock, systemClock, type Timer } from './clock.ts';

/**
 * Something that expires. It is itself the list node of the wheel, so that a call's deadline costs no
 * allocation and no timer of its own: extend it.
 */
export abstract class Deadline {
  /** @internal when it is due, on the clock of its wheel; NaN while it stands on no wheel */
  dueAt: number = Number.NaN;
  /** @internal */
  wheelPrevious: Deadline | undefined = undefined;
  /** @internal */
  wheelNext: Deadline | undefined = undefined;

  /** Called once when the time has come; the deadline then stands on no wheel any more. */
  abstract expire(): void;
}

class SlotHead extends Deadline {
  override expire(): void {}
}

/** How a {@link DeadlineWheel} divides time. */
export interface DeadlineWheelOptions {
  readonly clock?: Clock;
  /** Length of a tick in ms: a deadline fires at most this much late, never early. Default 20. */
  readonly tickMs?: number;
  /** Number of slots. Default 512. */
  readonly slots?: number;
}

/**
 * A hashed timing wheel: one coarse timer for all calls in flight. Adding and removing is O(1).
 *
 * The timer runs only while there is something to wait for, and keeps the process alive at most one tick longer.
 *
 * What a late timer means depends on how late it is. Up to 4 ticks: nothing. More: the loop was busy, and one more turn
 * of it passes before anything expires. More than 2 s: with an `AwakeClock`, as all calls have, the process did not run
 * meanwhile, and every deadline has as much time left as before. The clock does that; the wheel reads time from nowhere
 * else.
 */
export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #slots: SlotHead[];
  #size = 0;
  #timer: Timer | undefined;
  /** The last tick that was worked off. */
  #tick = 0;
  #expectedAt = 0;
  /** True while the extra turn of F-136 is under way: it is granted once for each late timer. */
  #isGraceTurn = false;

  constructor(options: DeadlineWheelOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#tickMs = options.tickMs ?? 20;
    this.#slots = Array.from({ length: options.slots ?? 512 }, () => {
      const head = new SlotHead();
      head.wheelPrevious = head;
      head.wheelNext = head;
      return head;
    });
  }

  /** Number of deadlines that are waiting. */
  get size(): number {
    return this.#size;
  }

  /**
   * Puts `deadline` on the wheel, or moves it. Infinity takes it off.
   *
   * @param now `now()` of the clock, where the caller has just read it
   */
  add(deadline: Deadline, delayMs: number, now: number = this.#clock.now()): void {
    this.remove(deadline);
    if (delayMs === Number.POSITIVE_INFINITY) return;
    deadline.dueAt = now + Math.max(0, delayMs);
    // Only an empty wheel may skip ticks: an expiry that adds another deadline may itself have taken several.
    if (this.#size === 0) this.#tick = Math.floor(now / this.#tickMs);
    if (this.#timer === undefined) this.#armNextTick();
    // Rounding up: a deadline is looked at in the first tick that begins after it is due.
    this.#link(deadline, Math.max(this.#tick + 1, Math.ceil(deadline.dueAt / this.#tickMs)));
  }

  /** Takes `deadline` off; nothing happens if it is not on the wheel. */
  remove(deadline: Deadline): void {
    const { wheelPrevious, wheelNext } = deadline;
    if (wheelPrevious === undefined || wheelNext === undefined) return;
    wheelPrevious.wheelNext = wheelNext;
    wheelNext.wheelPrevious = wheelPrevious;
    deadline.wheelPrevious = undefined;
    deadline.wheelNext = undefined;
    deadline.dueAt = Number.NaN;
    this.#size--;
    // The timer stays armed: a tick that finds nothing stops itself. So a sequence of calls arms it once.
  }

  /** Time left to `deadline` in ms; Infinity if it is not on the wheel. */
  remaining(deadline: Deadline): number {
    return Number.isNaN(deadline.dueAt) ? Number.POSITIVE_INFINITY : deadline.dueAt - this.#clock.now();
  }

  /** Stops the timer at once, and not with its next tick, if nothing waits any more. */
  rest(): void {
    if (this.#size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isGraceTurn = false;
  }

  #link(deadline: Deadline, tick: number): void {
    const head = this.#slots[tick % this.#slots.length]!;
    const last = head.wheelPrevious!;
    last.wheelNext = deadline;
    deadline.wheelPrevious = last;
    deadline.wheelNext = head;
    head.wheelPrevious = deadline;
    this.#size++;
  }

  #arm(delayMs: number): void {
    this.#expectedAt = this.#clock.now() + delayMs;
    this.#timer = this.#clock.setTimeout(() => this.#onTimer(), delayMs);
  }

  /** On the grid of the ticks: a timer of a full tick, set anywhere in between, would add up to one more. */
  #armNextTick(): void {
    const now = this.#clock.now();
    this.#arm(Math.ceil((Math.floor(now / this.#tickMs) + 1) * this.#tickMs - now));
  }

  #onTimer(): void {
    // F-136: after a blocked loop answers may lie unread in the sockets. One more turn of the loop reads them
    // before any call is failed. Only one: under a load that makes every turn slow, calls must still time out.
    this.#isGraceTurn = !this.#isGraceTurn && this.#clock.now() - this.#expectedAt > 4 * this.#tickMs;
    if (this.#isGraceTurn) {
      this.#arm(0);
      return;
    }
    this.#timer = undefined;
    this.#workOff();
    if (this.#size > 0 && this.#timer === undefined) this.#armNextTick();
  }

  #workOff(): void {
    const now = this.#clock.now();
    const current = Math.floor(now / this.#tickMs);
    const first = Math.max(this.#tick + 1, current - this.#slots.length + 1);
    this.#tick = current;
    // Collected first: expiring one call may add or remove others.
    const due: Deadline[] = [];
    for (let tick = first; tick <= current; tick++) {
      const head = this.#slots[tick % this.#slots.length]!;
      for (let node = head.wheelNext!; node !== head; node = node.wheelNext!) {
        if (node.dueAt <= now) due.push(node);
      }
    }
    for (const deadline of due) {
      // It may have been removed or moved by one that expired before it.
      if (!(deadline.dueAt <= now)) continue;
      this.remove(deadline);
      deadline.expire();
    }
  }
}
