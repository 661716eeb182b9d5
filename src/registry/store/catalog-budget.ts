import type { ServerCatalog } from '../catalog/server-catalog.ts';
import type { SavedServer } from './state-store.ts';

/** Catalogs in one state, all together, as characters of JSON. */
export const MAX_CATALOG_CHARS: number = 16 * 1024 * 1024;

/** A catalog is replaced as a whole when it changes, so its length is measured once. */
const lengths = new WeakMap<ServerCatalog, number>();

/** Leaves out the largest catalogs until the rest has room: a state has a bound, whatever the servers list. */
export function fitCatalogs(
  servers: readonly SavedServer[],
  maxChars: number = MAX_CATALOG_CHARS,
): { readonly servers: readonly SavedServer[]; readonly leftOut: readonly string[] } {
  const sized = servers.map((server) => ({ name: server.name, length: lengthOf(server.catalog) }));
  let total = sized.reduce((sum, { length }) => sum + length, 0);
  const leftOut = new Set<string>();
  for (const { name, length } of sized.toSorted((one, other) => other.length - one.length)) {
    if (total <= maxChars) break;
    total -= length;
    leftOut.add(name);
  }
  if (leftOut.size === 0) return { servers, leftOut: [] };
  const kept = servers.map((server) =>
    leftOut.has(server.name) ? { ...server, catalog: undefined } : server,
  );
  return { servers: kept, leftOut: [...leftOut] };
}

function lengthOf(catalog: ServerCatalog | undefined): number {
  if (catalog === undefined) return 0;
  let length = lengths.get(catalog);
  if (length === undefined) {
    length = JSON.stringify(catalog).length;
    lengths.set(catalog, length);
  }
  return length;
}
