// oxlint-disable unicorn/no-thenable -- schemas have a keyword of that name
import { describe, expect, it } from 'vitest';
import { OutputValidator } from './output-validator.ts';

const validator = new OutputValidator();
const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';

/** `true`, `false`, or why there is no verdict. */
async function verdict(schema: unknown, value: unknown): Promise<boolean | string> {
  const outcome = await validator.validate(schema, value);
  return 'unusable' in outcome ? outcome.unusable : outcome.valid;
}

type Case = readonly [
  title: string,
  schema: object | boolean,
  good: readonly unknown[],
  bad: readonly unknown[],
];

const TREE = {
  $id: 'https://example.test/tree',
  $dynamicAnchor: 'node',
  type: 'object',
  properties: { data: true, children: { type: 'array', items: { $dynamicRef: '#node' } } },
};

const BOTH: readonly Case[] = [
  ['true allows everything', true, [null, 0, '', [], {}], []],
  ['false allows nothing', false, [], [null, 0, '', [], {}]],
  ['const null', { const: null }, [null], [0, false, '', {}]],
  ['const false is not 0', { const: false }, [false], [0, null, '', [false]]],
  ['const 0 is not false', { const: 0 }, [0, -0], [false, null, '']],
  ['const "" is the empty text', { const: '' }, [''], [null, 0, false, []]],
  [
    'const compares deeply',
    { const: { a: [1, { b: 2 }], c: 3 } },
    [{ c: 3, a: [1, { b: 2 }] }],
    [{ c: 3, a: [1, { b: 3 }] }],
  ],
  ['enum of falsy values', { enum: [0, '', null, false] }, [0, '', null, false], [1, 'a', true, [], {}]],
  ['enum with objects', { enum: [{ a: 1 }, [2]] }, [{ a: 1 }, [2]], [{}, [], { a: 2 }]],
  ['integer takes 1.0', { type: 'integer' }, [1, 1.0, -3], [1.5, '1', null]],
  ['several types', { type: ['string', 'null'] }, ['', null], [0, false, []]],
  ['decimals in multipleOf', { multipleOf: 0.01 }, [19.99, 0, -0.07, 1e308], [0.075, 19.995]],
  ['exclusive limits', { exclusiveMinimum: 0, exclusiveMaximum: 2 }, [1, 'text'], [0, 2]],
  ['length in characters', { minLength: 2, maxLength: 2 }, ['😀😀', 'ab', 3], ['😀', 'abc']],
  [
    'required names of Object.prototype',
    { required: ['constructor', '__proto__'] },
    [JSON.parse('{"constructor":1,"__proto__":2}'), 1],
    [{}],
  ],
  [
    'uniqueItems sees through key order',
    { uniqueItems: true },
    [[1, '1', true, [1]], 'aa'],
    [
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    ],
  ],
  ['contains', { contains: { const: 1 } }, [[0, 1], 'x'], [[], [0]]],
  [
    'additionalProperties',
    { properties: { a: {} }, additionalProperties: { type: 'null' } },
    [{ a: 1, b: null }],
    [{ b: 1 }],
  ],
  ['propertyNames', { propertyNames: { maxLength: 1 } }, [{ a: 1 }], [{ ab: 1 }]],
  [
    'if, then, else',
    { if: { type: 'string' }, then: { minLength: 1 }, else: { type: 'number' } },
    ['a', 0],
    ['', null],
  ],
  ['then without if', { then: false }, [1], []],
  ['oneOf', { oneOf: [{ type: 'integer' }, { minimum: 2 }] }, [1, 2.5], [3, 1.5]],
  ['anyOf and allOf', { anyOf: [{ const: 1 }, { const: 2 }], allOf: [{ minimum: 2 }] }, [2], [1, 3]],
  ['not', { not: { type: 'null' } }, [0, false], [null]],
  ['format is an annotation', { format: 'email' }, ['nobody'], []],
  [
    '$ref to the root',
    { properties: { a: { $ref: '#' } }, additionalProperties: false },
    [{ a: { a: {} } }],
    [{ a: { b: 1 } }],
  ],
  [
    '$ref with escapes',
    {
      definitions: { 'a/b~c%d"e': { type: 'null' } },
      properties: { x: { $ref: '#/definitions/a~1b~0c%25d%22e' } },
    },
    [{ x: null }],
    [{ x: 0 }],
  ],
  [
    '$ref past unknown keywords',
    {
      components: { schemas: { A: { type: 'null' } } },
      properties: { x: { $ref: '#/components/schemas/A' } },
    },
    [{ x: null }],
    [{ x: 1 }],
  ],
  [
    '$ref by a local $id',
    {
      $id: 'https://example.test/root',
      definitions: { a: { $id: 'item', type: 'null' } },
      properties: { x: { $ref: 'item' } },
    },
    [{ x: null }],
    [{ x: 1 }],
  ],
  ['a property called $ref', { properties: { $ref: { type: 'string' } } }, [{ $ref: 'a' }], [{ $ref: 1 }]],
  ['$ref within enum is data', { enum: [{ $ref: '#/nowhere' }] }, [{ $ref: '#/nowhere' }], [{}]],
];

const ONLY_2020: readonly Case[] = [
  [
    'prefixItems and items',
    { prefixItems: [{ type: 'string' }], items: { type: 'number' } },
    [[], ['a'], ['a', 1]],
    [[1], ['a', 'b']],
  ],
  ['$defs and $anchor', { $defs: { a: { $anchor: 'x', type: 'null' } }, $ref: '#x' }, [null], [0]],
  [
    'keywords beside $ref count',
    { $defs: { a: { type: 'number' } }, $ref: '#/$defs/a', minimum: 2 },
    [2],
    [1, '2'],
  ],
  [
    '$dynamicRef finds the outermost anchor',
    {
      $id: 'https://example.test/strict',
      $dynamicAnchor: 'node',
      $ref: 'tree',
      unevaluatedProperties: false,
      $defs: { TREE },
    },
    [{ children: [{ data: 1 }] }],
    [{ children: [{ daat: 1 }] }],
  ],
  [
    '$dynamicRef alone is a $ref',
    { $defs: { a: { $dynamicAnchor: 'x', type: 'null' } }, $dynamicRef: '#x' },
    [null],
    [1],
  ],
  [
    'unevaluatedProperties over allOf',
    { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
    [{ a: 1 }],
    [{ b: 1 }],
  ],
  [
    'unevaluatedProperties over a taken branch',
    {
      anyOf: [
        { required: ['a'], properties: { a: {} } },
        { required: ['b'], properties: { b: {} } },
      ],
      unevaluatedProperties: false,
    },
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, c: 1 }],
  ],
  [
    'unevaluatedProperties does not see cousins',
    { allOf: [{ properties: { a: {} } }, { unevaluatedProperties: false }] },
    [{}],
    [{ a: 1 }],
  ],
  [
    'unevaluatedItems',
    { prefixItems: [{}], contains: { const: 9 }, unevaluatedItems: false },
    [[1, 9]],
    [[1, 9, 2]],
  ],
  [
    'dependentSchemas',
    { dependentSchemas: { a: { required: ['b'] } } },
    [{}, { a: 1, b: 1 }, []],
    [{ a: 1 }],
  ],
  ['dependentRequired', { dependentRequired: { a: ['b'] } }, [{ b: 1 }, { a: 1, b: 1 }], [{ a: 1 }]],
  [
    'minContains and maxContains',
    { contains: { const: 1 }, minContains: 2, maxContains: 3 },
    [
      [1, 1],
      [1, 1, 1, 0],
    ],
    [[1], [1, 1, 1, 1]],
  ],
  ['minContains 0', { contains: { const: 1 }, minContains: 0 }, [[]], []],
  ['additionalItems is unknown', { additionalItems: false, prefixItems: [{}] }, [[1, 2]], []],
];

const ONLY_07: readonly Case[] = [
  [
    'items as a list',
    { items: [{ type: 'string' }], additionalItems: { type: 'number' } },
    [[], ['a', 1]],
    [[1], ['a', 'b']],
  ],
  [
    'additionalItems beside one schema',
    { items: { type: 'number' }, additionalItems: false },
    [[1, 2]],
    [['a']],
  ],
  ['definitions', { definitions: { a: { type: 'null' } }, $ref: '#/definitions/a' }, [null], [0]],
  [
    'keywords beside $ref do not count',
    { definitions: { a: {} }, properties: { x: { $ref: '#/definitions/a', type: 'null' } } },
    [{ x: 1 }],
    [],
  ],
  [
    '$id as an anchor',
    { definitions: { a: { $id: '#x', type: 'null' } }, properties: { x: { $ref: '#x' } } },
    [{ x: null }],
    [{ x: 1 }],
  ],
  [
    'dependencies',
    { dependencies: { a: ['b'], c: { required: ['d'] } } },
    [
      { a: 1, b: 1 },
      { c: 1, d: 1 },
    ],
    [{ a: 1 }, { c: 1 }],
  ],
  [
    'keywords of 2020-12 are unknown',
    { prefixItems: [false], unevaluatedProperties: false, dependentRequired: { a: ['b'] } },
    [[1], { a: 1 }],
    [],
  ],
];

const asDraft07 = (schema: object | boolean): unknown =>
  typeof schema === 'boolean' ? schema : { $schema: DRAFT_07, ...schema };

function check(cases: readonly Case[], dialect: (schema: object | boolean) => unknown): void {
  it.each(cases)('%s', async (_title, schema, good, bad) => {
    const prepared = dialect(schema);
    for (const value of good) expect(await verdict(prepared, value), JSON.stringify(value)).toBe(true);
    for (const value of bad) expect(await verdict(prepared, value), JSON.stringify(value)).toBe(false);
  });
}

describe('2020-12, the default', () => {
  check([...BOTH, ...ONLY_2020], (schema) => schema);
});

describe('draft-07', () => {
  check([...BOTH, ...ONLY_07], asDraft07);
});
