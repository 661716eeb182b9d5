import { posix, win32 } from 'node:path';
import { isRecord } from '../checks/value-checks.ts';
import type { ImportedServer, ImportNote, ValueOrigin } from './imported-server.ts';

/** Where the file that is written lies. */
export interface Target {
  /** Its folder, at which relative paths start and that `${workspaceFolder}` stands for. */
  readonly folder: string;
  readonly platform: NodeJS.Platform;
}

/**
 * Gives the paths of a server the meaning that they had in its own file: a server of another project runs in the folder
 * of that project, and relative paths and `${workspaceFolder}` go on to start there.
 */
export function settlePaths(server: ImportedServer, { folder: target, platform }: Target): ImportedServer {
  const { folder, entry, place } = server;
  const paths = platform === 'win32' ? win32 : posix;
  const values: ValueOrigin[] = [...server.values];
  const notes: ImportNote[] = [...server.notes];
  if (folder !== undefined && paths.relative(folder, target) === '') return server;
  const changed: Record<string, unknown> = { ...entry };
  const change = (key: string, value: string, why: string): void => {
    changed[key] = value;
    const index = values.findIndex(({ path }) => path.length === 1 && path[0] === key);
    const before = values[index];
    const reason = before?.change === undefined ? why : `${before.change}; ${why}`;
    if (before === undefined) values.push({ path: [key], from: [], line: place.line, change: why });
    else values[index] = { ...before, change: reason };
  };
  for (const key of ['cwd', 'envFile']) {
    const value = entry[key];
    if (typeof value !== 'string' || value.startsWith('${') || /^~(?:[\\/]|$)/u.test(value)) continue;
    if (posix.isAbsolute(value) || win32.isAbsolute(value)) continue;
    if (folder !== undefined) change(key, escaped(paths.join(folder, value)), 'relative → absolute');
    else
      notes.push({
        from: [key],
        line: place.line,
        message: 'is relative to the folder of the file that is written',
      });
  }
  if (folder !== undefined && entry['command'] !== undefined && entry['cwd'] === undefined) {
    change('cwd', escaped(folder), 'the project that it belongs to');
  }
  if (folder === undefined) return { ...server, values, notes };
  const settled = replaced(changed, '${workspaceFolder}', escaped(folder)) as Record<string, unknown>;
  return { ...server, entry: settled, values, notes };
}

function escaped(path: string): string {
  return path.replaceAll('${', () => '$${');
}

function replaced(value: unknown, wanted: string, by: string): unknown {
  if (typeof value === 'string') {
    return value
      .split(wanted)
      .reduce((text, next) => (text.endsWith('$') ? `${text}${wanted}${next}` : `${text}${by}${next}`));
  }
  if (Array.isArray(value)) return value.map((item: unknown) => replaced(item, wanted, by));
  if (!isRecord(value)) return value;
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of Object.entries(value)) copy[key] = replaced(inner, wanted, by);
  return copy;
}
