import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageAssembler } from './tolerant-framing.ts';

function assemble(text: string, maxBytes: number = 1 << 20) {
  const delivered: string[] = [];
  let tooLarge = 0;
  const assembler = new MessageAssembler(
    (message) => delivered.push(message),
    () => void tooLarge++,
    maxBytes,
  );
  for (const line of text.split('\n')) if (line.trim() !== '') assembler.line(line);
  return { delivered, tooLarge };
}

const parsed = (text: string): unknown[] =>
  assemble(text).delivered.map((message) => JSON.parse(message) as unknown);

describe('MessageAssembler', () => {
  it('F-040 joins a message that is spread over lines', () => {
    const message = { jsonrpc: '2.0', id: 1, result: { list: [1, { a: '}' }], empty: {} } };
    expect(parsed(JSON.stringify(message, null, 2))).toEqual([message]);
    expect(parsed(`${JSON.stringify(message, null, '\t')}\n${JSON.stringify(message)}`)).toEqual([
      message,
      message,
    ]);
  });

  it('hands on noise alone while no message is open', () => {
    expect(assemble('starting\n[INFO] ready {\n{"a":1}\n} odd\n{"b":2}').delivered).toEqual([
      'starting',
      '[INFO] ready {',
      '{"a":1}',
      '} odd',
      '{"b":2}',
    ]);
  });

  it('brackets and quotes inside of strings do not count', () => {
    const message = { text: '{[}]"\\', 'ke"y{': '\\"}' };
    expect(parsed(JSON.stringify(message, null, 1))).toEqual([message]);
  });

  it('a string that is not closed at the end of its line swallows nothing behind it', () => {
    expect(assemble('{"a": "oops}\n}\n{"b":2}').delivered).toEqual(['{"a": "oops}\n}', '{"b":2}']);
  });

  it('F-035 what is held is bounded, and the next message is read again', () => {
    const { delivered, tooLarge } = assemble(`{\n${'"k": 1,\n'.repeat(50)}\n{"b":2}`, 100);
    expect(tooLarge).toBeGreaterThan(0);
    expect(delivered.at(-1)).toBe('{"b":2}');
  });

  it('any JSON objects, printed in any way, come out as they were', () => {
    const indent = fc.constantFrom<string | number>(0, 1, 2, 4, '\t');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.dictionary(fc.string(), fc.jsonValue()), indent), { maxLength: 5 }),
        (items) => {
          const text = items.map(([value, space]) => JSON.stringify(value, null, space)).join('\n');
          const expected = items.map(([value]) => JSON.parse(JSON.stringify(value)) as unknown);
          expect(parsed(text)).toEqual(expected);
        },
      ),
    );
  });
});
