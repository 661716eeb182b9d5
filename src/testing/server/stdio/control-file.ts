import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { RuleSource } from '../../faults/fault-plan.ts';
import type { NumberedRule } from '../../faults/rule-book.ts';

type Rules = Readonly<Record<string, readonly NumberedRule[]>>;

/** Puts the rules into a file, at once or not at all: a reader never sees half of them. */
export function writeControlFile(path: string, rules: Rules): void {
  const beside = `${path}.next`;
  writeFileSync(beside, JSON.stringify(rules));
  renameSync(beside, path);
}

/** The rules that a file holds now, parsed again only when it has changed. */
export class ControlFileReader {
  readonly #path: string;
  #text = '';
  #rules: ReadonlyMap<string, readonly NumberedRule[]> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  read(): RuleSource {
    const text = readFileSync(this.#path, 'utf8');
    if (text !== this.#text) {
      this.#text = text;
      this.#rules = new Map(Object.entries(JSON.parse(text) as Rules));
    }
    return { of: (target) => this.#rules.get(target) ?? [] };
  }
}
