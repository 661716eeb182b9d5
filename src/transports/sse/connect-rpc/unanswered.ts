import { LinkedList } from '../../../core/linked-list.ts';
import type { Outgoing } from '../../transport.ts';

/** Below this many there is nothing worth tidying. */
const TIDY_SIZE = 64;

/** Requests that the server has taken and whose answers are to come on the stream. */
export class Unanswered {
  readonly #requests: LinkedList<Outgoing> = new LinkedList();
  #size = 0;
  #tidyAt = TIDY_SIZE;

  /** What was answered meanwhile is forgotten now and then: nobody tells of it. */
  add(outgoing: Outgoing): void {
    this.#requests.add(outgoing);
    this.#size++;
    if (this.#size < this.#tidyAt) return;
    const waiting = this.take();
    for (const one of waiting) this.#requests.add(one);
    this.#size = waiting.length;
    this.#tidyAt = Math.max(TIDY_SIZE, waiting.length * 2);
  }

  /** Those that still wait, which are not kept any longer. */
  take(): Outgoing[] {
    const waiting = this.#requests.snapshot().filter(({ settled }) => !settled);
    this.#requests.clear();
    this.#size = 0;
    return waiting;
  }
}
