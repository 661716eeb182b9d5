import { isRecord } from '../../../config/checks/value-checks.ts';
import type { OpenApiRevision } from './check-document.ts';
import { recordAt, valueAt } from './data-access.ts';
import type { DocumentData } from './read-document.ts';
import { bodyKindOf } from './read-request-body.ts';
import type { References } from './references.ts';
import { SchemaConverter, type SchemaSize } from './schema-converter.ts';

/** What the schema of a result is made from. */
export interface OutputContext {
  readonly references: References;
  readonly revision: OpenApiRevision;
  readonly size: SchemaSize;
}

/** Bytes of the schema beside its definitions. */
const FRAME_BYTES = 64;

/**
 * What a tool answers where all goes well: the schema of the first 2xx answer as JSON, if it is an object, as MCP wants it;
 * else undefined.
 */
export function outputSchema(
  responses: DocumentData,
  { references, revision, size }: OutputContext,
): Readonly<Record<string, unknown>> | undefined {
  const [status] = Object.keys(responses)
    .filter((key) => /^2(?:\d\d|XX)$/u.test(key))
    .toSorted();
  const found = references.resolve(status === undefined ? undefined : responses[status]);
  if ('missing' in found) return undefined;
  const json = Object.entries(recordAt(found.value, 'content')).find(([type]) => bodyKindOf(type) === 'json');
  const schema = isRecord(json?.[1]) ? valueAt(json[1], 'schema') : undefined;
  const converter = new SchemaConverter(references, revision, 'response', size);
  const converted = converter.convert(schema, 1);
  if (!isRecord(converted) || valueAt(converted, 'type') !== 'object') return undefined;
  const used = Buffer.byteLength(JSON.stringify(converted)) + FRAME_BYTES;
  const definitions = converter.definitions(used);
  return definitions === undefined ? converted : { ...converted, $defs: definitions };
}
