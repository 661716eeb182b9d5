import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PEER_TEXT, sanitizePeerText } from './peer-text.ts';

const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- control characters must be absent
  /[\u0000-\u001F\u007F-\u009F\u00AD\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]|[\u{E0000}-\u{E007F}]/u;

describe('S16 text of a peer', () => {
  it.each([
    ['ordinary text stays', 'Zürich: ☂ 漢字 🚦', 'Zürich: ☂ 漢字 🚦'],
    ['colours vanish', '\u001b[1;31mred\u001b[0m alert', 'red alert'],
    ['the screen is not cleared', '\u001b[2J\u001b[Hgone', 'gone'],
    ['no window title is set', '\u001b]0;owned\u0007text', 'text'],
    ['no link is hidden', '\u001b]8;;http://evil\u001b\\click\u001b]8;;\u001b\\', 'click'],
    ['the cursor is not moved back', 'safe\rEVIL', 'safe EVIL'],
    ['no log line is forged', 'a\n2026-01-01 admin logged in', 'a 2026-01-01 admin logged in'],
    ['C1 controls vanish', 'a\u009b2Jb', 'a 2Jb'],
    ['text is not reordered', 'a\u202eb\u202c', 'a b'],
    ['nothing is hidden between letters', 'pay\u200b\u2060pal', 'pay pal'],
    ['tags vanish', 'x\u{E0041}\u{E0042}y', 'x y'],
    ['nothing is left of nothing', '\u0000\u0007', ''],
    ['an unfinished sequence is no harm', 'a\u001b', 'a'],
  ])('%s', (_what, text, expected) => expect(sanitizePeerText(text)).toBe(expected));

  it('is cut at 300 characters, or at the length that is asked for', () => {
    expect(sanitizePeerText('x'.repeat(MAX_PEER_TEXT))).toHaveLength(MAX_PEER_TEXT);
    const cut = sanitizePeerText('x'.repeat(MAX_PEER_TEXT + 1));
    expect(cut).toHaveLength(MAX_PEER_TEXT);
    expect(cut.endsWith('x…')).toBe(true);
    expect(sanitizePeerText('abcdef', 4)).toBe('abc…');
  });

  it('says that something is missing even if what is left is short', () => {
    expect(sanitizePeerText(`a${'\u0000'.repeat(5000)}b`)).toBe('a…');
  });

  it('never cuts a character into halves', () => {
    for (const length of [3, 4, 5]) expect(sanitizePeerText('🚦'.repeat(600), length)).toMatch(/^🚦+…$/u);
  });

  it('costs the same for 10 MB', () => {
    const text = '\u001b['.repeat(5_000_000);
    // If each call read all of it, a thousand would outlast the test.
    for (let index = 0; index < 2000; index++) expect(sanitizePeerText(text).length).toBeLessThan(10_000);
  });

  it('any text comes out safe, bounded, and stays as it is the second time', () => {
    const awkward = fc.constantFrom(
      '\u001b',
      '[',
      ']',
      '\u0007',
      '\n',
      '\u202e',
      '\u{E0041}',
      '\u009b',
      ';',
      'm',
      'a',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(awkward, fc.string()), { maxLength: 200 }), (parts) => {
        const clean = sanitizePeerText(parts.join(''));
        expect(clean).not.toMatch(UNSAFE);
        expect(clean.length).toBeLessThanOrEqual(MAX_PEER_TEXT);
        expect(sanitizePeerText(clean)).toBe(clean);
      }),
    );
  });
});
