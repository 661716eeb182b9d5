import { sanitizePeerText } from '../../core/peer-text.ts';
import { type KeyPath, keyText, kindOf } from '../checks/findings.ts';
import { isRecord } from '../checks/value-checks.ts';
import type { ConfigDocument } from './config-document.ts';
import { fileError } from './file-error.ts';

/** Where the servers of a file stand, and what deserves a word about it. */
export interface ServersKey {
  readonly path: KeyPath;
  readonly servers: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

/** The root keys of the common hosts; the first that is there counts. */
const ROOT_KEYS: readonly KeyPath[] = [['mcpServers'], ['servers'], ['mcp', 'servers'], ['mcp.servers']];

/** Keys of a file that its error message names. */
const MAX_KEYS = 10;

/** Finds the map of servers in a config file of any common host. */
export function findServers(document: ConfigDocument): ServersKey {
  const { file, value: root } = document;
  if (root === undefined) {
    throw fileError(file, 'the file is empty; write { "mcpServers": { } } and the servers into it');
  }
  if (!isRecord(root)) {
    throw fileError(
      file,
      `the file holds ${kindOf(root)}; write { "mcpServers": { … } }`,
      document.place([]),
    );
  }
  const found = ROOT_KEYS.filter((path) => {
    const value = at(root, path);
    return value !== undefined && !looksLikeEntry(value);
  });
  const [path, ...others] = found;
  if (path === undefined) return bareMap(document, root);
  const servers = at(root, path);
  if (!isRecord(servers)) {
    throw fileError(file, `"${keyText(path)}" is ${kindOf(servers)}; write an object of servers in { }`, {
      ...document.place(path),
      key: keyText(path),
    });
  }
  const warnings = others.map((other) => {
    const { line } = document.place(other);
    return `${file}:${line}: "${keyText(other)}" is not read, because "${keyText(path)}" is there too`;
  });
  return { path, servers, warnings };
}

function at(root: Readonly<Record<string, unknown>>, path: KeyPath): unknown {
  let value: unknown = root;
  for (const key of path) value = isRecord(value) ? value[key] : undefined;
  return value;
}

function looksLikeEntry(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return ['command', 'url', 'type'].some(
    (key) => typeof value[key] === 'string' || Array.isArray(value[key]),
  );
}

/** A file may also be the map itself; `$schema` and its like are no servers. */
function bareMap(document: ConfigDocument, root: Readonly<Record<string, unknown>>): ServersKey {
  const keys = Object.keys(root).filter((key) => !key.startsWith('$'));
  if (keys.length > 0 && keys.every((key) => looksLikeEntry(root[key]))) {
    const servers = Object.create(null) as Record<string, unknown>;
    for (const key of keys) servers[key] = root[key];
    return { path: [], servers, warnings: [] };
  }
  const named = keys.slice(0, MAX_KEYS).map((key) => `"${sanitizePeerText(key, 40)}"`);
  if (keys.length > MAX_KEYS) named.push('…');
  const saw = named.length === 0 ? 'it has no keys' : `its keys are ${named.join(', ')}`;
  throw fileError(
    document.file,
    `no servers found: ${saw}; put the servers under "mcpServers"`,
    document.place([]),
  );
}
