import { sanitizePeerText } from '../../../core/peer-text.ts';

/** Bounds of what an error keeps of what a service says about it. */
const MAX_DEPTH = 5;
const MAX_ENTRIES = 30;
const MAX_TEXT = 300;
const MAX_VALUES = 200;

/**
 * What a service says about an error, for programs: bounded in depth, number and length, without control characters and
 * without what we sent it to prove who we are.
 */
export function cleanDetails(value: unknown, conceal: (text: string) => string): unknown {
  let left = MAX_VALUES;
  const text = (raw: string): string => sanitizePeerText(conceal(raw.slice(0, MAX_TEXT * 4)), MAX_TEXT);
  const clean = (one: unknown, depth: number): unknown => {
    left--;
    if (typeof one === 'string') return text(one);
    if (typeof one !== 'object' || one === null) return one;
    if (depth >= MAX_DEPTH || left <= 0) return '…';
    if (Array.isArray(one)) return one.slice(0, MAX_ENTRIES).map((item) => clean(item, depth + 1));
    const entries = Object.entries(one).slice(0, MAX_ENTRIES);
    return Object.fromEntries(entries.map(([name, inner]) => [text(name), clean(inner, depth + 1)]));
  };
  return clean(value, 0);
}
