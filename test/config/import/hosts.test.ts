import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkImported } from '../../../src/config/import/check-imported.ts';
import { parseSource } from '../../../src/config/import/documents/parse-source.ts';
import { HOSTS } from '../../../src/config/import/hosts.ts';
import { insertServers } from '../../../src/config/import/insert-servers.ts';
import { usableName } from '../../../src/config/import/plan-import.ts';
import { knownFiles, readNamedFile } from '../../../src/config/import/read-host-file.ts';
import { variablesOf } from '../../../src/config/import/variables-of.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { temporaryDirectory } from '../../helpers/processes.ts';
import { FIXTURES, goldenOf, HOST_FILES, PLACES, plainReading, readFixture } from './host-fixtures.ts';

const directory = temporaryDirectory();

/** What is so anyway, or follows from the other keys. */
const SAYS_NOTHING = new Set([
  'type="local"',
  'type="remote"',
  'type="stdio"',
  'automaticSSEFallback=false',

  'disabled=false',
  'enabled=true',
  'env={}',
  'env=null',
  'lifecycle="keep-alive"',
]);
/** Names for people, and where Zed keeps the definition. */
const FOR_PEOPLE = new Set(['name', 'description', 'bundled', 'source', 'runtimeHint']);

/** The entry of a server as its host has it; undefined for a `server.json`, which has no map. */
function rawEntry(root: unknown, name: string): Record<string, unknown> | undefined {
  if (typeof root !== 'object' || root === null) return undefined;
  for (const [key, value] of Object.entries(root)) {
    if (key === name && typeof value === 'object') return value as Record<string, unknown>;
    const list = Array.isArray(value)
      ? value.find((one: { name?: unknown } | null) => one?.name === name)
      : undefined;
    const found = (list as Record<string, unknown> | undefined) ?? rawEntry(value, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('files of other hosts', () => {
  it('there is one of every host', () => {
    const folders = new Set(FIXTURES.map(({ name }) => name.split('/')[0]));
    expect(HOSTS.map(({ id }) => id).filter((id) => !folders.has(id))).toEqual([]);
  });

  it.each(FIXTURES)('$name is read as its host means it', async ({ name }) => {
    expect(plainReading(await readFixture(name))).toEqual(goldenOf(name));
  });

  it.each(FIXTURES)(
    '$name: every value that is in an entry has an origin on a line of the file',
    async ({ name }) => {
      const { servers, file } = await readFixture(name);
      const lines = readFileSync(file, 'utf8').split('\n').length;
      expect(servers.length).toBeGreaterThan(0);
      for (const server of servers) {
        const roots = new Set(server.values.map(({ path }) => path[0]));
        expect(Object.keys(server.entry).filter((key) => !roots.has(key))).toEqual([]);
        const all = [
          server.place.line,
          ...server.values.map(({ line }) => line),
          ...server.notes.map(({ line }) => line),
        ];
        expect(all.filter((line) => line < 1 || line > lines)).toEqual([]);
      }
    },
  );

  it.each(FIXTURES)('$name: no key is lost silently, and no server is refused', async ({ name, file }) => {
    const { servers } = await readFixture(name);
    const document = await parseSource(readFileSync(file, 'utf8'), file);
    for (const server of servers) {
      expect(checkImported(server).problems).toEqual([]);
      const raw = rawEntry(document.value, server.name);
      const told = new Set([...server.values, ...server.notes].map(({ from }) => from[0]));
      const named = server.notes.map(({ message }) => message).join('\n');
      const lost = Object.entries(raw ?? {}).filter(
        ([key, value]) =>
          !told.has(key) &&
          !named.includes(`"${key}"`) &&
          !SAYS_NOTHING.has(`${key}=${JSON.stringify(value)}`) &&
          !FOR_PEOPLE.has(key),
      );
      expect(lost).toEqual([]);
    }
  });

  it.each(FIXTURES)('$name, written, is loaded as what was read', async ({ name }) => {
    const { servers } = await readFixture(name);
    const entries = new Map(servers.map((server) => [usableName(server.name), server.entry]));
    const folder = join(directory, name.replaceAll('/', '-'));
    mkdirSync(folder);
    const file = join(folder, '.mcp.json');
    const before = '{\n  // mine\n  "mcpServers": {}\n}\n';
    const text = insertServers(before, file, ['mcpServers'], entries);
    expect(text).toContain('// mine');
    writeFileSync(file, text);
    const env: Record<string, string> = {};
    for (const variable of variablesOf(Object.fromEntries(entries)).keys())
      env[variable] = `value-of-${variable}`;
    writeFileSync(join(folder, '.env'), 'FROM_FILE=1\n');
    const config = await loadConfig(file, { env });
    expect([...config.failed.values()].map((error) => error.message)).toEqual([]);
    expect([...config.servers.keys()]).toEqual([...entries.keys()]);
    for (const [server, entry] of config.servers) {
      const wanted = entries.get(server);
      expect(entry.disabled).toBe(wanted?.['disabled']);
      expect(entry.timeout).toBe(wanted?.['timeout']);
      expect(Object.keys(entry.headers ?? {})).toEqual(
        Object.keys((wanted?.['headers'] as object | undefined) ?? {}),
      );
      expect(JSON.stringify(entry)).not.toMatch(/\$\{(?!5\}|HOME\}|workspaceFolderBasename\})/u);
    }
  });

  it.each(FIXTURES.filter(({ name }) => !/^(?:junie|inspector\/|claude-desktop|roo)/u.test(name)))(
    '$name is recognised by its content alone',
    async ({ name, file }) => {
      const folder = join(directory, `by-content-${name.replaceAll('/', '-')}`);
      mkdirSync(folder);
      // A name that tells no more than the syntax.
      const copy = join(folder, `servers${/\.(?:toml|yaml)$/u.exec(basename(file))?.[0] ?? '.json'}`);
      writeFileSync(copy, readFileSync(file));
      const { host } = await readNamedFile(copy, undefined, { places: PLACES });
      expect(host).toBe(name.split('/')[0]?.replace('-v2', ''));
    },
  );

  it('are recognised by where they stand', async () => {
    for (const [path, host] of [
      ['.cursor/mcp.json', 'cursor'],
      ['.roo/mcp.json', 'roo'],
      ['.junie/mcp/mcp.json', 'junie'],
      ['Claude/claude_desktop_config.json', 'claude-desktop'],
      ['.mcp.json', 'claude-code'],
    ] as const) {
      const file = join(directory, 'by-place', path);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, '{"mcpServers":{"a":{"command":"x"}}}');
      expect((await readNamedFile(file, undefined, { places: PLACES })).host).toBe(host);
    }
  });

  it('of projects: those of the folder that somebody is in, or all', async () => {
    const file = join(HOST_FILES, 'claude-code/.claude.json');
    const here = { ...PLACES, cwd: '/work/shop/packages/api' };
    const names = async (allProjects: boolean, cwd: string): Promise<string[]> => {
      const read = await readNamedFile(file, undefined, { places: { ...here, cwd }, allProjects });
      return read.servers.map(({ name }) => name);
    };
    expect(await names(false, here.cwd)).toContain('db');
    expect(await names(false, here.cwd)).not.toContain('other');
    expect(await names(false, '/')).not.toContain('db');
    expect(await names(true, '/')).toEqual(expect.arrayContaining(['db', 'other', 'sentry']));
  });
});

describe('where files of hosts are looked for', () => {
  const paths = (places: Parameters<typeof knownFiles>[0], id: string): string[] =>
    knownFiles(places).flatMap(({ host, file }) => (host.id === id ? [file.path] : []));
  const linux = PLACES;
  const mac = { ...PLACES, platform: 'darwin', home: '/Users/me' } as const;
  const windows = {
    platform: 'win32',
    home: 'C:\\Users\\me',
    cwd: 'D:\\shop',
    env: { APPDATA: 'C:\\Users\\me\\AppData\\Roaming' },
  } as const;

  it('on Linux', () => {
    expect(paths(linux, 'claude-desktop')).toEqual(['/home/me/.config/Claude/claude_desktop_config.json']);
    expect(paths(linux, 'codex')).toEqual(['/work/shop/.codex/config.toml', '/home/me/.codex/config.toml']);
    expect(paths(linux, 'goose')).toEqual(['/home/me/.config/goose/config.yaml']);
    expect(paths(linux, 'vscode')[1]).toBe('/home/me/.config/Code/User/mcp.json');
  });

  it('on macOS', () => {
    expect(paths(mac, 'claude-desktop')).toEqual([
      '/Users/me/Library/Application Support/Claude/claude_desktop_config.json',
    ]);
    expect(paths(mac, 'vscode')[1]).toBe('/Users/me/Library/Application Support/Code/User/mcp.json');
    expect(paths(mac, 'zed')[1]).toBe('/Users/me/.config/zed/settings.json');
    expect(paths(mac, 'opencode').at(-1)).toBe('/Users/me/.config/opencode/opencode.jsonc');
  });

  it('on Windows', () => {
    expect(paths(windows, 'claude-desktop')).toEqual([
      'C:\\Users\\me\\AppData\\Roaming\\Claude\\claude_desktop_config.json',
    ]);
    expect(paths(windows, 'goose')).toEqual([
      'C:\\Users\\me\\AppData\\Roaming\\Block\\goose\\config\\config.yaml',
    ]);
    expect(paths(windows, 'zed')[1]).toBe('C:\\Users\\me\\AppData\\Roaming\\Zed\\settings.json');
    expect(paths(windows, 'cursor')).toEqual([
      'D:\\shop\\.cursor\\mcp.json',
      'C:\\Users\\me\\.cursor\\mcp.json',
    ]);
    expect(paths({ ...windows, env: {} }, 'claude-desktop')).toEqual(paths(windows, 'claude-desktop'));
  });

  it('by XDG_CONFIG_HOME and CODEX_HOME, and without files of a project in the home folder', () => {
    const env = { XDG_CONFIG_HOME: '/xdg', CODEX_HOME: '/codex' };
    expect(paths({ ...linux, env }, 'claude-desktop')).toEqual(['/xdg/Claude/claude_desktop_config.json']);
    expect(paths({ ...linux, env }, 'codex')[1]).toBe('/codex/config.toml');
    expect(paths({ ...linux, cwd: '/home/me' }, 'cursor')).toEqual(['/home/me/.cursor/mcp.json']);
  });
});
