/** What stands under a keyword of JSON Schema. Keywords that are in none of these sets are left out of a tool's schema. */

/** One schema. */
export const ONE_SCHEMA: ReadonlySet<string> = new Set([
  'items',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'propertyNames',
  'contains',
  'not',
  'if',
  'then',
  'else',
]);

/** A list of schemas. */
export const SCHEMA_LIST: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);

/** Schemas by name. `properties` is read apart. */
export const SCHEMA_MAP: ReadonlySet<string> = new Set(['patternProperties', 'dependentSchemas']);

type Sound = (value: unknown) => boolean;

const isText: Sound = (value) => typeof value === 'string';
const isFlag: Sound = (value) => typeof value === 'boolean';
const isNumber: Sound = (value) => typeof value === 'number';
const isCount: Sound = (value) => Number.isInteger(value) && Number(value) >= 0;
const isList: Sound = (value) => Array.isArray(value) && value.length > 0;
const isAnything: Sound = () => true;

const TYPES: ReadonlySet<unknown> = new Set([
  'array',
  'boolean',
  'integer',
  'null',
  'number',
  'object',
  'string',
]);

const isType: Sound = (value) =>
  Array.isArray(value) ? value.every((one) => TYPES.has(one)) : TYPES.has(value);

/** Whoever reads a tool may compile its patterns, and refuse the tool if that fails. */
const isPattern: Sound = (value) => {
  if (typeof value !== 'string') return false;
  try {
    return new RegExp(value, 'u') instanceof RegExp;
  } catch {
    return false;
  }
};

/** Values that are taken over as they are, if they are what JSON Schema wants there. */
const PLAIN_VALUES: ReadonlyMap<string, Sound> = new Map([
  ['type', isType],
  ['enum', isList],
  ['const', isAnything],
  ['default', isAnything],
  ['examples', isList],
  ['title', isText],
  ['description', isText],
  ['deprecated', isFlag],
  ['format', isText],
  ['pattern', isPattern],
  ['minLength', isCount],
  ['maxLength', isCount],
  ['minimum', isNumber],
  ['maximum', isNumber],
  ['exclusiveMinimum', isNumber],
  ['exclusiveMaximum', isNumber],
  ['multipleOf', (value) => isNumber(value) && Number(value) > 0],
  ['minItems', isCount],
  ['maxItems', isCount],
  ['uniqueItems', isFlag],
  ['minContains', isCount],
  ['maxContains', isCount],
  ['minProperties', isCount],
  ['maxProperties', isCount],
  ['contentEncoding', isText],
  ['contentMediaType', isText],
]);

/** True for a keyword and a value that can be taken over as they are. */
export function isPlainValue(keyword: string, value: unknown): boolean {
  return PLAIN_VALUES.get(keyword)?.(value) === true;
}
