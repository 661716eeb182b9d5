import { sanitizePeerText } from '../../core/peer-text.ts';

const MAX_NAMES = 5;

/** Names of a peer for a sentence: the first few, and how many more there are. */
export function named(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => `"${sanitizePeerText(name, 64)}"`);
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return `${shown.join(', ')}${more}`;
}
