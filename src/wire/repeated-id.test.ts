import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasRepeatedId } from './repeated-id.ts';

describe('F-041 a message with two ids', () => {
  it.each([
    '{"id":1,"id":2}',
    '{"id":1,"result":{},"id":1}',
    ' {\n"id" : 1,\t"result":{"a":"}"},"id"\r\n:2}',
    '{"id":1,"\\u0069d":2}',
    '{"i\\u0064":1,"\\u0069\\u0064":2}',
    '{"result":{"text":"\\\\"},"id":1,"id":2}',
    '[{"jsonrpc":"2.0"},{"id":1,"id":2}]',
  ])('is found: %s', (text) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    expect(hasRepeatedId(text)).toBe(true);
  });

  it.each([
    '{"jsonrpc":"2.0","id":1,"result":{}}',
    '{"result":{"id":1,"item":{"id":2}},"id":3}',
    '{"result":[{"id":1},{"id":2}],"id":3}',
    '{"id":"id","method":"id"}',
    '{"result":"\\"id\\":1","id":1}',
    '{"Id":1,"id":2,"ID":3}',
    '[{"id":1},{"id":2}]',
    '{"a":"[{","id":1,"b":{"id":2}}',
    'null',
    '"id"',
  ])('is not seen in %s', (text) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    expect(hasRepeatedId(text)).toBe(false);
  });

  it('is told from any other, whatever the message holds', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('id', 'i"d', '\\'));
    const content = fc.dictionary(key, fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue())));
    fc.assert(
      fc.property(content, (fields) => {
        const { id: _id, ...rest } = fields;
        const once = JSON.stringify({ ...rest, id: 1 });
        expect(hasRepeatedId(once)).toBe(false);
        expect(hasRepeatedId(`{"id":0,${once.slice(1)}`)).toBe(true);
        expect(hasRepeatedId(`[${once},${once}]`)).toBe(false);
      }),
    );
  });
});
