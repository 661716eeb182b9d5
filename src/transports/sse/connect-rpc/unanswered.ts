import type { Outgoing } from '../../transport.ts';

/** Below this many there is nothing worth tidying. */
const TIDY_SIZE = 64;

/** Requests that the server has taken and whose answers are to come on the stream. */
export class Unanswered {
  #requests: Set<Outgoing> = new Set();
  #tidyAt = TIDY_SIZE;

  /** What was answered meanwhile is forgotten now and then: nobody tells of it. */
  add(outgoing: Outgoing): void {
    this.#requests.add(outgoing);
    if (this.#requests.size < this.#tidyAt) return;
    this.#requests = new Set([...this.#requests].filter(({ settled }) => !settled));
    this.#tidyAt = Math.max(TIDY_SIZE, this.#requests.size * 2);
  }

  /** Those that still wait, which are not kept any longer. */
  take(): Outgoing[] {
    const waiting = [...this.#requests].filter(({ settled }) => !settled);
    this.#requests.clear();
    return waiting;
  }
}
