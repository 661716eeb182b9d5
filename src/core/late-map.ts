/**
 * A `Map` that has no table before something is put into it. An empty table takes 150 bytes, and of the many that a
 * client has most stay empty for as long as it lives.
 *
 * Not for what every call enters and leaves: see `LinkedList` for what such a table costs.
 */
export class LateMap<Key, Value> {
  #table: Map<Key, Value> | undefined;

  get size(): number {
    return this.#table?.size ?? 0;
  }

  get(key: Key): Value | undefined {
    return this.#table?.get(key);
  }

  has(key: Key): boolean {
    return this.#table?.has(key) === true;
  }

  set(key: Key, value: Value): void {
    this.#table ??= new Map();
    this.#table.set(key, value);
  }

  /** Whether it was there. */
  delete(key: Key): boolean {
    return this.#table?.delete(key) === true;
  }

  clear(): void {
    this.#table = undefined;
  }

  keys(): Iterable<Key> {
    return this.#table?.keys() ?? [];
  }

  values(): Iterable<Value> {
    return this.#table?.values() ?? [];
  }

  [Symbol.iterator](): Iterator<[Key, Value]> {
    return (this.#table ?? [])[Symbol.iterator]();
  }
}
