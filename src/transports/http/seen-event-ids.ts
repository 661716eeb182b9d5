/** Event ids that are remembered to drop what a resumed stream repeats. */
const MAX_SEEN_IDS = 1024;

/** F-102: a server that resumes too early in its history repeats events; they are told by their id. */
export class SeenEventIds {
  readonly #seen: Set<string> = new Set();

  /** Notes an id; true if it was seen before. The empty one names no event. */
  repeats(id: string): boolean {
    if (id === '') return false;
    if (this.#seen.has(id)) return true;
    this.#seen.add(id);
    if (this.#seen.size > MAX_SEEN_IDS) this.#seen.delete(this.#seen.values().next().value!);
    return false;
  }
}
