import { UnusableSchema } from '../unusable-schema.ts';

/** Refuses a document whose JSON is larger than `maxBytes`. Reads no further than that, and nests no calls. */
export function assertSchemaSize(schema: unknown, maxBytes: number): void {
  let bytes = 0;
  const open: unknown[] = [schema];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') {
      bytes += Buffer.byteLength(value) + 2;
    } else if (Array.isArray(value)) {
      bytes += value.length + 2;
      if (bytes <= maxBytes) for (const item of value as unknown[]) open.push(item);
    } else if (typeof value === 'object' && value !== null) {
      bytes += 2;
      for (const name in value) {
        bytes += Buffer.byteLength(name) + 4;
        if (bytes > maxBytes) break;
        if (Object.hasOwn(value, name)) open.push((value as Record<string, unknown>)[name]);
      }
    } else {
      bytes += String(value).length;
    }
    if (bytes > maxBytes) throw new UnusableSchema(`the schema is larger than ${maxBytes} bytes`);
  }
}
