import { sanitizePeerText } from '../../core/peer-text.ts';

/** Where in an entry something stands: the keys and indexes that lead there. */
export type KeyPath = readonly (string | number)[];

/** One thing that is wrong, or odd, and where. */
export interface Finding {
  readonly path: KeyPath;
  readonly message: string;
}

/** All that a check of one entry finds: every problem, not only the first. */
export class Findings {
  readonly problems: Finding[] = [];
  readonly warnings: Finding[] = [];

  problem(path: KeyPath, message: string): undefined {
    this.problems.push({ path, message });
  }

  warn(path: KeyPath, message: string): void {
    this.warnings.push({ path, message });
  }
}

/** Longest key that is quoted in full, in characters. */
const MAX_KEY_TEXT = 80;

/** A path as people write it: `x-signalbox.timeouts.request`, `args[2]`. Bounded and safe to print. */
export function keyText(path: KeyPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += `${text === '' ? '' : '.'}${sanitizePeerText(part, MAX_KEY_TEXT)}`;
  }
  return text;
}

/** A finding as one sentence that begins with its key. */
export function findingText({ path, message }: Finding): string {
  return path.length === 0 ? message : `"${keyText(path)}" ${message}`;
}

/** Longest rendering of a refused value, in characters. */
const MAX_VALUE_TEXT = 40;

/** A refused value for a message, bounded. Only for places that never hold a secret. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `"${sanitizePeerText(value, MAX_VALUE_TEXT)}"`;
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return kindOf(value);
}

/** What a value is, in a word, without showing it. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}
