/** How large a value would be as JSON, and how deep it nests. */
export interface JsonExtent {
  readonly bytes: number;
  /** Objects and arrays within each other; 0 for what is neither. */
  readonly depth: number;
}

/**
 * Measures a parsed JSON value. Looks no further than to the first bound that is passed, and nests no calls: a peer
 * decides how large and how deep its values are.
 */
export function jsonExtent(value: unknown, bounds: JsonExtent): JsonExtent {
  let bytes = 0;
  let depth = 0;
  const open: unknown[] = [value];
  const depths: number[] = [1];
  while (open.length > 0) {
    const one = open.pop();
    const level = depths.pop()!;
    if (typeof one !== 'object' || one === null) {
      bytes += typeof one === 'string' ? Buffer.byteLength(one) + 2 : String(one).length;
    } else {
      depth = Math.max(depth, level);
      if (depth > bounds.depth) break;
      bytes += 2;
      if (Array.isArray(one)) {
        bytes += one.length;
        if (bytes <= bounds.bytes) for (const item of one as unknown[]) hold(item, level);
      } else {
        for (const name in one) {
          bytes += Buffer.byteLength(name) + 4;
          if (bytes > bounds.bytes) break;
          if (Object.hasOwn(one, name)) hold((one as Record<string, unknown>)[name], level);
        }
      }
    }
    if (bytes > bounds.bytes) break;
  }
  return { bytes, depth };

  function hold(inner: unknown, level: number): void {
    open.push(inner);
    depths.push(level + 1);
  }
}
