import { isObject } from '../wire/json-rpc.ts';
import { encodeHeaderValue } from './header-value.ts';

/** The annotation that asks for a header (2026-07-28, tools, `x-mcp-header`). */
const ANNOTATION = 'x-mcp-header';
const HEADER_PREFIX = 'mcp-param-';

/** RFC 9110 token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/u;
const TYPES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);

/** Keywords whose values are data, not schemas: what looks like an annotation there is none. */
const DATA_KEYWORDS: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples']);

/** A schema with more places than this is not walked to its end; such a tool is refused rather than half understood. */
const MAX_PLACES = 20_000;
const MAX_DEPTH = 64;

/** One argument that is mirrored into a header. */
export interface ParamHeader {
  /** In lower case. */
  readonly header: string;
  /** Where the argument stands: property names from the root. */
  readonly path: readonly string[];
}

/** What a tool's schema asks for, or why it is invalid; an invalid tool must not be offered. */
export type ParamHeaderPlan = { readonly headers: readonly ParamHeader[] } | { readonly invalid: string };

const NO_HEADERS: ParamHeaderPlan = { headers: [] };

/** Reads the annotations of an input schema. The whole schema is walked: an annotation anywhere else is a fault. */
export function planParamHeaders(inputSchema: unknown): ParamHeaderPlan {
  if (!isObject(inputSchema)) return NO_HEADERS;
  const walk = new Walk();
  walk.visit(inputSchema, [], true);
  if (walk.fault !== undefined) return { invalid: walk.fault };
  return walk.headers.length === 0 ? NO_HEADERS : { headers: walk.headers };
}

/** The headers of one call. An argument that is null or absent gets none; a value that cannot be one neither. */
export function paramHeaderValues(
  headers: readonly ParamHeader[],
  args: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { header, path } of headers) {
    const text = headerText(valueAt(args, path));
    if (text !== undefined) values[header] = encodeHeaderValue(text);
  }
  return values;
}

function valueAt(args: unknown, path: readonly string[]): unknown {
  let value = args;
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function headerText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

class Walk {
  readonly headers: ParamHeader[] = [];
  fault: string | undefined;
  readonly #names: Set<string> = new Set();
  #places = 0;

  /** @param reachable whether only `properties` lead here from the root */
  visit(schema: unknown, path: readonly string[], reachable: boolean): void {
    if (this.fault !== undefined || typeof schema !== 'object' || schema === null) return;
    if (++this.#places > MAX_PLACES || path.length > MAX_DEPTH) {
      this.fault = 'its input schema is too large to look for header annotations';
      return;
    }
    if (Array.isArray(schema)) {
      for (const item of schema) this.visit(item, [...path, ''], false);
      return;
    }
    for (const [key, value] of Object.entries(schema)) {
      if (key === ANNOTATION) this.#annotation(value, schema as Record<string, unknown>, path, reachable);
      else if (key === 'properties' && isObject(value)) this.#properties(value, path, reachable);
      else if (!DATA_KEYWORDS.has(key)) this.visit(value, [...path, ''], false);
    }
  }

  #properties(properties: Record<string, unknown>, path: readonly string[], reachable: boolean): void {
    for (const [name, schema] of Object.entries(properties)) this.visit(schema, [...path, name], reachable);
  }

  #annotation(
    name: unknown,
    schema: Readonly<Record<string, unknown>>,
    path: readonly string[],
    reachable: boolean,
  ): void {
    this.fault ??= this.#annotationFault(name, schema, path, reachable);
    if (this.fault !== undefined) return;
    const header = (name as string).toLowerCase();
    this.#names.add(header);
    this.headers.push({ header: `${HEADER_PREFIX}${header}`, path });
  }

  #annotationFault(
    name: unknown,
    schema: Readonly<Record<string, unknown>>,
    path: readonly string[],
    reachable: boolean,
  ): string | undefined {
    if (typeof name !== 'string' || !TOKEN.test(name)) return `its ${ANNOTATION} is not a header name`;
    if (!reachable || path.length === 0)
      return `its ${ANNOTATION} "${name}" does not stand on a plain property`;
    if (!TYPES.has(schema['type'])) return `its ${ANNOTATION} "${name}" is on a type that has no header form`;
    if (this.#names.has(name.toLowerCase())) return `its ${ANNOTATION} "${name}" is used twice`;
    return undefined;
  }
}
