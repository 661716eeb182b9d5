import { isRecord } from '../../../config/checks/value-checks.ts';
import type { OpenApiRevision } from './check-document.ts';
import { flagAt, listAt, recordAt, textAt, valueAt } from './data-access.ts';
import type { DocumentData } from './read-document.ts';
import { type References, referenceOf } from './references.ts';
import { isPlainValue, ONE_SCHEMA, SCHEMA_LIST, SCHEMA_MAP } from './schema-keywords.ts';
import { cleanName, unusedName } from './tool-name.ts';

/** Which way the values go that a schema describes: what is read-only is not sent, what is write-only does not come. */
export type SchemaDirection = 'request' | 'response';

/** How large the schema of one tool may become. */
export interface SchemaSize {
  /** As JSON, in bytes. Beyond it definitions become `{}`, which allows anything, the farthest first. */
  readonly maxBytes: number;
  /** Objects and arrays within each other. What lies deeper becomes `{}`. */
  readonly maxDepth: number;
}

/** Schemas of one tool that are written where they are used; what is referred to beyond stands in `$defs`. */
const MAX_INLINE = 200;
/** Bytes that a schema takes at least, on average: bounds the work before the size is known. */
const BYTES_PER_SCHEMA = 16;
/** Levels that a schema with its keywords may take below the place where it is decided upon. */
const SPARE_LEVELS = 4;
/** The level at which a definition begins: root, `$defs`, definition. */
const DEFINITION_LEVEL = 3;

/**
 * Makes JSON Schema 2020-12 of the schemas of one tool. Short references are written out, as many readers of tools know no
 * `$ref`; long and circular ones stay references, to `$defs` of the tool.
 */
export class SchemaConverter {
  readonly #references: References;
  readonly #revision: OpenApiRevision;
  readonly #direction: SchemaDirection;
  readonly #size: SchemaSize;
  /** Definitions by the reference that they stand for; undefined: not converted yet. */
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #pending: string[] = [];
  readonly #open = new Set<string>();
  #inlined = 0;
  #schemas = 0;

  constructor(
    references: References,
    revision: OpenApiRevision,
    direction: SchemaDirection,
    size: SchemaSize,
  ) {
    this.#references = references;
    this.#revision = revision;
    this.#direction = direction;
    this.#size = size;
  }

  /** @param level objects and arrays around the place where the schema will stand, itself included */
  convert(schema: unknown, level: number): unknown {
    if (typeof schema === 'boolean') return schema;
    if (!isRecord(schema) || level > this.#size.maxDepth - SPARE_LEVELS) return {};
    if (++this.#schemas > this.#size.maxBytes / BYTES_PER_SCHEMA) return {};
    const reference = referenceOf(schema);
    const result =
      reference === undefined ? this.#keywords(schema, level) : this.#referred(reference, schema, level);
    return this.#nullable(schema, result);
  }

  /** The definitions that converted schemas refer to, as `$defs` wants them; undefined: none. */
  definitions(usedBytes: number): Readonly<Record<string, unknown>> | undefined {
    let left = this.#size.maxBytes - usedBytes;
    const definitions: [string, unknown][] = [];
    for (let reference = this.#pending.shift(); reference !== undefined; reference = this.#pending.shift()) {
      this.#open.clear();
      this.#open.add(reference);
      const name = this.#names.get(reference)!;
      const definition = this.convert(this.#references.target(reference), DEFINITION_LEVEL);
      const bytes = Buffer.byteLength(JSON.stringify(definition)) + name.length + 4;
      definitions.push([name, bytes > left ? {} : definition]);
      left -= bytes > left ? name.length + 6 : bytes;
    }
    return definitions.length === 0 ? undefined : Object.fromEntries(definitions);
  }

  #referred(reference: string, schema: DocumentData, level: number): Readonly<Record<string, unknown>> {
    const target = this.#references.target(reference);
    const beside = this.#beside(schema);
    if (!isRecord(target) && typeof target !== 'boolean') return beside;
    const isCircular = this.#open.has(reference);
    const fits = this.#inlined < MAX_INLINE && level <= this.#size.maxDepth / 2;
    if (isCircular || !fits || this.#names.has(reference)) {
      return { $ref: `#/$defs/${this.#nameOf(reference)}`, ...beside };
    }
    this.#inlined++;
    this.#open.add(reference);
    const inlined = this.convert(target, level);
    this.#open.delete(reference);
    if (typeof inlined === 'boolean') return inlined ? beside : { ...beside, not: {} };
    return { ...(inlined as DocumentData), ...beside };
  }

  /** Words beside a reference win over those of what is referred to; other keywords beside it are rare, and left out. */
  #beside(schema: DocumentData): Readonly<Record<string, unknown>> {
    const words = ['title', 'description', 'default', 'deprecated'] as const;
    return Object.fromEntries(
      words.filter((word) => Object.hasOwn(schema, word)).map((word) => [word, schema[word]]),
    );
  }

  #nameOf(reference: string): string {
    const known = this.#names.get(reference);
    if (known !== undefined) return known;
    const last = reference.slice(reference.lastIndexOf('/') + 1);
    const name = unusedName(cleanName(last) || 'schema', this.#taken);
    this.#names.set(reference, name);
    this.#pending.push(reference);
    return name;
  }

  #keywords(schema: DocumentData, level: number): Readonly<Record<string, unknown>> {
    const result: [string, unknown][] = [];
    for (const [key, value] of Object.entries(schema)) {
      const converted = this.#keyword(key, value, schema, level);
      if (converted !== undefined) result.push([key, converted]);
    }
    const example = valueAt(schema, 'example');
    if (example !== undefined && !Object.hasOwn(schema, 'examples') && this.#isShallow(example, level)) {
      result.push(['examples', [example]]);
    }
    return this.#withBounds(schema, this.#asBase64(Object.fromEntries(result)));
  }

  #keyword(key: string, value: unknown, schema: DocumentData, level: number): unknown {
    if (key === 'properties') return this.#properties(value, level);
    if (key === 'required') return this.#required(schema);
    if (isPlainValue(key, value)) return this.#isShallow(value, level) ? value : undefined;
    if (ONE_SCHEMA.has(key)) return Array.isArray(value) ? undefined : this.convert(value, level + 1);
    if (SCHEMA_LIST.has(key)) {
      if (!Array.isArray(value) || value.length === 0) return undefined;
      return value.map((one: unknown) => this.convert(one, level + 2));
    }
    return SCHEMA_MAP.has(key) && isRecord(value) ? this.#map(value, level) : undefined;
  }

  #map(schemas: DocumentData, level: number): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [name, this.convert(schema, level + 2)]),
    );
  }

  #properties(value: unknown, level: number): Readonly<Record<string, unknown>> | undefined {
    if (!isRecord(value)) return undefined;
    return this.#map(
      Object.fromEntries(Object.entries(value).filter(([, schema]) => this.isCarried(schema))),
      level,
    );
  }

  #required(schema: DocumentData): readonly unknown[] | undefined {
    const properties = recordAt(schema, 'properties');
    const names = listAt(schema, 'required').filter(
      (name) => typeof name === 'string' && this.isCarried(valueAt(properties, name)),
    );
    // Draft 4, which OpenAPI 3.0 builds on, wants at least one.
    return names.length === 0 ? undefined : [...new Set(names)];
  }

  /** False for a property that does not travel in this direction. */
  isCarried(property: unknown): boolean {
    const found = this.#references.resolve(property);
    const other = this.#direction === 'request' ? 'readOnly' : 'writeOnly';
    const marked = (value: unknown): boolean => isRecord(value) && flagAt(value, other) === true;
    return !marked(property) && !('value' in found && marked(found.value));
  }

  /** `nullable` of OpenAPI 3.0; newer documents write the type `null`. */
  #nullable(
    schema: DocumentData,
    result: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, unknown>> {
    if (this.#revision !== '3.0' || flagAt(schema, 'nullable') !== true) return result;
    const type = valueAt(result, 'type');
    if (typeof type !== 'string') {
      return Object.keys(result).length === 0 ? result : { anyOf: [result, { type: 'null' }] };
    }
    const values = valueAt(result, 'enum');
    const withNull =
      Array.isArray(values) && !values.includes(null)
        ? { enum: [...(values as readonly unknown[]), null] }
        : {};
    return { ...result, type: [type, 'null'], ...withNull };
  }

  /** In OpenAPI 3.0 exclusive bounds are a flag beside the bound. */
  #withBounds(schema: DocumentData, result: Record<string, unknown>): Readonly<Record<string, unknown>> {
    for (const [flag, bound] of [
      ['exclusiveMinimum', 'minimum'],
      ['exclusiveMaximum', 'maximum'],
    ] as const) {
      const given = valueAt(schema, flag);
      if (typeof given !== 'boolean') continue;
      if (!given || typeof result[bound] !== 'number') continue;
      result[flag] = result[bound];
      delete result[bound];
    }
    return result;
  }

  /** Bytes cannot stand in JSON: they are given as base64. */
  #asBase64(result: Record<string, unknown>): Record<string, unknown> {
    if (textAt(result, 'format') !== 'binary') return result;
    delete result['format'];
    return { ...result, contentEncoding: 'base64' };
  }

  #isShallow(value: unknown, level: number): boolean {
    return isWithin(value, this.#size.maxDepth - level - 1);
  }
}

/** Whether a value has at most so many objects and arrays within each other. */
function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1));
}
