import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelSchema } from './model-schema.ts';

const of = (inputSchema: unknown, maxText = 100): Record<string, unknown> =>
  modelSchema({ name: 't', inputSchema: inputSchema as Record<string, unknown> }, maxText);

const EMPTY = { type: 'object', properties: {} };

describe('modelSchema', () => {
  it('leaves an ordinary schema as it is, but for its dialect', () => {
    const schema = {
      type: 'object',
      properties: { path: { type: 'string', description: 'where' }, tags: { type: 'array', items: {} } },
      required: ['path'],
      additionalProperties: false,
      $defs: { x: { enum: [1, 2] } },
    };
    expect(of({ $schema: 'http://json-schema.org/draft-07/schema#', ...schema })).toEqual(schema);
  });

  it.each([[undefined], [null], ['text'], [[]], [{}], [{ type: 'string' }], [{ properties: [] }]])(
    'makes an object of %j',
    (schema) => {
      expect(of(schema)).toEqual(EMPTY);
    },
  );

  it('gathers what is combined at the top, and requires what is required in any case', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      allOf: [{ properties: { b: {} }, required: ['b'] }],
      anyOf: [{ properties: { a: { type: 'number' }, c: {} }, required: ['c'] }, { $ref: '#/$defs/other' }],
      if: { properties: { a: { const: 1 } } },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: { properties: { e: {} }, required: ['e'] },
      not: { required: ['z'] },
      $defs: { other: { properties: { d: {} }, required: ['d'] } },
    };
    expect(of(schema)).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: {}, c: {}, d: {}, e: {} },
      required: ['a', 'b'],
      $defs: schema.$defs,
    });
  });

  it('follows a reference at the top', () => {
    const definitions = { args: { type: 'object', properties: { a: {} }, required: ['a'] } };
    expect(of({ $ref: '#/definitions/args', definitions })).toEqual({
      type: 'object',
      properties: { a: {} },
      required: ['a'],
      definitions,
    });
  });

  it('describes the items of every array, at every depth', () => {
    const schema = {
      type: 'object',
      properties: {
        a: { type: 'array' },
        b: { type: ['array', 'null'] },
        c: { anyOf: [{ type: 'array' }, { type: 'string' }] },
        d: { type: 'array', items: { type: 'array' } },
        e: { type: 'array', items: [{ type: 'array' }], additionalItems: false },
        f: { type: 'array', items: false },
      },
      $defs: { g: { type: 'array' } },
    };
    const array = { type: 'array', items: {} };
    expect(of(schema)).toEqual({
      type: 'object',
      properties: {
        a: array,
        b: { type: ['array', 'null'], items: {} },
        c: { anyOf: [array, { type: 'string' }] },
        d: { type: 'array', items: array },
        e: { type: 'array', prefixItems: [array], items: {} },
        f: { type: 'array', items: false },
      },
      $defs: { g: array },
    });
  });

  it('takes keywords in examples, and names of properties, for what they are', () => {
    const properties = {
      description: { type: 'string', default: { type: 'array' }, examples: [{ type: 'array' }] },
      items: { type: 'string', enum: ['array'] },
    };
    expect(of({ type: 'object', properties })).toEqual({ type: 'object', properties });
  });

  it('S16 filters and cuts what it describes', () => {
    const hidden = `Reads\u{E0041}\u{E0042} a file\u202E.\n\tOr two. ${'x'.repeat(200)}`;
    const { properties } = of({ properties: { a: { description: hidden } } }, 40) as {
      properties: { a: { description: string } };
    };
    expect(properties.a.description).toBe('Reads  a file .\n\tOr two. xxxxxxxxxxxxxx…');
  });

  it('F-053 a property named __proto__ is a property', () => {
    const schema = JSON.parse('{"properties":{"__proto__":{"type":"array"}}}') as unknown;
    const { properties } = of(schema);
    expect(Object.keys(properties as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['items']).toBeUndefined();
  });

  it('is bounded for references that multiply and for endless ones', () => {
    const names = Array.from({ length: 30 }, (_, index) => `d${index}`);
    const all = names.map((name) => ({ $ref: `#/$defs/${name}` }));
    const $defs = Object.fromEntries(names.map((name) => [name, { allOf: all, properties: { [name]: {} } }]));
    const { properties } = of({ allOf: all, $defs });
    expect(Object.keys(properties as object).length).toBeLessThanOrEqual(30);
    expect(of({ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } })).toMatchObject(EMPTY);
  });

  it('never fails, and changes nothing in place', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const schema = { properties: one, anyOf: [other, one], $ref: other, required: one, items: other };
        const before = JSON.stringify(schema);
        const made = of(schema);
        expect(made['type']).toBe('object');
        expect(typeof made['properties']).toBe('object');
        expect(JSON.stringify(schema)).toBe(before);
      }),
    );
  });
});
