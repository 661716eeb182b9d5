/** First in, first out, at most `capacity` items: when it is full, the oldest makes room. */
export class BoundedQueue<Item> {
  readonly capacity: number;
  readonly #items: (Item | undefined)[] = [];
  #first = 0;
  #size = 0;

  /** @param capacity a whole number, 0 or more */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Returns false if an item had to go for this one: the oldest, or with a capacity of 0 this one. */
  push(item: Item): boolean {
    if (this.capacity === 0) return false;
    const hadRoom = this.#size < this.capacity;
    if (!hadRoom) this.shift();
    // The array grows as it is needed, and then goes round.
    this.#items[(this.#first + this.#size) % this.capacity] = item;
    this.#size++;
    return hadRoom;
  }

  /** Takes the oldest. */
  shift(): Item | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.capacity;
    this.#size--;
    return item;
  }

  clear(): void {
    this.#items.length = 0;
    this.#first = 0;
    this.#size = 0;
  }

  /** The oldest first. */
  *[Symbol.iterator](): Generator<Item> {
    for (let index = 0; index < this.#size; index++) {
      yield this.#items[(this.#first + index) % this.capacity]!;
    }
  }
}
