import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputValidator } from './output-validator.ts';

const KEYWORDS = [
  ...[
    '$ref',
    '$dynamicRef',
    '$id',
    '$anchor',
    '$dynamicAnchor',
    '$schema',
    '$defs',
    'definitions',
    'type',
    'const',
    'enum',
  ],
  ...[
    'minimum',
    'exclusiveMaximum',
    'multipleOf',
    'minLength',
    'maxLength',
    'pattern',
    'format',
    'required',
    'minProperties',
  ],
  ...[
    'properties',
    'patternProperties',
    'additionalProperties',
    'propertyNames',
    'dependencies',
    'dependentSchemas',
  ],
  ...[
    'dependentRequired',
    'prefixItems',
    'items',
    'additionalItems',
    'contains',
    'minContains',
    'maxContains',
    'uniqueItems',
  ],
  ...[
    'unevaluatedItems',
    'unevaluatedProperties',
    'allOf',
    'anyOf',
    'oneOf',
    'not',
    'if',
    'then',
    'else',
    '__proto__',
  ],
];

const NAMES = fc.constantFrom('a', 'b', 'toString', '__proto__', '');
const REFERENCES = fc.constantFrom(
  '#',
  '#/$defs/a',
  '#/properties/b',
  '#a',
  'a',
  'http://127.0.0.1:9/',
  '\u0000',
  '#/%',
);

/** Keywords with operands that may or may not suit them. */
const { schema: schemas } = fc.letrec<{ schema: unknown; operand: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.boolean(),
    fc.dictionary(fc.constantFrom(...KEYWORDS), tie('operand'), { maxKeys: 4 }),
  ),
  operand: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.oneof(
      REFERENCES,
      NAMES,
      fc.constantFrom('string', 'object', 'array', 'integer'),
      fc.integer({ min: -1, max: 3 }),
    ),
    tie('schema'),
    fc.array(tie('schema'), { maxLength: 3 }),
    fc.array(NAMES, { maxLength: 3 }),
    fc.dictionary(NAMES, tie('schema'), { maxKeys: 3 }),
    fc.jsonValue({ maxDepth: 2 }),
  ),
}));

describe('any schema and any value', () => {
  it('have an outcome, and the same one again', async () => {
    const validator = new OutputValidator({ maxSteps: 20_000 });
    const seen = { verdict: 0, unusable: 0 };
    await fc.assert(
      fc.asyncProperty(schemas, fc.jsonValue({ maxDepth: 3 }), async (schema, value) => {
        const outcome = await validator.validate(schema, value);
        expect(await validator.validate(schema, value)).toEqual(outcome);
        if ('unusable' in outcome) {
          seen.unusable += 1;
          expect(outcome.unusable.length).toBeLessThan(500);
          expect(outcome.unusable).not.toMatch(/no JSON/);
          return;
        }
        seen.verdict += 1;
        if (outcome.valid) return;
        expect(outcome.problems.length).toBeGreaterThan(0);
        expect(outcome.problems.length).toBeLessThanOrEqual(10);
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(seen.verdict, seen.unusable)).toBeGreaterThan(100);
  });

  it('have one even where they are no JSON', async () => {
    const validator = new OutputValidator();
    const broken = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
        getOwnPropertyDescriptor: () => {
          throw new Error('no');
        },
      },
    );
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const odd = [
      undefined,
      () => 1,
      Symbol('x'),
      1n,
      Number.NaN,
      new Date(0),
      broken,
      circle,
      Object.create(null),
    ];
    for (const value of odd) {
      expect(await validator.validate(value, {})).toBeDefined();
      expect(
        await validator.validate(
          { type: 'object', const: { a: 1 }, additionalProperties: { $ref: '#' } },
          value,
        ),
      ).toBeDefined();
      expect(await validator.validate({ uniqueItems: true, enum: [1] }, [value])).toMatchObject({});
    }
  });
});
