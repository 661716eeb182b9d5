/** Longest piece of peer text that may stand in a message, in characters. */
export const MAX_PEER_TEXT = 300;

/** ANSI escape sequences: CSI, OSC (up to its terminator) and two-character escapes. */
// oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
const ESCAPES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/gu;

/**
 * C0, DEL, C1, line separators, bidirectional overrides, zero-width characters, BOM and the tag block:
 * everything that moves a cursor, reorders text or hides it (S16).
 */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
  /[\u0000-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]+/gu;

/** The first half of a character of two code units, left over at a cut. */
const CUT_CHARACTER = /[\uD800-\uDBFF]$/u;

/**
 * Makes text of a peer safe for a terminal, a log line or an error message: escape sequences vanish, runs of
 * control and invisible characters become one space, and the rest is cut at `maxLength` characters (default 300).
 */
export function sanitizePeerText(text: string, maxLength: number = MAX_PEER_TEXT): string {
  // Bounding first keeps the cost independent of what a peer sends.
  const bounded = text.length > maxLength * 4 ? text.slice(0, maxLength * 4) : text;
  const clean = bounded.replace(ESCAPES, '').replace(INVISIBLE, ' ').trim();
  if (clean.length <= maxLength && bounded.length === text.length) return clean;
  return `${clean
    .slice(0, maxLength - 1)
    .replace(CUT_CHARACTER, '')
    .trimEnd()}…`;
}

/**
 * As {@link sanitizePeerText}, for text that keeps its lines: what a model reads of a tool. Line breaks (as `\n`), tabs and
 * indentation stay; escape sequences vanish, and runs of other control and invisible characters become one space.
 */
export function sanitizePeerLines(text: string, maxLength: number): string {
  const bounded = text.length > maxLength * 4 ? text.slice(0, maxLength * 4) : text;
  const clean = bounded
    .replace(ESCAPES, '')
    .replace(/\r\n?/gu, '\n')
    .replace(INVISIBLE, (run) => run.replace(/[^\n\t]+/gu, '') || ' ')
    .trimEnd();
  if (clean.length <= maxLength && bounded.length === text.length) return clean;
  return `${clean
    .slice(0, maxLength - 1)
    .replace(CUT_CHARACTER, '')
    .trimEnd()}…`;
}
