import type { Random } from '../core/random.ts';

/** Ids begin at a random place below this, so that an answer cannot be guessed before its request (F-044). */
const ID_RANGE = 2 ** 30;

/** Places of a table in which one call at a time waits: most servers never have more. All sizes are powers of two. */
const FIRST_SIZE = 2;
/** Places from the second call at once on: so many that one which waits for long is seldom in the way of others. */
const SHARED_SIZE = 16;
/** A table that has grown beyond this is made small again when nobody waits any more. */
const KEPT_SIZE = 1024;

/** What an id in an answer is, if no call waits under it. */
export type Miss = 'late' | 'unknown';

/**
 * Which calls wait for an answer, by id. Ids are integers that grow by one and are never used twice, which satisfies
 * the rule of every revision; an answer matches by type and value, `"7"` is not `7` (F-045).
 *
 * A call stands in the place that the last bits of its id name; one that finds it taken, by a call that has waited for
 * long, stands beside. No `Map` for all: see `LinkedList` for what that costs.
 */
export class CallTable<Call extends { readonly id: number }> {
  readonly #firstId: number;
  #nextId: number;
  #places: (Call | undefined)[] = emptyPlaces(FIRST_SIZE);
  #beside: Map<number, Call> | undefined;
  #size = 0;

  constructor(random: Random) {
    this.#firstId = 1 + Math.floor(random() * ID_RANGE);
    this.#nextId = this.#firstId;
  }

  get size(): number {
    return this.#size;
  }

  takeId(): number {
    return this.#nextId++;
  }

  add(call: Call): void {
    if (this.#size * 2 >= this.#places.length) this.#resize(Math.max(SHARED_SIZE, this.#places.length * 2));
    this.#size++;
    this.#put(call);
  }

  delete(id: number): void {
    const at = id & (this.#places.length - 1);
    if (this.#places[at]?.id === id) this.#places[at] = undefined;
    else if (this.#beside?.delete(id) !== true) return;
    this.#size--;
    if (this.#size === 0 && this.#places.length > KEPT_SIZE) this.#resize(FIRST_SIZE);
  }

  /** The call that waits under exactly this id. */
  find(id: unknown): Call | undefined {
    if (typeof id !== 'number') return undefined;
    const call = this.#places[id & (this.#places.length - 1)];
    return call?.id === id ? call : this.#beside?.get(id);
  }

  /** Whether an id that nobody waits for was ours once: an answer that came late or twice. */
  missOf(id: unknown): Miss {
    return Number.isInteger(id) && (id as number) >= this.#firstId && (id as number) < this.#nextId
      ? 'late'
      : 'unknown';
  }

  /** The calls that wait now, in the order of their ids; changes meanwhile do no harm. */
  snapshot(): Call[] {
    if (this.#size === 0) return [];
    const calls = this.#places.filter((call) => call !== undefined);
    if (this.#beside !== undefined) calls.push(...this.#beside.values());
    return calls.sort((one, other) => one.id - other.id);
  }

  #put(call: Call): void {
    const at = call.id & (this.#places.length - 1);
    if (this.#places[at] === undefined) {
      this.#places[at] = call;
      return;
    }
    this.#beside ??= new Map();
    this.#beside.set(call.id, call);
  }

  #resize(size: number): void {
    const calls = this.snapshot();
    this.#places = emptyPlaces(size);
    this.#beside = undefined;
    for (const call of calls) this.#put(call);
  }
}

function emptyPlaces(size: number): undefined[] {
  return Array.from({ length: size }, () => undefined);
}
