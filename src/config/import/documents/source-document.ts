import type { KeyPath } from '../../checks/findings.ts';
import type { DuplicateKey } from '../../file/config-document.ts';
import type { TextPlace } from '../../file/file-error.ts';

/** A parsed file, whatever its syntax, that knows where everything in it stands. */
export interface SourceDocument {
  readonly file: string;
  /** Its content: objects without prototype (S20), lists, text, numbers, booleans, null. */
  readonly value: unknown;
  /** Keys that stand twice in one object; the last one counts. */
  readonly duplicates: readonly DuplicateKey[];
  /** Where a key or an item stands; for one that is missing, what would hold it. */
  place(path: KeyPath): TextPlace;
  /** The keys of an object in the order of the file. */
  keys(path: KeyPath): string[];
}

/** The bounds on a file of another host. */
export interface SourceLimits {
  /** Largest file, in bytes. Default 16 MiB: the file in which Claude Code keeps its servers holds its history too. */
  readonly maxBytes: number;
  /** Largest YAML file, in bytes, as its parser is the slowest of them. Default 1 MiB. */
  readonly maxYamlBytes: number;
  /** Objects and lists within each other. Default 64. */
  readonly maxDepth: number;
  /** Values of a YAML or TOML file, aliases followed, so that a few lines cannot become millions. Default 100 000. */
  readonly maxValues: number;
}

/** What holds where nothing else is said. Frozen. */
export const SOURCE_LIMITS: SourceLimits = Object.freeze({
  maxBytes: 16 * 1024 * 1024,
  maxYamlBytes: 1024 * 1024,
  maxDepth: 64,
  maxValues: 100_000,
});
