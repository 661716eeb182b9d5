import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { concealed } from './conceal.ts';
import { Secret } from './secret.ts';

describe('Secret', () => {
  it('S18 cannot be printed by accident', () => {
    const secret = new Secret('canary-7f3a');
    const wrapped = { secret, list: [secret] };
    const printed = [
      String(secret),
      JSON.stringify(wrapped),
      inspect(wrapped, { depth: 9, showHidden: true }),
      inspect(new Error('x', { cause: secret })),
      Object.keys(secret).join(),
      JSON.stringify(Object.assign({}, secret)),
      'token '.concat(secret as never),
    ];
    expect(printed.filter((text) => text.includes('canary'))).toEqual([]);
    expect(JSON.stringify(wrapped)).toBe('{"secret":"***","list":["***"]}');
    expect(secret.reveal()).toBe('canary-7f3a');
  });
});

describe('concealed', () => {
  it('replaces the longest first, and nothing that is too short', () => {
    expect(concealed('Bearer abcdef, abcd, abc', ['abcd', 'abcdef', 'abc'])).toBe('Bearer ***, ***, abc');
  });
});
