import { UnusableSchema } from '../unusable-schema.ts';

/** Counts the steps of one check, so that no pair of schema and value goes on for long (B-6). */
export class WorkMeter {
  readonly #limit: number;
  #left: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.#left = limit;
  }

  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new UnusableSchema(`checking the value takes more than ${this.#limit} steps`);
  }

  /** For reading a whole text. */
  spendText(text: string): void {
    this.spend(1 + (text.length >> 6));
  }
}
