import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelName } from './model-name.ts';

describe('modelName', () => {
  it.each(['files__read_file', 'echo', 'a-b_C-9', 'x'.repeat(64), '__proto__'])(
    'leaves %s as it is',
    (name) => {
      expect(modelName(name)).toBe(name);
    },
  );

  it.each([
    ['a dot', 'files__read.file', /^files__read_file_[0-9a-f]{16}$/u],
    ['a slash', 'git/log', /^git_log_[0-9a-f]{16}$/u],
    ['65 characters', 'x'.repeat(65), /^x{47}_[0-9a-f]{16}$/u],
    ['what looks like a hash', 'b_0123456789abcdef', /^b_0123456789abcdef_[0-9a-f]{16}$/u],
    ['nothing', '', /^_[0-9a-f]{16}$/u],
  ])('S14 has a hash for %s', (_what, name, expected) => {
    expect(modelName(name)).toMatch(expected);
  });

  it('S14 keeps every name within what providers take, and different names different', () => {
    const close = fc.string({
      unit: fc.constantFrom('a', 'b', '_', '.', '-', ' ', 'é'),
      minLength: 1,
      maxLength: 8,
    });
    const any = fc.oneof(close, fc.string({ maxLength: 200, unit: 'grapheme' }));
    fc.assert(
      fc.property(any, any, (one, other) => {
        for (const name of [one, other]) expect(modelName(name)).toMatch(/^[A-Za-z0-9_-]{1,64}$/u);
        expect(modelName(one) === modelName(other)).toBe(one === other);
      }),
      { numRuns: 2000 },
    );
  });

  it('S14 gives no tool the name that another one has been given', () => {
    const given = modelName('files__read.file');
    expect(modelName(given)).not.toBe(given);
  });
});
