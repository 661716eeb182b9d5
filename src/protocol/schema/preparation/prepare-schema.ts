import { isObject } from '../../../wire/json-rpc.ts';
import type { SchemaNode, SchemaResource } from '../evaluation/keyword.ts';
import type { PreparedSchema } from '../evaluation/prepared-schema.ts';
import { type JsonPath, renderPath } from '../json-path.ts';
import type { SchemaBounds } from '../schema-bounds.ts';
import { UnusableSchema } from '../unusable-schema.ts';
import { type Dialect, dialectOf } from './dialects.ts';
import { findReference } from './find-reference.ts';
import { assertSchemaSize } from './schema-size.ts';
import { DOCUMENT_URI, resolveSchemaUri } from './schema-uri.ts';

/** Makes a peer's schema ready to be applied, or throws {@link UnusableSchema} with the reason. */
export function prepareSchema(schema: unknown, bounds: SchemaBounds): PreparedSchema {
  if (typeof schema !== 'boolean' && !isObject(schema)) {
    throw new UnusableSchema('the schema is neither an object nor a boolean');
  }
  assertSchemaSize(schema, bounds.maxBytes);
  const dialect = dialectOf(isObject(schema) ? own(schema, '$schema') : undefined);
  return new Preparation(dialect, bounds).prepare(schema);
}

interface Visit {
  readonly schema: unknown;
  readonly resource: SchemaResource;
  readonly path: JsonPath | undefined;
  readonly depth: number;
}

interface PendingReference {
  readonly node: SchemaNode;
  readonly name: '$ref' | '$dynamicRef';
  readonly reference: string;
}

class Preparation {
  readonly #dialect: Dialect;
  readonly #bounds: SchemaBounds;
  readonly #nodes = new Map<unknown, SchemaNode>();
  readonly #resources = new Map<string, SchemaResource>();
  readonly #pending: PendingReference[] = [];
  /** Visits to come, instead of calls within calls: a peer decides how deep its schemas nest. */
  readonly #open: Visit[] = [];

  constructor(dialect: Dialect, bounds: SchemaBounds) {
    this.#dialect = dialect;
    this.#bounds = bounds;
  }

  prepare(root: unknown): PreparedSchema {
    const document = this.#addResource(DOCUMENT_URI, root);
    this.#open.push({ schema: root, resource: document, path: undefined, depth: 1 });
    this.#visitAll();
    // All names are known now. A pointer can lead to places that no keyword leads to, with references of their own.
    for (const { node, name, reference } of this.#pending) {
      const { schema, resource, anchor } = findReference(reference, node.resource, this.#resources);
      if (name === '$ref') node.target = schema;
      else {
        const isDynamic = anchor !== undefined && resource.dynamicAnchors.has(anchor);
        node.dynamicTarget = { schema, anchor: isDynamic ? anchor : undefined };
      }
      this.#open.push({ schema, resource, path: { key: reference, outer: undefined }, depth: 1 });
      this.#visitAll();
    }
    const asksForEvaluated = [...this.#nodes.values()].some(
      ({ operands }) => operands.has('unevaluatedProperties') || operands.has('unevaluatedItems'),
    );
    return { root, nodes: this.#nodes, asksForEvaluated };
  }

  #visitAll(): void {
    for (let visit = this.#open.pop(); visit !== undefined; visit = this.#open.pop()) {
      if (isObject(visit.schema) && !this.#nodes.has(visit.schema)) this.#visit(visit.schema, visit);
    }
  }

  #visit(schema: Record<string, unknown>, { resource: outer, path, depth }: Visit): void {
    const { maxDepth, maxSubschemas } = this.#bounds;
    if (depth > maxDepth) throw new UnusableSchema(`the schema nests deeper than ${maxDepth} schemas`);
    if (this.#nodes.size >= maxSubschemas) {
      throw new UnusableSchema(`the schema consists of more than ${maxSubschemas} schemas`);
    }
    if (Object.hasOwn(schema, '$schema') && dialectOf(schema['$schema']) !== this.#dialect) {
      throw new UnusableSchema('the schema mixes dialects');
    }
    const resource = this.#resourceOf(schema, outer);
    const operands = new Map<string, unknown>();
    for (const [name, { shape }] of this.#dialect.keywords) {
      if (!Object.hasOwn(schema, name)) continue;
      const operand = schema[name];
      const at: JsonPath = { key: name, outer: path };
      if (!shape.fits(operand)) {
        throw new UnusableSchema(`"${renderPath(at)}" of the schema is not ${shape.words}`);
      }
      operands.set(name, operand);
      for (const { keys, schema: inner } of shape.schemasIn?.(operand) ?? []) {
        const innerPath = keys.reduce<JsonPath>((way, key) => ({ key, outer: way }), at);
        this.#open.push({ schema: inner, resource, path: innerPath, depth: depth + 1 });
      }
    }
    this.#addAnchors(schema, operands, resource);
    this.#addNode(schema, operands, resource);
  }

  #addNode(schema: object, operands: ReadonlyMap<string, unknown>, resource: SchemaResource): void {
    const hidesOthers = this.#dialect.isDraft7 && operands.has('$ref');
    const names = hidesOthers ? ['$ref'] : operands.keys();
    const checks: { operand: unknown; apply: NonNullable<SchemaNode['checks'][number]>['apply'] }[] = [];
    for (const name of names) {
      const apply = this.#dialect.keywords.get(name)?.apply;
      if (apply !== undefined) checks.push({ operand: operands.get(name), apply });
    }
    const node: SchemaNode = { resource, operands, checks };
    this.#nodes.set(schema, node);
    for (const name of ['$ref', '$dynamicRef'] as const) {
      const reference = operands.get(name);
      if (typeof reference === 'string') this.#pending.push({ node, name, reference });
    }
  }

  /** The resource that a schema object opens with its `$id`, or the one that it stands in. */
  #resourceOf(schema: Record<string, unknown>, outer: SchemaResource): SchemaResource {
    const id = own(schema, '$id');
    const { isDraft7 } = this.#dialect;
    if (id === undefined || (isDraft7 && Object.hasOwn(schema, '$ref'))) return outer;
    if (typeof id !== 'string') throw new UnusableSchema('an "$id" of the schema is not a string');
    if (isDraft7 && id.startsWith('#')) {
      addAnchor(outer.anchors, id.slice(1), schema);
      return outer;
    }
    const { uri, fragment } = resolveSchemaUri(id, outer.uri);
    if (fragment) throw new UnusableSchema('an "$id" of the schema has a fragment');
    return this.#addResource(uri, schema);
  }

  #addResource(uri: string, root: unknown): SchemaResource {
    if (this.#resources.has(uri)) throw new UnusableSchema('two parts of the schema have the same "$id"');
    const resource: SchemaResource = { uri, root, anchors: new Map(), dynamicAnchors: new Map() };
    this.#resources.set(uri, resource);
    return resource;
  }

  #addAnchors(schema: object, operands: ReadonlyMap<string, unknown>, resource: SchemaResource): void {
    for (const name of ['$anchor', '$dynamicAnchor'] as const) {
      const anchor = operands.get(name);
      if (typeof anchor !== 'string') continue;
      addAnchor(resource.anchors, anchor, schema);
      if (name === '$dynamicAnchor') resource.dynamicAnchors.set(anchor, schema);
    }
  }
}

function addAnchor(anchors: Map<string, unknown>, name: string, schema: object): void {
  const known = anchors.get(name);
  if (known !== undefined && known !== schema)
    throw new UnusableSchema('two parts of the schema have the same name');
  anchors.set(name, schema);
}

function own(schema: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(schema, name) ? schema[name] : undefined;
}
