import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHeaderValue, encodeHeaderValue } from './header-value.ts';

describe('header values (2026-07-28, Value Encoding)', () => {
  it.each([
    ['us-west1', 'us-west1'],
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
    ['a\tb', '=?base64?YQli?='],
    ['inner space', 'inner space'],
  ])('%j is written %s', (value, encoded) => {
    expect(encodeHeaderValue(value)).toBe(encoded);
    expect(decodeHeaderValue(encoded)).toBe(value);
  });

  it('writes the empty string as an empty value', () => {
    expect(decodeHeaderValue(encodeHeaderValue(''))).toBe('');
  });

  it('round-trips any text into printable ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const encoded = encodeHeaderValue(value);
        expect(encoded).toMatch(/^[\x20-\x7E]*$/u);
        expect(decodeHeaderValue(encoded)).toBe(value);
      }),
    );
  });

  it.each(['=?base64?%%%?=', '=?base64?/w==?='])('refuses %s', (value) => {
    expect(decodeHeaderValue(value)).toBeUndefined();
  });
});
