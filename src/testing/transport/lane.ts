import type { Clock, Timer } from '../../core/clock.ts';

interface Held<T> {
  readonly item: T;
  readonly bytes: number;
  readonly dueAt: number;
}

/**
 * One direction of a stream, in which nothing overtakes: each item leaves when its time has come and all before it
 * have left. A stalled lane keeps everything.
 */
export class Lane<T> {
  readonly #clock: Clock;
  readonly #leave: (item: T) => void;
  #held: Held<T>[] = [];
  #bytes = 0;
  #stalled = false;
  #timer: Timer | undefined;

  constructor(clock: Clock, leave: (item: T) => void) {
    this.#clock = clock;
    this.#leave = leave;
  }

  /** Bytes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  get isStalled(): boolean {
    return this.#stalled;
  }

  /** What is held, oldest first. */
  items(): T[] {
    return this.#held.map(({ item }) => item);
  }

  /** An item without delay that finds the lane empty leaves at once. */
  push(item: T, bytes: number, delayMs: number): void {
    if (delayMs <= 0 && this.#held.length === 0 && !this.#stalled) {
      this.#leave(item);
      return;
    }
    this.#held.push({ item, bytes, dueAt: this.#clock.now() + delayMs });
    this.#bytes += bytes;
    this.#schedule();
  }

  /** Nothing leaves from now on. */
  stall(): void {
    this.#stalled = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  resume(): void {
    if (!this.#stalled) return;
    this.#stalled = false;
    this.#schedule();
  }

  /** Takes an item out that nobody waits for any more. */
  remove(item: T): void {
    const index = this.#held.findIndex((held) => held.item === item);
    if (index === -1) return;
    this.#bytes -= this.#held[index]!.bytes;
    this.#held.splice(index, 1);
    if (this.#held.length > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Lets everything leave now, in order, unless it is stalled. */
  flush(): void {
    if (!this.#stalled) for (const item of this.clear()) this.#leave(item);
  }

  /** Empties the lane and stops its timer. */
  clear(): T[] {
    this.#timer?.cancel();
    this.#timer = undefined;
    const items = this.#held.map(({ item }) => item);
    this.#held = [];
    this.#bytes = 0;
    return items;
  }

  #schedule(): void {
    const head = this.#held[0];
    if (head === undefined || this.#stalled || this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimeout(() => this.#due(), head.dueAt - this.#clock.now());
  }

  #due(): void {
    this.#timer = undefined;
    // Node fires a timer up to 1 ms early.
    const now = this.#clock.now() + 1;
    while (!this.#stalled && this.#held[0] !== undefined && this.#held[0].dueAt <= now) {
      const { item, bytes } = this.#held.shift()!;
      this.#bytes -= bytes;
      this.#leave(item);
    }
    this.#schedule();
  }
}
