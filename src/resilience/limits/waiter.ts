import { type AbortWatcher, unwatchAbort, type Watching, watchAbort } from '../../core/abort.ts';

/** How long one may wait for one's turn. */
export interface WaitOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** When the wait is useless, on `now()` of the clock, in ms. Default Infinity. */
  readonly deadlineAt?: number | undefined;
}

/** One that waits for its turn. It is settled once and then watches nothing any more. */
export class Waiter<Wish, Refusal> implements AbortWatcher {
  /** What it waits for. */
  readonly wish: Wish;
  readonly deadlineAt: number;
  /** Never rejects. Undefined: its turn has come. */
  readonly settled: Promise<Refusal | undefined>;
  #settle!: (refusal: Refusal | undefined) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #watching: Watching | undefined;
  readonly #onAbort: (waiter: Waiter<Wish, Refusal>) => void;

  constructor(wish: Wish, options: WaitOptions, onAbort: (waiter: Waiter<Wish, Refusal>) => void) {
    this.wish = wish;
    this.deadlineAt = options.deadlineAt ?? Number.POSITIVE_INFINITY;
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#signal = options.signal;
    this.#onAbort = onAbort;
    this.#watching = this.#signal === undefined ? undefined : watchAbort(this.#signal, this);
  }

  settle(refusal: Refusal | undefined): void {
    if (this.#watching !== undefined) unwatchAbort(this.#signal!, this.#watching);
    this.#settle(refusal);
  }

  aborted(): void {
    this.#onAbort(this);
  }
}
