import type { Random } from '../core/random.ts';

/** Ids begin at a random place below this, so that an answer cannot be guessed before its request (F-044). */
const ID_RANGE = 2 ** 30;

/** What an id in an answer is, if no call waits under it. */
export type Miss = 'late' | 'unknown';

/**
 * Which calls wait for an answer, by id. Ids are integers that grow by one and are never used twice, which satisfies
 * the rule of every revision; an answer matches by type and value, `"7"` is not `7` (F-045).
 */
export class CallTable<Call extends { readonly id: number }> {
  readonly #calls: Map<number, Call> = new Map();
  readonly #firstId: number;
  #nextId: number;

  constructor(random: Random) {
    this.#firstId = 1 + Math.floor(random() * ID_RANGE);
    this.#nextId = this.#firstId;
  }

  get size(): number {
    return this.#calls.size;
  }

  takeId(): number {
    return this.#nextId++;
  }

  add(call: Call): void {
    this.#calls.set(call.id, call);
  }

  delete(id: number): void {
    this.#calls.delete(id);
  }

  /** The call that waits under exactly this id. */
  find(id: unknown): Call | undefined {
    return typeof id === 'number' ? this.#calls.get(id) : undefined;
  }

  /** Whether an id that nobody waits for was ours once: an answer that came late or twice. */
  missOf(id: unknown): Miss {
    return Number.isInteger(id) && (id as number) >= this.#firstId && (id as number) < this.#nextId
      ? 'late'
      : 'unknown';
  }

  /** The calls that wait now; changes meanwhile do no harm. */
  snapshot(): Call[] {
    return [...this.#calls.values()];
  }
}
