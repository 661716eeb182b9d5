import type { ServerEntry } from '../../config/entry.ts';
import type { ParsedEntry } from '../../config/parse-entry.ts';

/** The entry of a shared connection: as the newest lease gave it, so that the next attempt uses the newest token. */
export class NewestEntry implements ParsedEntry {
  readonly name: string;
  readonly kind: string;
  readonly warnings: readonly string[];
  #entry: ServerEntry;

  constructor({ name, kind, warnings, entry }: ParsedEntry) {
    this.name = name;
    this.kind = kind;
    this.warnings = warnings;
    this.#entry = entry;
  }

  get entry(): ServerEntry {
    return this.#entry;
  }

  renew(entry: ServerEntry): void {
    this.#entry = entry;
  }
}
