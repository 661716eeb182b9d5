import { isRecord } from '../../../config/checks/value-checks.ts';
import { listAt, recordAt, textAt, valueAt } from './data-access.ts';
import type { References } from './references.ts';

/** `allOf` within `allOf`, and references on the way. */
const MAX_MERGED = 8;

/** The properties of a body that is an object with a fixed set of them. */
export interface BodyProperties {
  readonly properties: ReadonlyMap<string, unknown>;
  readonly required: ReadonlySet<string>;
}

/** Keywords that make an object more than a set of properties. */
const MORE_THAN_PROPERTIES = [
  'oneOf',
  'anyOf',
  'not',
  'if',
  'patternProperties',
  'propertyNames',
  'dependentSchemas',
  'dependentRequired',
  'minProperties',
  'maxProperties',
  'unevaluatedProperties',
  'enum',
  'const',
] as const;

/** The properties of a body, `allOf` merged; undefined: it is no such object, and is one argument as a whole. */
export function bodyProperties(schema: unknown, references: References): BodyProperties | undefined {
  const properties = new Map<string, unknown>();
  const required = new Set<string>();
  return collect(schema, references, { properties, required }, 0) && properties.size > 0
    ? { properties, required }
    : undefined;
}

function collect(
  schema: unknown,
  references: References,
  into: { readonly properties: Map<string, unknown>; readonly required: Set<string> },
  depth: number,
): boolean {
  const found = references.resolve(schema);
  if ('missing' in found || depth > MAX_MERGED) return false;
  const { value } = found;
  const type = textAt(value, 'type');
  if (type !== 'object' && (valueAt(value, 'type') !== undefined || !isObjectLike(value))) return false;
  if (MORE_THAN_PROPERTIES.some((key) => valueAt(value, key) !== undefined)) return false;
  const additional = valueAt(value, 'additionalProperties');
  if (additional === true || (isRecord(additional) && Object.keys(additional).length > 0)) return false;
  for (const [name, property] of Object.entries(recordAt(value, 'properties'))) {
    into.properties.set(name, property);
  }
  for (const name of listAt(value, 'required')) if (typeof name === 'string') into.required.add(name);
  return listAt(value, 'allOf').every((part) => collect(part, references, into, depth + 1));
}

/** Without a type, properties or parts tell that an object is meant. */
function isObjectLike(value: Readonly<Record<string, unknown>>): boolean {
  return valueAt(value, 'properties') !== undefined || Array.isArray(valueAt(value, 'allOf'));
}
