/**
 * The value that a JSON pointer (RFC 6901) leads to; undefined if there is none. Only own members count: text of a peer must
 * not reach a prototype (S20). Reading is all that is needed, so that a dozen lines do what packages do with forty times
 * as many.
 */
export function valueAt(document: unknown, pointer: string): unknown {
  let value = document;
  if (pointer === '') return value;
  for (const part of pointer.slice(1).split('/')) {
    const key = part.includes('~') ? part.replaceAll('~1', '/').replaceAll('~0', '~') : part;
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/u.test(key)) return undefined;
    if (!Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

/** The value of the first pointer that leads to one. */
export function firstAt(document: unknown, pointers: readonly string[]): unknown {
  for (const pointer of pointers) {
    const value = valueAt(document, pointer);
    if (value !== undefined) return value;
  }
  return undefined;
}
