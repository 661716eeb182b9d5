import { schemaFault } from '../../client/lists/tool-bounds.ts';
import type { ResolvedSettings } from '../../config/settings.ts';
import type { Tool } from '../../protocol/mcp-types.ts';
import { jsonExtent } from '../../wire/json-extent.ts';
import { isObject } from '../../wire/json-rpc.ts';
import type { ServerCatalog } from './server-catalog.ts';

/** Objects and arrays within each other in one entry, as in lists that are read from servers. */
const MAX_DEPTH = 512;

type Limits = Pick<ResolvedSettings['limits'], 'items' | 'listBytes' | 'schemaBytes' | 'schemaDepth'>;

/** What {@link readSavedCatalog} has found. */
export interface SavedCatalog {
  readonly catalog: ServerCatalog;
  /** Entries that were left out. */
  readonly leftOut: number;
}

/**
 * Reads the catalog of a server from what was kept of it. It is trusted no more than a list of the server, and gets the
 * same bounds: `limits.items`, `limits.listBytes`, those of schemas, and a depth.
 */
export function readSavedCatalog(saved: unknown, limits: Limits): SavedCatalog {
  let leftOut = 0;
  const lists = isObject(saved) ? saved : {};
  const catalog: ServerCatalog = {
    tools: read<Tool>('tools', 'name', (tool) => schemaFault(tool, limits) === undefined),
    resources: read('resources', 'uri'),
    resourceTemplates: read('resourceTemplates', 'uriTemplate'),
    prompts: read('prompts', 'name'),
  };
  return { catalog, leftOut };

  function read<Item>(list: keyof ServerCatalog, nameKey: string, isSound?: (item: Item) => boolean): Item[] {
    const entries: unknown = Object.hasOwn(lists, list) ? lists[list] : undefined;
    if (!Array.isArray(entries)) return [];
    const items: Item[] = [];
    let bytesLeft = limits.listBytes;
    for (const entry of entries as unknown[]) {
      if (items.length >= limits.items || bytesLeft <= 0) break;
      if (!isObject(entry) || typeof entry[nameKey] !== 'string') continue;
      const { bytes, depth } = jsonExtent(entry, { bytes: bytesLeft, depth: MAX_DEPTH });
      if (bytes > bytesLeft) break;
      if (depth > MAX_DEPTH || isSound?.(entry as Item) === false) continue;
      bytesLeft -= bytes;
      items.push(entry as Item);
    }
    leftOut += entries.length - items.length;
    return items;
  }
}
