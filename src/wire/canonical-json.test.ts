import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

/** The same value, its members in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toReversed();
  return Object.fromEntries(members.map(([name, one]) => [name, reversed(one)]));
}

describe('canonicalJson', () => {
  it.each([
    [{ b: [1, { d: null, c: 'x' }], a: true }, '{"a":true,"b":[1,{"c":"x","d":null}]}'],
    [[], '[]'],
    [{}, '{}'],
    ['a"\n', '"a\\"\\n"'],
    [[[], [{}], 1.5e300], '[[],[{}],1.5e+300]'],
    [JSON.parse('{"__proto__":1,"a":2}'), '{"__proto__":1,"a":2}'],
  ])('of %j is %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('is JSON of the same value, and one text for all orders of members', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });

  it('F-123 goes as deep as a value does', () => {
    const depth = 100_000;
    const deep: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    expect(canonicalJson(deep)).toBe('['.repeat(depth) + ']'.repeat(depth));
  });

  it('asks its meter for every value and every text, and ends when that refuses', () => {
    let left = 10;
    const meter = {
      spend: (steps: number) => {
        left -= steps;
        if (left < 0) throw new Error('too much');
      },
      spendText: (text: string) => meter.spend(text.length),
    };
    expect(canonicalJson({ a: 'bcd' }, meter)).toBe('{"a":"bcd"}');
    expect(left).toBe(4);
    expect(() => canonicalJson([1, 2, 3, 4, 5], meter)).toThrow('too much');
  });
});
