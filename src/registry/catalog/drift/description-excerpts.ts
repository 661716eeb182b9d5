import { sanitizePeerText } from '../../../core/peer-text.ts';

/** How much of an approved description is remembered, in characters. */
export const MAX_DESCRIPTION = 2000;

/** Longest excerpt, in characters, and how much of it stands before the first difference. */
const MAX_EXCERPT = 200;
const LEAD = 40;

/** A description as it is remembered and shown: bounded, without control characters and invisible ones (S16). */
export function shownDescription(description: unknown): string {
  return typeof description === 'string' ? sanitizePeerText(description, MAX_DESCRIPTION) : '';
}

/** Both texts, cut to where they begin to differ. */
export function excerpts(before: string, after: string): { readonly before: string; readonly after: string } {
  // By characters, so that none is cut in two.
  const [one, other] = [Array.from(before), Array.from(after)];
  let same = 0;
  while (same < one.length && one[same] === other[same]) same++;
  const start = Math.max(one.length, other.length) <= MAX_EXCERPT ? 0 : Math.max(0, same - LEAD);
  return { before: excerpt(one, start), after: excerpt(other, start) };
}

function excerpt(characters: readonly string[], start: number): string {
  const head = start > 0 ? '…' : '';
  const tail = characters.length > start + MAX_EXCERPT ? '…' : '';
  return `${head}${characters.slice(start, start + MAX_EXCERPT).join('')}${tail}`;
}
