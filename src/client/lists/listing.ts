import { SignalboxError } from '../../core/errors.ts';
import { jsonExtent } from '../../wire/json-extent.ts';
import { isObject } from '../../wire/json-rpc.ts';

/** Bounds of one list. */
export interface ListBounds {
  /** Pages at most. */
  readonly pages: number;
  /** Items at most. */
  readonly items: number;
  /** All items together as JSON, in bytes. */
  readonly listBytes: number;
}

/** What a list turned out to be. */
export interface Listing<Item> {
  readonly items: Item[];
  /** Why it is not the whole list; undefined if it is. */
  readonly truncated: string | undefined;
  /** Entries that were left out because they lack the field that names them, or nest too deep. */
  readonly malformed: number;
}

/** Longest cursor that is sent back, in characters. */
const MAX_CURSOR = 64 * 1024;
/** Objects and arrays within each other in one entry: whoever writes it as JSON again needs a stack for them. */
const MAX_DEPTH = 512;

/**
 * Reads every page of a list, within bounds. A cursor is opaque: an empty one continues too, and only its absence
 * ends the list (specification, pagination; F-122).
 *
 * @param key the field that holds the items (`tools`), @param nameKey the field each item must have (`name`)
 */
export async function readPages<Item>(
  fetchPage: (cursor: string | undefined) => Promise<unknown>,
  key: string,
  nameKey: string,
  bounds: ListBounds,
  server: string,
): Promise<Listing<Item>> {
  const items: Item[] = [];
  let malformed = 0;
  let bytes = 0;
  let cursor: string | undefined;
  for (let page = 1; ; page++) {
    const result = await fetchPage(cursor);
    const found = isObject(result) ? result[key] : undefined;
    if (!isObject(result) || !Array.isArray(found)) {
      throw new SignalboxError('INVALID_RESULT', `a list answer has no array "${key}"`, {
        server,
        delivered: 'yes',
      });
    }
    for (const item of found) {
      const extent = jsonExtent(item, { bytes: bounds.listBytes, depth: MAX_DEPTH });
      bytes += extent.bytes;
      if (bytes > bounds.listBytes)
        return { items, truncated: `it is larger than ${bounds.listBytes} bytes`, malformed };
      if (!isObject(item) || typeof item[nameKey] !== 'string' || extent.depth > MAX_DEPTH) malformed++;
      else if (items.length < bounds.items) items.push(item as Item);
      else return { items, truncated: `it has more than ${bounds.items} items`, malformed };
    }
    const next = result['nextCursor'];
    if (typeof next !== 'string') return { items, truncated: undefined, malformed };
    if (next.length > MAX_CURSOR) return { items, truncated: 'its cursor is unreasonably long', malformed };
    if (page >= bounds.pages)
      return { items, truncated: `it has more than ${bounds.pages} pages`, malformed };
    cursor = next;
  }
}
