import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLine } from '../../src/cli/output/json.ts';
import { firstSentence, safeText } from '../../src/cli/output/terminal-text.ts';

/** Everything that may not reach a terminal, as numbers so that this file stays readable. */
function isDangerous(codePoint: number): boolean {
  return (
    (codePoint < 0x20 && codePoint !== 0x09 && codePoint !== 0x0a) ||
    (codePoint >= 0x7f && codePoint <= 0x9f) ||
    (codePoint >= 0x200b && codePoint <= 0x200f) ||
    (codePoint >= 0x2028 && codePoint <= 0x202e) ||
    (codePoint >= 0x2060 && codePoint <= 0x2069) ||
    codePoint === 0xfeff ||
    (codePoint >= 0xe0000 && codePoint <= 0xe007f)
  );
}

const dangersIn = (text: string): string[] =>
  Array.from(text).filter((character) => isDangerous(character.codePointAt(0) ?? 0));

/** Text that is full of what a hostile server would send. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u001B[2J',
        '\u001B]0;title\u0007',
        '\u001B]8;;http://x\u001B\\',
        '\u009B31m',
        '\r',
        '\u202E',
      ),
      fc.constantFrom(
        '\u{E0041}',
        '\u200B',
        '\u2066',
        '\u001B',
        '\u0007',
        '\u0008',
        '\u007F',
        'a',
        '\n',
        '\t',
        '😀',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

describe('S16 text of a server on its way to a terminal', () => {
  it('loses whatever moves the cursor, reorders or hides text, and keeps the rest', () => {
    expect(safeText('a\u001B[31mred\u001B[0m\tb\r\nc\rd\u0007')).toBe('ared\tb\ncd');
    expect(safeText('\u001B]0;stolen title\u0007after')).toBe('after');
    expect(safeText('\u001B]8;;http://evil\u001B\\link\u001B]8;;\u001B\\')).toBe('link');
    expect(safeText('\u001BP1$r0m\u001B\\\u001B_app\u001B\\\u001B(Bx')).toBe('x');
    expect(safeText('abc\u202Edcba\u2066\u{E0041}\u{E0042}\u200B!')).toBe('abcdcba!');
    expect(safeText('Grüße 你好 😀\n\tend')).toBe('Grüße 你好 😀\n\tend');
  });

  it('is safe whatever it was', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(dangersIn(safeText(text))).toEqual([]);
      }),
    );
  });

  it('costs time in proportion to its length', () => {
    const started = performance.now();
    safeText('\u001B]'.repeat(200_000));
    safeText('\u001B['.repeat(200_000));
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('as JSON is safe and loses nothing', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const line = jsonLine({ [text]: [text] });
        expect(dangersIn(line)).toEqual([]);
        expect(line).not.toContain('\n');
        expect(JSON.parse(line)).toEqual({ [text]: [text] });
      }),
    );
    expect(jsonLine(undefined)).toBe('null');
  });
});

describe('the first sentence of a description', () => {
  it.each([
    ['Reads a file. Then more.', 'Reads a file.'],
    ['Version 1.2 of e.g. this tool', 'Version 1.2 of e.g. this tool'],
    ['No end', 'No end'],
    ['  Line one\nline two.\n\nNext part', 'Line one line two.'],
    ['Really? Yes!', 'Really?'],
    ['\u001B[2JClear. Off', 'Clear.'],
    ['', ''],
  ])('of %j is %j', (text, sentence) => {
    expect(firstSentence(text)).toBe(sentence);
  });

  it('is bounded', () => {
    expect(firstSentence('x'.repeat(10_000)).length).toBeLessThanOrEqual(160);
    expect(firstSentence('word '.repeat(10_000), 20)).toMatch(/^word word .*…$/u);
  });
});
