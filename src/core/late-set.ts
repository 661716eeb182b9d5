/** A `Set` that has no table before something is put into it: see `LateMap`. */
export class LateSet<Value> {
  #table: Set<Value> | undefined;

  get size(): number {
    return this.#table?.size ?? 0;
  }

  has(value: Value): boolean {
    return this.#table?.has(value) === true;
  }

  add(value: Value): void {
    this.#table ??= new Set();
    this.#table.add(value);
  }

  /** Whether it was there. */
  delete(value: Value): boolean {
    return this.#table?.delete(value) === true;
  }

  clear(): void {
    this.#table = undefined;
  }

  [Symbol.iterator](): Iterator<Value> {
    return (this.#table ?? [])[Symbol.iterator]();
  }
}
