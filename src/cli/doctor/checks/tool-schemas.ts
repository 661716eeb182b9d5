import type { Tool } from '../../../protocol/mcp-types.ts';
import { isObject } from '../../../wire/json-rpc.ts';
import type { Finding } from '../finding.ts';
import { named } from '../named.ts';

/** Larger schemas cost a model more than they help, as JSON in characters. */
const LARGE_SCHEMA = 32 * 1024;
/** Whoever walks a schema must come to an end. */
const MAX_DEPTH = 32;

/** Words that the interfaces of large models refuse at the root of a schema. */
const REFUSED_AT_ROOT = ['anyOf', 'oneOf', 'allOf', 'not', 'if'] as const;

/** Schemas that hosts refuse: no object, words that are not taken at the root, too large. */
export function checkToolSchemas(tools: readonly Tool[]): Finding[] {
  const faults = new Map<string, string[]>();
  for (const { name, inputSchema } of tools) {
    const fault = faultOf(inputSchema);
    if (fault !== undefined) faults.set(fault, [...(faults.get(fault) ?? []), name]);
  }
  return [...faults].map(([fault, names]) => ({
    check: 'tools',
    level: 'warning',
    what: `the input schema of ${named(names)} ${fault}`,
    cure: 'some hosts leave such tools out, or refuse all of them; the author of the server can correct it, "disabledTools" keeps them away',
  }));
}

function faultOf(schema: unknown): string | undefined {
  if (!isObject(schema)) return 'is missing or no object';
  if (schema['type'] !== 'object') return 'does not say "type": "object"';
  const { properties, required } = schema;
  if (properties !== undefined && !isObject(properties)) return 'has "properties" that are no object';
  if (required !== undefined && !Array.isArray(required)) return 'has a "required" that is no list';
  const refused = REFUSED_AT_ROOT.filter((word) => Object.hasOwn(schema, word));
  if (refused.length > 0) return `has ${refused.join(', ')} at its root`;
  if (JSON.stringify(schema).length > LARGE_SCHEMA) return 'is larger than 32 KB';
  return hasRemoteReference(schema) ? 'refers to a schema elsewhere' : undefined;
}

/** A `$ref` to another document is never fetched: what it says is unknown to every host (S22). */
function hasRemoteReference(value: unknown, depth: number = 0): boolean {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return false;
  if (isObject(value) && typeof value['$ref'] === 'string' && !value['$ref'].startsWith('#')) return true;
  return Object.values(value).some((item) => hasRemoteReference(item, depth + 1));
}
