import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OutputValidator } from './output-validator.ts';

const validator = new OutputValidator();
const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';

/** `true`, `false`, or why there is no verdict. */
async function verdict(schema: unknown, value: unknown): Promise<boolean | string> {
  const outcome = await validator.validate(schema, value);
  return 'unusable' in outcome ? outcome.unusable : outcome.valid;
}

describe('outcomes', () => {
  it.each([
    'https://json-schema.org/draft/2020-12/schema',
    'https://json-schema.org/draft/2020-12/schema#',
    'http://json-schema.org/draft-07/schema',
    'https://json-schema.org/draft-07/schema#',
  ])('knows the dialect %s', async ($schema) => {
    expect(await verdict({ $schema, type: 'null' }, 0)).toBe(false);
  });

  it.each([
    [{ $schema: 'http://json-schema.org/draft-04/schema#' }, /dialect "http:.*draft-04.*" .* not supported/],
    [{ $schema: 5 }, /\$schema/],
    [{ properties: { a: { $schema: DRAFT_07 } } }, /mixes dialects/],
    [{ properties: { a: { required: true } } }, /"\/properties\/a\/required" of the schema is not a list/],
    [{ items: [{}] }, /"\/items" of the schema is not a schema/],
    [{ type: 'any' }, /"\/type"/],
    [{ $defs: { a: { $id: 'x' }, b: { $id: 'x' } } }, /the same "\$id"/],
    [{ $ref: '#/nowhere' }, /refers to "#\/nowhere", which is no schema/],
    [{ $ref: '#nowhere' }, /does not exist/],
    [{ $ref: '#/%zz' }, /no usable reference/],
    ['text', /neither an object nor a boolean/],
    [null, /neither an object nor a boolean/],
  ])('%j has no verdict', async (schema, reason) => {
    expect(await verdict(schema, {})).toMatch(reason);
  });

  it('names place and fault, ten at most, without control characters', async () => {
    const schema = { properties: { 'a/b': { items: { type: ['string', 'null'] } }, '\u001B[31mred': false } };
    const value = { 'a/b': [1], '\u001B[31mred': 1 };
    expect(await validator.validate(schema, value)).toEqual({
      valid: false,
      problems: [
        { path: '/a~1b/0', message: 'must be string or null, is integer' },
        { path: '/red', message: 'is not allowed' },
      ],
    });
    const many = await validator.validate(
      { items: { type: 'null' } },
      Array.from({ length: 50 }, () => 1),
    );
    expect('problems' in many && many.problems).toHaveLength(10);
  });

  it('loads what it needs at the first use', () => {
    const text = readFileSync(new URL('output-validator.ts', import.meta.url), 'utf8');
    expect([...text.matchAll(/^import (?!type).*from '(.*)'/gmu)].map((found) => found[1])).toEqual([
      './schema-bounds.ts',
    ]);
  });
});
