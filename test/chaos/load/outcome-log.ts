import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Outcome } from './outcome.ts';

const BATCH_CHARS = 64 * 1024;

/** Keeps outcomes in a file, so that the memory that is measured is that of the library. */
export class OutcomeLog {
  readonly #path: string;
  readonly #fd: number;
  #batch = '';

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(path, 'a');
  }

  add(outcome: Outcome): void {
    this.#batch += `${JSON.stringify(outcome)}\n`;
    if (this.#batch.length >= BATCH_CHARS) this.#flush();
  }

  /** Everything that was added; nothing can be added any more. */
  finish(): readonly Outcome[] {
    this.#flush();
    closeSync(this.#fd);
    const lines = readFileSync(this.#path, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Outcome);
  }

  #flush(): void {
    writeSync(this.#fd, this.#batch);
    this.#batch = '';
  }
}
