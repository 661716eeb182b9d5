import type { Clock, Timer } from '../../core/clock.ts';
import { LinkedList, type ListNode } from '../../core/linked-list.ts';

/** How long an answer stream may stay open after its answer, in ms (F-111). */
export const LINGER_MS = 1000;

/** Something that is closed if it does not end by itself. */
export interface Lingering {
  cancel(): void;
}

interface Waiting {
  readonly stream: Lingering;
  readonly dueAt: number;
}

/** The place of a stream in a {@link LingerList}. */
export type Lingerer = ListNode<Waiting>;

/** Closes streams that stay open after their answer: one timer for all of them, not one each. */
export class LingerList {
  readonly #clock: Clock;
  /** In the order of their deadlines, since all wait equally long. */
  readonly #streams: LinkedList<Waiting> = new LinkedList();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns what {@link remove} takes it out by */
  add(stream: Lingering): Lingerer {
    const place = this.#streams.add({ stream, dueAt: this.#clock.now() + LINGER_MS });
    if (this.#timer === undefined) this.#arm(LINGER_MS);
    return place;
  }

  remove(place: Lingerer): void {
    // The timer stays: most streams end at once, and arming it anew for each would cost more than one idle tick.
    this.#streams.remove(place);
  }

  clear(): void {
    this.#streams.clear();
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
    for (let first = this.#streams.first; first !== undefined; first = this.#streams.first) {
      if (first.dueAt > now) {
        this.#arm(first.dueAt - now);
        return;
      }
      this.#streams.removeFirst();
      first.stream.cancel();
    }
  }
}
