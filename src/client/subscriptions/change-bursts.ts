import type { Clock, Timer } from '../../core/clock.ts';
import { LateMap } from '../../core/late-map.ts';

/** Changes of one list that come within this time are told as one, in ms (F-058). */
const BURST_MS = 100;

/** What {@link ChangeBursts} is made with. */
export interface ChangeBurstsOptions<Change> {
  readonly clock: Clock;
  readonly tell: (change: Change) => void;
  /** A change was not told by itself: the one that ends the burst stands for it. */
  readonly onDropped?: (() => void) | undefined;
}

/**
 * Tells the first change of a kind at once, and all that follow within {@link BURST_MS} as one at its end: whoever
 * reads a list upon each change is kept from reading it a hundred thousand times, and never misses the last.
 */
export class ChangeBursts<Change extends string> {
  readonly #options: ChangeBurstsOptions<Change>;
  readonly #bursts: LateMap<Change, { timer: Timer; isPending: boolean }> = new LateMap();

  constructor(options: ChangeBurstsOptions<Change>) {
    this.#options = options;
  }

  note(change: Change): void {
    const burst = this.#bursts.get(change);
    if (burst === undefined) {
      this.#begin(change);
      this.#options.tell(change);
    } else if (burst.isPending) this.#options.onDropped?.();
    else burst.isPending = true;
  }

  /** Forgets what is pending. */
  close(): void {
    for (const { timer } of this.#bursts.values()) timer.cancel();
    this.#bursts.clear();
  }

  #begin(change: Change): void {
    const timer = this.#options.clock.setTimeout(() => this.#end(change), BURST_MS);
    timer.unref();
    this.#bursts.set(change, { timer, isPending: false });
  }

  #end(change: Change): void {
    const isPending = this.#bursts.get(change)?.isPending === true;
    this.#bursts.delete(change);
    if (!isPending) return;
    // What comes next is not told at once again: a flood is told at this pace for as long as it lasts.
    this.#begin(change);
    this.#options.tell(change);
  }
}
