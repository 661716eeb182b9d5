import { seededRandom } from '../../src/testing/index.ts';

/** Draws from one seeded stream. */
export class Dice {
  readonly #random: () => number;

  /** @param name streams of the same seed with other names draw other numbers */
  constructor(seed: number, name: string) {
    let mixed = seed | 0;
    for (const char of name) mixed = (Math.imul(mixed, 31) + char.charCodeAt(0)) | 0;
    this.#random = seededRandom(mixed);
  }

  between(from: number, to: number): number {
    return from + (to - from) * this.#random();
  }

  whole(from: number, to: number): number {
    return Math.floor(this.between(from, to + 1));
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  one<T>(items: readonly T[]): T {
    return items[this.whole(0, items.length - 1)]!;
  }
}
