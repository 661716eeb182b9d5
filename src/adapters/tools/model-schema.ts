import { sanitizePeerLines } from '../../core/peer-text.ts';
import type { Tool } from '../../protocol/mcp-types.ts';
import { isObject } from '../../wire/json-rpc.ts';

/** The JSON Schema of a tool's arguments in the form that all model providers take. */
export interface ModelSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

type Schema = Readonly<Record<string, unknown>>;

/** Schemas within schemas that are looked at; what lies deeper stays as it is. Lists let no deeper ones through. */
const MAX_DEPTH = 64;

/** Branches within branches, and branches in all, whose properties are gathered: references can multiply them. */
const MAX_NESTED_BRANCHES = 4;
const MAX_BRANCHES = 256;

/** Keywords whose value is a schema, an object of schemas, a list of schemas. */
const ONE = new Set([
  'additionalItems',
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
const NAMED = new Set(['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties']);
const LISTED = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);

/** What no provider takes at the top; one tool that has it makes them refuse the whole request. */
const NOT_AT_THE_TOP = new Set([
  '$schema',
  '$ref',
  'allOf',
  'anyOf',
  'const',
  'else',
  'enum',
  'if',
  'not',
  'oneOf',
  'then',
]);

/**
 * Makes the schema of a tool fit for model providers, each of which refuses a whole request for one schema that it does not
 * like: an object at the top, no combinations there (their properties are gathered, and what only some branches require is
 * optional), `items` for every array. Descriptions are filtered and cut at `maxText` characters. The server holds arguments
 * against its own schema in any case.
 */
export function modelSchema(tool: Tool, maxText: number): ModelSchema {
  const whole = isObject(tool.inputSchema) ? tool.inputSchema : {};
  const top = fit(whole, maxText, 0);
  const branches = branchesOf(top);
  const kept = Object.entries(top).filter(([keyword]) => !NOT_AT_THE_TOP.has(keyword));
  const properties = new Map<string, unknown>();
  for (const { schema } of branches) {
    const own = isObject(schema['properties']) ? schema['properties'] : {};
    for (const [name, property] of Object.entries(own)) {
      if (!properties.has(name)) properties.set(name, property);
    }
  }
  const required = new Set(
    branches.flatMap(({ schema, always }) => (always ? namesIn(schema['required']) : [])),
  );
  return {
    ...Object.fromEntries(kept.filter(([keyword]) => keyword !== 'required')),
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.size === 0 ? {} : { required: [...required] }),
  };
}

interface Branch {
  readonly schema: Schema;
  /** Whether arguments have to fit it in any case. */
  readonly always: boolean;
}

/** A schema with all that is combined with it at the same place, itself first. */
function branchesOf(root: Schema): readonly Branch[] {
  const found: Branch[] = [];
  const add = (schema: unknown, always: boolean, depth: number): void => {
    if (!isObject(schema) || depth > MAX_NESTED_BRANCHES || found.length >= MAX_BRANCHES) return;
    found.push({ schema, always });
    add(referred(schema['$ref'], root), always, depth + 1);
    for (const branch of listIn(schema['allOf'])) add(branch, always, depth + 1);
    for (const keyword of ['anyOf', 'oneOf']) {
      for (const branch of listIn(schema[keyword])) add(branch, false, depth + 1);
    }
    for (const keyword of ['then', 'else']) add(schema[keyword], false, depth + 1);
  };
  add(root, true, 0);
  return found;
}

/** What a reference to a definition of the same schema stands for. */
function referred(reference: unknown, root: Schema): unknown {
  if (typeof reference !== 'string') return undefined;
  const [, place, name] = /^#\/(\$defs|definitions)\/([^/~%]+)$/u.exec(reference) ?? [];
  if (place === undefined || name === undefined) return undefined;
  const definitions = root[place];
  return isObject(definitions) && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}

function fit(schema: Schema, maxText: number, depth: number): Schema {
  if (depth > MAX_DEPTH) return schema;
  const inner = (value: unknown): unknown => (isObject(value) ? fit(value, maxText, depth + 1) : value);
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if ((keyword === 'description' || keyword === 'title') && typeof value === 'string')
      return [keyword, sanitizePeerLines(value, maxText)];
    if (ONE.has(keyword) && isObject(value)) return [keyword, inner(value)];
    if (LISTED.has(keyword) && Array.isArray(value)) return [keyword, value.map(inner)];
    if (NAMED.has(keyword) && isObject(value)) {
      const named = Object.entries(value).map(([name, one]): [string, unknown] => [name, inner(one)]);
      return [keyword, Object.fromEntries(named)];
    }
    return [keyword, value];
  });
  return withItems(Object.fromEntries(entries), inner);
}

/** Providers refuse an array whose items nobody describes, and the older form of tuples. */
function withItems(schema: Schema, inner: (value: unknown) => unknown): Schema {
  const { type, items } = schema;
  const isArray = type === 'array' || (Array.isArray(type) && type.includes('array'));
  if (Array.isArray(items)) {
    const { additionalItems, ...rest } = schema;
    return {
      ...rest,
      prefixItems: items.map(inner),
      items: isObject(additionalItems) ? additionalItems : {},
    };
  }
  return isArray && items === undefined ? { ...schema, items: {} } : schema;
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function namesIn(value: unknown): string[] {
  return listIn(value).filter((name) => typeof name === 'string');
}
