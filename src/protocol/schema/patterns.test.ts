// oxlint-disable unicorn/no-thenable -- schemas have a keyword of that name
import { beforeAll, describe, expect, it } from 'vitest';
import { OutputValidator } from './output-validator.ts';

const validator = new OutputValidator();

beforeAll(async () => {
  await validator.validate(true, 0); // loads the code, which is no part of what is timed
});

describe('S21 patterns', () => {
  it('never runs the regular expression of a peer', async () => {
    const evil = `${'a'.repeat(100_000)}!`;
    const schema = {
      type: 'object',
      properties: { a: { pattern: '(a+)+$' } },
      patternProperties: { '(a+)+$': true },
    };
    const outcome = await validator.validate(schema, { a: evil, [evil]: 1 });
    // Run, the pattern would outlast the test by far: every `a` doubles the ways to match.
    expect(outcome).toEqual({ valid: true, unchecked: ['pattern'] });
  });

  it.each([
    [{ pattern: '(' }, 'a', { valid: true, unchecked: ['pattern'] }],
    [{ not: { pattern: 'a' } }, 'a', { valid: true, unchecked: ['pattern'] }],
    [{ oneOf: [{ pattern: 'a' }, { pattern: 'b' }] }, 'a', { valid: true, unchecked: ['pattern'] }],
    [{ if: { pattern: 'a' }, then: false }, 'a', { valid: true, unchecked: ['pattern'] }],
    [{ contains: { pattern: 'a' } }, ['a'], { valid: true, unchecked: ['pattern'] }],
    [
      { patternProperties: { a: { type: 'null' } } },
      { a: 1 },
      { valid: true, unchecked: ['patternProperties'] },
    ],
    [
      { patternProperties: { a: {} }, additionalProperties: false },
      { a: 1 },
      { valid: true, unchecked: ['patternProperties'] },
    ],
    [
      { patternProperties: { a: {} }, unevaluatedProperties: false },
      { a: 1 },
      { valid: true, unchecked: ['patternProperties'] },
    ],
    [
      { allOf: [{ pattern: 'a' }], unevaluatedProperties: false },
      'a',
      { valid: true, unchecked: ['pattern'] },
    ],
  ])('refuses nothing that a pattern could allow: %j', async (schema, value, expected) => {
    expect(await validator.validate(schema, value)).toEqual(expected);
  });

  it.each([
    [{ pattern: 'a' }, 5],
    [{ anyOf: [{ pattern: 'a' }, { type: 'string' }] }, 'b'],
    [{ patternProperties: { a: { type: 'null' } } }, { a: null }],
    [{ if: { pattern: 'a' }, then: { maxLength: 3 }, else: { maxLength: 4 } }, 'abc'],
  ])('says nothing of patterns that cannot matter: %j', async (schema, value) => {
    expect(await validator.validate(schema, value)).toEqual({ valid: true });
  });

  it.each([
    [{ pattern: 'a', maxLength: 2 }, 'abc'],
    [{ if: { pattern: 'a' }, then: { maxLength: 1 }, else: { maxLength: 2 } }, 'abc'],
    [{ oneOf: [true, true, { pattern: 'a' }] }, 'a'],
  ])('refuses what no pattern could save: %j', async (schema, value) => {
    expect(await validator.validate(schema, value)).toMatchObject({ valid: false });
  });
});
