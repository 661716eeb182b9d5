import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyText } from '../../../src/config/checks/findings.ts';
import { type HostFile, readNamedFile } from '../../../src/config/import/read-host-file.ts';

/** Files as the documentation of each host writes them. */
export const HOST_FILES: string = join(import.meta.dirname, 'hosts');

/** Every fixture: its folder, and the path of its file. */
export const FIXTURES: readonly { readonly name: string; readonly file: string }[] = readdirSync(HOST_FILES)
  .flatMap((folder) =>
    readdirSync(join(HOST_FILES, folder)).map((file) => ({
      name: `${folder}/${file}`,
      file: join(HOST_FILES, folder, file),
    })),
  )
  .toSorted((one, other) => one.name.localeCompare(other.name));

/** Where tests say that they are: nothing of this machine. */
export const PLACES = {
  platform: 'linux',
  home: '/home/me',
  cwd: '/work/shop',
  env: {},
} as const;

/** Reads a fixture as the host whose name its folder has. */
export function readFixture(name: string): Promise<HostFile> {
  const [folder = ''] = name.split('/');
  const host = folder.replace(/-v2$/u, '');
  return readNamedFile(join(HOST_FILES, name), host, { places: PLACES });
}

/** What a host file says, in a form that a person can compare: places as lines, paths as text. */
export function plainReading({ servers, notes }: HostFile): unknown {
  const noteText = ({ from, line, message }: HostFile['notes'][number]): string =>
    `${line}: ${keyText(from)}: ${message}`;
  return JSON.parse(
    JSON.stringify({
      servers: servers.map((server) => ({
        name: server.name,
        line: server.place.line,
        ...(server.folder === undefined ? {} : { folder: server.folder.replace(HOST_FILES, '…') }),
        entry: server.entry,
        changes: server.values.flatMap(({ path, from, line, change }) =>
          change === undefined ? [] : [`${keyText(path)} ← ${line}: ${keyText(from)}: ${change}`],
        ),
        notes: server.notes.map(noteText),
        ...(server.hints.size === 0 ? {} : { hints: Object.fromEntries(server.hints) }),
      })),
      notes: notes.map(noteText),
    }),
  );
}

/** What was agreed to be right for a fixture. */
export function goldenOf(name: string): unknown {
  const file = join(import.meta.dirname, 'golden', `${name.split('/').join('.')}.json`);
  return JSON.parse(readFileSync(file, 'utf8'));
}
