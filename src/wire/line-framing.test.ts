import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginsMessage, LineDecoder, type LineFault } from './line-framing.ts';

interface Decoded {
  readonly lines: string[];
  readonly faults: { readonly fault: LineFault; readonly sample: string }[];
}

function decode(chunks: Iterable<Buffer>, maxLineBytes: number = 1 << 20, ends: boolean = true): Decoded {
  const decoded: Decoded = { lines: [], faults: [] };
  const decoder = new LineDecoder(
    {
      line: (text) => decoded.lines.push(text),
      fault: (fault, sample) => decoded.faults.push({ fault, sample }),
    },
    maxLineBytes,
  );
  for (const chunk of chunks) decoder.push(chunk);
  if (ends) decoder.end();
  return decoded;
}

function* inPieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let start = 0;
  for (let index = 0; start < bytes.length; index++) {
    const end = start + (sizes[index % sizes.length] ?? 1);
    yield bytes.subarray(start, end);
    start = end;
  }
}

const linesOf = (text: string | Buffer, maxLineBytes?: number): string[] =>
  decode([Buffer.from(text)], maxLineBytes).lines;

describe('LineDecoder', () => {
  it.each<[string, string, string[]]>([
    ['F-037 several lines in one chunk', '{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['F-031 CR LF', 'a\r\nb\r\n', ['a', 'b']],
    ['F-031 blank lines', '\n\r\n  \t \na\n\n', ['a']],
    ['F-031 spaces at the end stay, JSON ignores them', 'a  \n', ['a  ']],
    ['F-031 a CR in the middle stays', 'a\rb\n', ['a\rb']],
    ['F-030 BOM before the first line', '\uFEFFa\nb\n', ['a', 'b']],
    ['F-030 BOM alone', '\uFEFF\nb\n', ['b']],
    ['F-030 BOM later stays', 'a\n\uFEFFb\n', ['a', '\uFEFFb']],
    ['F-039 a last line without line break', 'a\nb', ['a', 'b']],
    ['nothing', '', []],
  ])('%s', (_what, text, lines) => expect(linesOf(text)).toEqual(lines));

  it('F-039 nothing is delivered after the end', () => {
    const lines: string[] = [];
    const decoder = new LineDecoder({ line: (text) => lines.push(text), fault: () => {} }, 100);
    decoder.push(Buffer.from('a'));
    decoder.end();
    decoder.end();
    decoder.push(Buffer.from('b\n'));
    expect(lines).toEqual(['a']);
  });

  it('F-029 invalid UTF-8 spoils its own line only, and a sample of it is shown', () => {
    const bytes = Buffer.concat([
      Buffer.from('a\n{"x":"'),
      Buffer.from([0xc3, 0x28, 0xff]),
      Buffer.from('"}\nb\n'),
    ]);
    expect(decode([bytes])).toEqual({
      lines: ['a', 'b'],
      faults: [{ fault: 'invalid-utf8', sample: '{"x":"�(�"}' }],
    });
    const long = Buffer.concat([Buffer.from([0xff]), Buffer.alloc(5000, 'x'), Buffer.from('\n')]);
    expect(decode([long]).faults[0]!.sample.length).toBeLessThanOrEqual(200);
  });

  it('the limit counts the line without its line break', () => {
    for (const end of ['\n', '\r\n', '']) {
      expect(linesOf(`${'x'.repeat(10)}${end}`, 10)).toEqual(['x'.repeat(10)]);
      expect(decode([Buffer.from(`${'x'.repeat(11)}${end}`)], 10).faults).toEqual([
        { fault: 'too-large', sample: '' },
      ]);
    }
  });

  it('F-034 a line that is too large is told once, at once, and nothing comes after it', () => {
    const { lines, faults } = decode(
      [Buffer.from('a\n'), Buffer.from('x'.repeat(12)), Buffer.from('\nb\n')],
      10,
    );
    expect(lines).toEqual(['a']);
    expect(faults).toEqual([{ fault: 'too-large', sample: '' }]);
    expect(decode([Buffer.from(`a\n${'x'.repeat(12)}\nb\n`)], 10)).toEqual({ lines: ['a'], faults });
  });

  it('F-034 the cost is linear: 8 MB in chunks of 64 bytes', () => {
    const bytes = Buffer.alloc(8 * 1024 * 1024, 'x');
    const start = performance.now();
    const { lines } = decode(inPieces(bytes, [64]), bytes.length);
    expect(lines[0]).toHaveLength(bytes.length);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('F-035 many tiny chunks cost little more memory than their content', () => {
    const bytes = 2 * 1024 * 1024;
    const before = process.memoryUsage();
    const decoder = new LineDecoder({ line: () => {}, fault: () => {} }, bytes);
    for (let count = 0; count < bytes; count++) decoder.push(Buffer.from('x'));
    const after = process.memoryUsage();
    decoder.end();
    // A Buffer for each byte would be a hundred times as much.
    expect(after.heapUsed - before.heapUsed).toBeLessThan(64 * 1024 * 1024);
  });

  it('F-030 a BOM does not count towards the limit, however it is cut', () => {
    const bytes = Buffer.from('\uFEFF漢字\n');
    for (const cuts of [[1], [4], [100]]) {
      expect(decode(inPieces(bytes, cuts), 6)).toEqual({ lines: ['漢字'], faults: [] });
    }
  });

  it('F-027 F-028 any chunking of any stream gives the same lines and faults', () => {
    const piece = fc.oneof(
      fc.constantFrom('\n', '\r\n', '\r', '\uFEFF', '', ' ', '{"a":"☂🚦"}', '漢字'),
      fc.string({ unit: 'binary' }),
    );
    const stream = fc.oneof(
      fc.array(piece, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''))),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(stream, sizes, fc.integer({ min: 1, max: 60 }), (bytes, cuts, limit) => {
        for (const maxLineBytes of [limit, 1 << 20]) {
          expect(decode(inPieces(bytes, cuts), maxLineBytes)).toEqual(decode([bytes], maxLineBytes));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('F-027 more chunks than are joined at once', () => {
    const line = Buffer.from(`${'0123456789'.repeat(1000)}\n`);
    expect(decode(inPieces(Buffer.concat([line, line]), [1])).lines).toEqual([
      line.toString().trimEnd(),
      line.toString().trimEnd(),
    ]);
  });
});

describe('beginsMessage', () => {
  it.each(['{"a":1}', '{', '  {"a":1}', '[{"a":1}]', ' [ {', '[]', '[[1]]'])('%s can be one', (line) =>
    expect(beginsMessage(line)).toBe(true),
  );

  it.each([
    '',
    'Server started',
    '[INFO] started',
    '[12:00:01] {',
    '"text"',
    '42',
    '(node:1) Warning',
    '\u0000{',
  ])('F-032 %s cannot', (line) => expect(beginsMessage(line)).toBe(false));

  it('S21 hostile text is no burden', () => {
    // Quadratic time would outlast the test.
    expect(beginsMessage(`${' '.repeat(1_000_000)}x`)).toBe(false);
    expect(beginsMessage(`[${' '.repeat(1_000_000)}x`)).toBe(false);
  });
});
