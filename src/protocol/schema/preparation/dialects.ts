import { sanitizePeerText } from '../../../core/peer-text.ts';
import type { Keyword } from '../evaluation/keyword.ts';
import * as arrays from '../keywords/arrays.ts';
import * as combinations from '../keywords/combinations.ts';
import * as numbers from '../keywords/numbers.ts';
import * as objects from '../keywords/objects.ts';
import * as strings from '../keywords/strings.ts';
import * as unevaluated from '../keywords/unevaluated.ts';
import * as values from '../keywords/values.ts';
import { UnusableSchema } from '../unusable-schema.ts';
import * as shapes from './shapes.ts';

/** A keyword of a dialect: what its operand looks like, and what it does to a value, if anything. */
export interface KeywordRule {
  readonly shape: shapes.Shape;
  readonly apply?: Keyword;
}

/** A version of JSON Schema. */
export interface Dialect {
  readonly keywords: ReadonlyMap<string, KeywordRule>;
  /** draft-07: nothing beside `$ref` counts, and an `$id` of `#name` is an anchor. */
  readonly isDraft7: boolean;
}

const rule = (shape: shapes.Shape, apply?: Keyword): KeywordRule => (apply ? { shape, apply } : { shape });

const COMMON: Readonly<Record<string, KeywordRule>> = {
  $ref: rule(shapes.STRING, combinations.reference),
  definitions: rule(shapes.SCHEMA_MAP),
  type: rule(shapes.TYPES, values.type),
  const: rule(shapes.ANYTHING, values.constant),
  enum: rule(shapes.LIST, values.enumeration),
  minimum: rule(shapes.NUMBER, numbers.minimum),
  maximum: rule(shapes.NUMBER, numbers.maximum),
  exclusiveMinimum: rule(shapes.NUMBER, numbers.exclusiveMinimum),
  exclusiveMaximum: rule(shapes.NUMBER, numbers.exclusiveMaximum),
  multipleOf: rule(shapes.POSITIVE, numbers.multipleOf),
  minLength: rule(shapes.COUNT, strings.minLength),
  maxLength: rule(shapes.COUNT, strings.maxLength),
  pattern: rule(shapes.STRING, strings.pattern),
  required: rule(shapes.STRING_LIST, objects.required),
  minProperties: rule(shapes.COUNT, objects.minProperties),
  maxProperties: rule(shapes.COUNT, objects.maxProperties),
  properties: rule(shapes.SCHEMA_MAP, objects.properties),
  patternProperties: rule(shapes.SCHEMA_MAP, objects.patternProperties),
  additionalProperties: rule(shapes.SCHEMA, objects.additionalProperties),
  propertyNames: rule(shapes.SCHEMA, objects.propertyNames),
  minItems: rule(shapes.COUNT, arrays.minItems),
  maxItems: rule(shapes.COUNT, arrays.maxItems),
  uniqueItems: rule(shapes.BOOLEAN, arrays.uniqueItems),
  contains: rule(shapes.SCHEMA, arrays.contains),
  allOf: rule(shapes.SCHEMA_LIST, combinations.allOf),
  anyOf: rule(shapes.SCHEMA_LIST, combinations.anyOf),
  oneOf: rule(shapes.SCHEMA_LIST, combinations.oneOf),
  not: rule(shapes.SCHEMA, combinations.not),
  // Gone from 2020-12, but its meta-schema still allows it and authors still write it.
  dependencies: rule(shapes.DEPENDENCIES, objects.dependencies),
  if: rule(shapes.SCHEMA, combinations.conditional),
  // oxlint-disable-next-line unicorn/no-thenable -- the name of a keyword
  then: rule(shapes.SCHEMA),
  else: rule(shapes.SCHEMA),
};

/** The order counts: `unevaluated…` must find what all others evaluated. */
const DRAFT_2020_12: Dialect = {
  isDraft7: false,
  keywords: new Map(
    Object.entries({
      ...COMMON,
      $dynamicRef: rule(shapes.STRING, combinations.dynamicReference),
      $anchor: rule(shapes.STRING),
      $dynamicAnchor: rule(shapes.STRING),
      $defs: rule(shapes.SCHEMA_MAP),
      prefixItems: rule(shapes.SCHEMA_LIST, arrays.prefixItems),
      items: rule(shapes.SCHEMA, arrays.items),
      minContains: rule(shapes.COUNT),
      maxContains: rule(shapes.COUNT),
      dependentRequired: rule(shapes.STRING_LIST_MAP, objects.dependencies),
      dependentSchemas: rule(shapes.SCHEMA_MAP, objects.dependencies),
      unevaluatedItems: rule(shapes.SCHEMA, unevaluated.unevaluatedItems),
      unevaluatedProperties: rule(shapes.SCHEMA, unevaluated.unevaluatedProperties),
    }),
  ),
};

const DRAFT_07: Dialect = {
  isDraft7: true,
  keywords: new Map(
    Object.entries({
      ...COMMON,
      items: rule(shapes.SCHEMA_OR_LIST, arrays.itemsOfDraft7),
      additionalItems: rule(shapes.SCHEMA, arrays.additionalItems),
    }),
  ),
};

const BY_URI: ReadonlyMap<string, Dialect> = new Map([
  ['json-schema.org/draft/2020-12/schema', DRAFT_2020_12],
  ['json-schema.org/draft-07/schema', DRAFT_07],
]);

/** The dialect that `$schema` names; without one it is 2020-12 (B-4). */
export function dialectOf(uri: unknown): Dialect {
  if (uri === undefined) return DRAFT_2020_12;
  if (typeof uri !== 'string') throw new UnusableSchema('the "$schema" of the schema is not a string');
  const known = BY_URI.get(uri.replace(/^https?:\/\//u, '').replace(/#$/u, ''));
  if (known !== undefined) return known;
  const named = sanitizePeerText(uri, 100);
  throw new UnusableSchema(`the dialect "${named}" of the schema is not supported; 2020-12 and draft-07 are`);
}
