import { canonicalJson } from '../../../wire/canonical-json.ts';
import { isObject } from '../../../wire/json-rpc.ts';
import { type Keyword, keyword } from '../evaluation/keyword.ts';
import { WorkMeter } from '../evaluation/work-meter.ts';

/** Keywords that look at a value of any type: `type`, `const` and `enum`. */

export type TypeName = 'null' | 'boolean' | 'number' | 'integer' | 'string' | 'array' | 'object';

export const TYPE_NAMES: ReadonlySet<unknown> = new Set<TypeName>([
  'null',
  'boolean',
  'number',
  'integer',
  'string',
  'array',
  'object',
]);

export const type: Keyword = keyword<TypeName | readonly TypeName[]>((operand, site, run) => {
  const allowed = typeof operand === 'string' ? [operand] : operand;
  if (allowed.some((name) => hasType(site.value, name))) return 'valid';
  return run.fail(site, `must be ${allowed.join(' or ')}, is ${typeName(site.value)}`);
});

export const constant: Keyword = (operand, site, run) => {
  const { value } = site;
  const isEqual =
    isContainer(value) && isContainer(operand)
      ? canonicalJson(value, run.meter) === canonicalJson(operand, run.meter)
      : value === operand;
  return isEqual ? 'valid' : run.fail(site, 'is not the one allowed value');
};

export const enumeration: Keyword = keyword<readonly unknown[]>((operand, site, run) => {
  if (membersOf(operand).has(canonicalJson(site.value, run.meter))) return 'valid';
  return run.fail(site, `is none of the ${operand.length} allowed values`);
});

/** A large enumeration of a schema for long lists would otherwise be read again for every item. */
const members = new WeakMap<readonly unknown[], ReadonlySet<string>>();

function membersOf(operand: readonly unknown[]): ReadonlySet<string> {
  let known = members.get(operand);
  if (known === undefined) {
    const unlimited = new WorkMeter(Number.POSITIVE_INFINITY); // the size of a schema is bounded
    known = new Set(operand.map((member) => canonicalJson(member, unlimited)));
    members.set(operand, known);
  }
  return known;
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function hasType(value: unknown, name: TypeName): boolean {
  switch (name) {
    case 'null':
      return value === null;
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    default:
      return typeof value === name;
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return Array.isArray(value) ? 'array' : typeof value;
}
