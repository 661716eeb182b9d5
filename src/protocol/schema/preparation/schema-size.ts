import { jsonExtent } from '../../../wire/json-extent.ts';
import { UnusableSchema } from '../unusable-schema.ts';

/** Refuses a document whose JSON is larger than `maxBytes`. Reads no further than that, and nests no calls. */
export function assertSchemaSize(schema: unknown, maxBytes: number): void {
  const { bytes } = jsonExtent(schema, { bytes: maxBytes, depth: Number.POSITIVE_INFINITY });
  if (bytes > maxBytes) throw new UnusableSchema(`the schema is larger than ${maxBytes} bytes`);
}
