import { sanitizePeerText } from '../../../core/peer-text.ts';
import type { SchemaResource } from '../evaluation/keyword.ts';
import { UnusableSchema } from '../unusable-schema.ts';
import { resolveSchemaUri } from './schema-uri.ts';

/** What a reference leads to: a schema of the same document. */
export interface ReferenceTarget {
  readonly resource: SchemaResource;
  readonly schema: unknown;
  /** The name, where it was found by one. */
  readonly anchor: string | undefined;
}

/** Finds a reference in the document itself; whatever lies outside is refused, never fetched (B-5). */
export function findReference(
  reference: string,
  base: SchemaResource,
  resources: ReadonlyMap<string, SchemaResource>,
): ReferenceTarget {
  const { uri, fragment } = resolveSchemaUri(reference, base.uri);
  const resource = resources.get(uri);
  if (resource === undefined) throw unresolved(reference, 'lies outside of it; nothing is fetched');
  if (fragment === undefined || fragment === '')
    return { resource, schema: resource.root, anchor: undefined };
  if (!fragment.startsWith('/')) {
    const schema = resource.anchors.get(fragment);
    if (schema === undefined) throw unresolved(reference, 'does not exist');
    return { resource, schema, anchor: fragment };
  }
  const schema = followPointer(resource.root, fragment);
  if (
    typeof schema !== 'boolean' &&
    (typeof schema !== 'object' || schema === null || Array.isArray(schema))
  ) {
    throw unresolved(reference, 'is no schema');
  }
  return { resource, schema, anchor: undefined };
}

function followPointer(root: unknown, pointer: string): unknown {
  let place = root;
  for (const part of pointer.slice(1).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, name)) return undefined;
    place = (place as Record<string, unknown>)[name];
  }
  return place;
}

function unresolved(reference: string, why: string): UnusableSchema {
  return new UnusableSchema(`the schema refers to "${sanitizePeerText(reference, 100)}", which ${why}`);
}
