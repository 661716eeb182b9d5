import type { Clock, Timer } from '../../core/clock.ts';

/** How long an answer stream may stay open after its answer, in ms (F-111). */
export const LINGER_MS = 1000;

/** Something that is closed if it does not end by itself. */
export interface Lingering {
  cancel(): void;
}

/** Closes streams that stay open after their answer: one timer for all of them, not one each. */
export class LingerList {
  readonly #clock: Clock;
  /** In the order of their deadlines, since all wait equally long. */
  readonly #dueAt: Map<Lingering, number> = new Map();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(stream: Lingering): void {
    if (this.#dueAt.has(stream)) return;
    this.#dueAt.set(stream, this.#clock.now() + LINGER_MS);
    if (this.#timer === undefined) this.#arm(LINGER_MS);
  }

  remove(stream: Lingering): void {
    // The timer stays: most streams end at once, and arming it anew for each would cost more than one idle tick.
    this.#dueAt.delete(stream);
  }

  clear(): void {
    this.#dueAt.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(() => this.#sweep(), delayMs);
    this.#timer.unref();
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const [stream, dueAt] of this.#dueAt) {
      if (dueAt > now) {
        this.#arm(dueAt - now);
        return;
      }
      this.#dueAt.delete(stream);
      stream.cancel();
    }
  }
}
