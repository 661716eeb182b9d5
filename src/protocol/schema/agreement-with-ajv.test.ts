// oxlint-disable unicorn/no-thenable -- schemas have a keyword of that name
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { OutputValidator } from './output-validator.ts';

/** Schemas as servers write them, each with values good and bad; ajv says which is which. */
const ORDINARY: readonly (readonly [schema: Record<string, unknown>, values: readonly unknown[]])[] = [
  [
    {
      type: 'object',
      properties: { temperature: { type: 'number' }, unit: { enum: ['C', 'F'] } },
      required: ['temperature'],
    },
    [
      { temperature: 1.5, unit: 'C' },
      { unit: 'C' },
      { temperature: '1' },
      { temperature: 1, unit: 'K' },
      null,
    ],
  ],
  [
    { type: 'object', properties: { ok: { const: true } }, additionalProperties: false },
    [{}, { ok: true }, { ok: 1 }, { ok: true, x: 1 }],
  ],
  [
    { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3 },
    [[], ['a'], ['a', 1], ['a', 'b', 'c', 'd'], 'a'],
  ],
  [{ type: 'array', uniqueItems: true }, [[], [1, 2], [1, 1], [{ a: 1 }, { a: 1 }], ['1', 1]]],
  [{ type: ['string', 'null'] }, ['', null, 0, false]],
  [{ type: 'integer', minimum: 0, maximum: 10 }, [0, 10, 11, -1, 1.5, '1']],
  [{ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }, [0, 0.5, 1]],
  [{ type: 'number', multipleOf: 5 }, [10, 11, 0, -5]],
  [{ type: 'string', minLength: 1, maxLength: 3 }, ['', 'a', 'abcd', '😀😀😀']],
  [{ enum: [null, 0, '', false, [], {}] }, [null, 0, '', false, [], {}, 1, [0], { a: 1 }]],
  [{ const: null }, [null, undefined, 0, '']],
  [{ const: { a: [1, 2] } }, [{ a: [1, 2] }, { a: [2, 1] }, {}]],
  [{ oneOf: [{ type: 'string' }, { type: 'number', minimum: 5 }] }, ['a', 5, 4, null]],
  [{ oneOf: [{ required: ['a'] }, { required: ['b'] }] }, [{ a: 1 }, { b: 1 }, { a: 1, b: 1 }, {}]],
  [
    { anyOf: [{ type: 'null' }, { properties: { a: { type: 'string' } }, required: ['a'] }] },
    [null, { a: 'x' }, { a: 1 }, {}],
  ],
  [{ allOf: [{ required: ['a'] }, { properties: { a: { type: 'integer' } } }] }, [{ a: 1 }, { a: 'x' }, {}]],
  [{ not: { required: ['secret'] } }, [{}, { secret: 1 }, 1]],
  [
    {
      if: { properties: { kind: { const: 'a' } }, required: ['kind'] },
      then: { required: ['x'] },
      else: { required: ['y'] },
    },
    [{ kind: 'a', x: 1 }, { kind: 'a' }, { y: 1 }, {}],
  ],
  [{ type: 'object', additionalProperties: { type: 'integer' } }, [{}, { a: 1 }, { a: 'b' }]],
  [{ type: 'object', minProperties: 1, maxProperties: 2 }, [{}, { a: 1 }, { a: 1, b: 2, c: 3 }]],
  [{ propertyNames: { enum: ['a', 'b'] } }, [{ a: 1 }, { c: 1 }, {}]],
  [{ contains: { type: 'integer' } }, [[1], ['a'], [], ['a', 2]]],
  [
    {
      definitions: { p: { type: 'object', required: ['x'] } },
      type: 'array',
      items: { $ref: '#/definitions/p' },
    },
    [[{ x: 1 }], [{}], []],
  ],
  [
    { type: 'object', properties: { value: { type: 'number' }, next: { $ref: '#' } }, required: ['value'] },
    [
      { value: 1, next: { value: 2 } },
      { value: 1, next: {} },
    ],
  ],
  [
    {
      type: 'object',
      title: 'T',
      description: 'd',
      default: {},
      examples: [1],
      'x-own': { $ref: 'ignored' },
    },
    [{}, 1],
  ],
  [{ type: 'string', format: 'date-time' }, ['yesterday', 1]],
  [
    { properties: { a: { properties: { b: { items: { properties: { c: { type: 'boolean' } } } } } } } },
    [{ a: { b: [{ c: true }] } }, { a: { b: [{ c: 0 }] } }, { a: 1 }],
  ],
  [
    {
      type: 'object',
      required: ['items', 'total'],
      properties: {
        items: { type: 'array', items: { type: 'object', required: ['id'] } },
        total: { type: 'integer' },
      },
    },
    [{ items: [{ id: 1 }], total: 1 }, { items: [{}], total: 1 }, { items: [] }],
  ],
];

const NEWER: typeof ORDINARY = [
  [
    { prefixItems: [{ type: 'string' }, { type: 'number' }], items: false },
    [['a', 1], ['a'], [1], ['a', 1, 2], []],
  ],
  [
    {
      $defs: { id: { type: 'string', minLength: 2 } },
      properties: { id: { $ref: '#/$defs/id', maxLength: 3 } },
    },
    [{ id: 'abc' }, { id: 'a' }, { id: 'abcd' }],
  ],
  [{ dependentRequired: { a: ['b'] } }, [{}, { a: 1 }, { a: 1, b: 1 }]],
  [
    { dependentSchemas: { a: { properties: { b: { type: 'string' } } } } },
    [{ b: 1 }, { a: 1, b: 1 }, { a: 1, b: '' }],
  ],
  [
    { allOf: [{ properties: { a: {} } }], properties: { b: {} }, unevaluatedProperties: false },
    [{ a: 1, b: 1 }, { c: 1 }],
  ],
  [
    { if: { required: ['a'] }, then: { properties: { a: {} } }, unevaluatedProperties: { type: 'null' } },
    [{ a: 1 }, { b: 1 }, { b: null }],
  ],
  [{ prefixItems: [true], unevaluatedItems: { type: 'null' } }, [[1, null], [1, 1], []]],
  [{ contains: { const: 1 }, minContains: 2, maxContains: 2 }, [[1, 1], [1], [1, 1, 1]]],
  [{ $defs: { a: { $anchor: 'here', type: 'null' } }, items: { $ref: '#here' } }, [[null], [1]]],
];

const OLDER: typeof ORDINARY = [
  [
    { items: [{ type: 'string' }, { type: 'number' }], additionalItems: false },
    [['a', 1], ['a'], [1], ['a', 1, 2]],
  ],
  [
    { dependencies: { a: ['b'], c: { minProperties: 2 } } },
    [{ a: 1 }, { a: 1, b: 1 }, { c: 1 }, { c: 1, d: 1 }],
  ],
  [{ definitions: { a: { $id: '#a', type: 'null' } }, items: { $ref: '#a' } }, [[null], [1]]],
  [
    {
      $id: 'https://example.test/s.json',
      definitions: { n: { type: 'null' } },
      items: { $ref: 's.json#/definitions/n' },
    },
    [[null], [0]],
  ],
];

const OPTIONS = { strict: false, validateFormats: false } as const;
const validator = new OutputValidator();

describe.each([
  { name: '2020-12', ajv: new Ajv2020(OPTIONS), $schema: undefined, table: [...ORDINARY, ...NEWER] },
  {
    name: 'draft-07',
    ajv: new Ajv(OPTIONS),
    $schema: 'http://json-schema.org/draft-07/schema#',
    table: [...ORDINARY, ...OLDER],
  },
])('agrees with ajv in $name', ({ ajv, $schema, table }) => {
  it.each(table)('on %j', async (bare, values) => {
    const schema = $schema === undefined ? bare : { $schema, ...bare };
    const isGood = ajv.compile(schema);
    for (const value of values) {
      const outcome = await validator.validate(schema, value);
      expect(outcome, JSON.stringify(value)).toMatchObject({ valid: isGood(value) });
    }
  });
});
