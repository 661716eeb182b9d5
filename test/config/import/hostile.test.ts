import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkImported } from '../../../src/config/import/check-imported.ts';
import { parseSource } from '../../../src/config/import/documents/parse-source.ts';
import { SOURCE_LIMITS } from '../../../src/config/import/documents/source-document.ts';
import { planImport, usableName } from '../../../src/config/import/plan-import.ts';
import { type HostFile, readNamedFile } from '../../../src/config/import/read-host-file.ts';
import { temporaryDirectory } from '../../helpers/processes.ts';
import { PLACES } from './host-fixtures.ts';

const directory = temporaryDirectory();
let files = 0;

/** Reads a text as a file of a host. */
function read(text: string | Uint8Array, name: string, host: string): Promise<HostFile> {
  const folder = join(directory, String(files++));
  mkdirSync(folder);
  const file = join(folder, name);
  writeFileSync(file, text);
  return readNamedFile(file, host, { places: PLACES });
}

const json = (text: string): Promise<HostFile> => read(text, 'mcp.json', 'cursor');
const yaml = (text: string): Promise<HostFile> => read(text, 'config.yaml', 'goose');
const toml = (text: string): Promise<HostFile> => read(text, 'config.toml', 'codex');

describe('hostile files of hosts', () => {
  it('that are too large are not read', async () => {
    const large = `{"mcpServers":{}}${' '.repeat(SOURCE_LIMITS.maxBytes)}`;
    await expect(json(large)).rejects.toThrow(`at most ${SOURCE_LIMITS.maxBytes} are read`);
    await expect(yaml(`a: 1\n${'#'.repeat(SOURCE_LIMITS.maxYamlBytes)}`)).rejects.toThrow(
      'too large for YAML',
    );
  });

  it('may be as large as the history of Claude Code', async () => {
    const history = JSON.stringify('x'.repeat(4 * 1024 * 1024));
    const { servers } = await json(`{"history":${history},"mcpServers":{"a":{"command":"x"}}}`);
    expect(servers).toHaveLength(1);
  });

  it.each([
    ['JSON', () => json('['.repeat(100_000))],
    ['YAML', () => yaml(`a: ${'['.repeat(100_000)}`)],
    [
      'YAML in blocks',
      () => yaml(Array.from({ length: 200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')),
    ],
    ['TOML', () => toml(`a = ${'['.repeat(500)}${']'.repeat(500)}`)],
    ['TOML tables', () => toml(`[${'a.'.repeat(500)}a]`)],
  ])('that nest too deeply are refused: %s', async (_, reading) => {
    await expect(reading()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('a bomb of YAML aliases is refused, a circle too', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `l${level + 1}: &l${level + 1} [${'*l'.concat(String(level), ', ').repeat(9)}1]`,
    );
    await expect(yaml(`l0: &l0 [1]\n${levels.join('\n')}\n`)).rejects.toThrow(
      `has more than ${SOURCE_LIMITS.maxValues} values`,
    );
    await expect(yaml('a: &a [*a]\n')).rejects.toThrow('nested deeper than 64 levels');
  });

  it('a YAML alias that is no bomb is followed', async () => {
    const { servers } = await yaml('extensions:\n  one: &one {type: stdio, cmd: a, args: []}\n  two: *one\n');
    expect(servers.map(({ name, entry }) => [name, entry['command']])).toEqual([
      ['one', 'a'],
      ['two', 'a'],
    ]);
  });

  it('YAML tags make nothing but text', async () => {
    const { servers } = await yaml(
      'extensions:\n  one: {type: stdio, cmd: !!js/function "function(){}", args: [!!binary aGk=], envs: {A: !x y}}\n',
    );
    expect(servers[0]?.entry).toMatchObject({ command: 'function(){}', env: { A: 'y' } });
  });

  it.each([
    [
      'JSON',
      () =>
        json(
          '{"mcpServers":{"__proto__":{"command":"x"},"a":{"command":"x","env":{"__proto__":"y","B":"1"},"__proto__":{"polluted":true}}}}',
        ),
    ],
    [
      'YAML',
      () =>
        yaml(
          'extensions:\n  __proto__: {type: stdio, cmd: x, args: []}\n  a:\n    type: stdio\n    cmd: x\n    args: []\n    envs: {__proto__: y, B: 1}\n',
        ),
    ],
    [
      'TOML',
      () =>
        toml(
          '[mcp_servers."__proto__"]\ncommand = "x"\n[mcp_servers.a]\ncommand = "x"\n[mcp_servers.a.env]\n"__proto__" = "y"\nB = "1"\n',
        ),
    ],
  ])('S20 prototype keys change nothing: %s', async (_, reading) => {
    const { servers, notes } = await reading();
    expect(servers.map(({ name }) => name)).toEqual(['a']);
    expect(Object.keys((servers[0]?.entry['env'] as object | undefined) ?? {})).toEqual(['B']);
    expect(notes.map(({ message }) => message)).toContain('is skipped: no server can have this name');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('S16 a name with control characters is cleaned', async () => {
    const { servers } = await json(
      JSON.stringify({ mcpServers: { 'a\u001B[31mb\u0007\u202Ec': { command: 'x' } } }),
    );
    const plan = await planImport({ imported: servers, existing: new Map(), decide: () => undefined });
    expect(plan.map(({ name }) => name)).toEqual(['ab c']);
    expect(usableName('\u0000')).toBe('server');
    expect(usableName('x'.repeat(500)).length).toBeLessThanOrEqual(64);
  });

  it.each([
    [{ command: 7 }, '"command" is a number'],
    [{ command: 'x', args: 'y' }, '"args" is text'],
    [{ command: 'x', args: [1] }, '"args[0]" is a number'],
    [{ command: 'x', env: ['A=1'] }, '"env" is a list'],
    [{ url: 'ftp://h/x' }, '"url" begins with ftp:'],
    [{ url: 'http://h', headers: { 'bad name': 'x' } }, '"headers.bad name" is not a valid header name'],
    [{ command: 'x', url: 'http://h' }, 'side by side'],
    [{}, 'neither "command"'],
  ])('wrong types are told with file, line and key: %j', async (entry, message) => {
    const { servers, file } = await json(JSON.stringify({ mcpServers: { a: entry } }, undefined, 1));
    const { problems } = checkImported(servers[0]!);
    expect(problems.join('\n')).toContain(message);
    expect(problems[0]).toMatch(/:\d+: /u);
    expect(problems[0]?.startsWith(file)).toBe(true);
  });

  it('the place of a wrong value is its own line, and its own key is named where it has another one here', async () => {
    const { servers, file } = await read(
      '{\n "mcpServers": {\n  "a": {\n   "httpUrl": "nonsense",\n   "timeout": "soon"\n  }\n }\n}',
      'settings.json',
      'gemini',
    );
    expect(checkImported(servers[0]!).problems).toEqual([
      `${file}:4: "url" is not a URL; write one like "https://example.com/mcp" (there: "httpUrl")`,
      `${file}:5: "timeout" is "soon"; write a whole number of milliseconds from 1 to 2147483647`.replace(
        'whole number',
        'number',
      ),
    ]);
  });

  it('servers that are no objects, and maps that are none', async () => {
    const { servers, notes } = await json('{"mcpServers":{"a":1,"b":null,"c":[],"d":{"command":"x"}}}');
    expect(servers.map(({ name }) => name)).toEqual(['d']);
    expect(notes.map(({ message }) => message)).toEqual([
      'is skipped: it is a number, and no object',
      'is skipped: it is null, and no object',
      'is skipped: it is a list, and no object',
    ]);
    await expect(json('{"mcpServers":[]}')).rejects.toThrow(
      '"mcpServers" is a list; an object of servers is expected',
    );
  });

  it('BOM and CRLF do no harm, and lines are counted', async () => {
    const text =
      '\uFEFF{\r\n  "mcpServers": {\r\n    "a": {\r\n      "command": "x"\r\n    }\r\n  }\r\n}\r\n';
    expect((await json(text)).servers[0]).toMatchObject({ place: { line: 3 }, entry: { command: 'x' } });
    const lines = '\uFEFF[mcp_servers.a]\r\ncommand = "x"\r\ntool_timeout_sec = 2\r\n';
    expect((await toml(lines)).servers[0]?.values.at(-1)).toMatchObject({ line: 3, change: 'seconds → ms' });
    const blocks = '\uFEFFextensions:\r\n  a:\r\n    type: stdio\r\n    cmd: x\r\n    args: []\r\n';
    expect((await yaml(blocks)).servers[0]).toMatchObject({ place: { line: 2 }, entry: { command: 'x' } });
  });

  it('keys that stand twice are told of', async () => {
    const { servers, notes } = await json('{"mcpServers":{"a":{"command":"x"},\n"a":{"command":"y"}}}');
    expect(servers.map(({ entry }) => entry['command'])).toEqual(['y']);
    expect(notes).toMatchObject([{ line: 2, message: 'stands on line 1 already; the last one counts' }]);
    expect(
      (
        await yaml(
          'extensions:\n  a: {type: stdio, cmd: x, args: []}\n  a: {type: stdio, cmd: y, args: []}\n',
        )
      ).notes,
    ).toHaveLength(1);
    await expect(toml('[mcp_servers.a]\ncommand = "x"\n[mcp_servers.a]\ncommand = "y"\n')).rejects.toThrow(
      /config\.toml:3:\d+: not valid TOML/u,
    );
  });

  it.each([
    [
      'JSON',
      'x.json',
      '{"mcpServers": {"a": {"env": {"T": "canary-syntax-1"} ]',
      /x\.json:1:\d+: not valid JSON/u,
    ],
    ['YAML', 'x.yaml', 'a: "canary-syntax-2\nb: [', /x\.yaml:\d+:\d+: not valid YAML/u],
    ['TOML', 'x.toml', 'token = "canary-syntax-3', /x\.toml:1:\d+: not valid TOML/u],
  ])('broken %s is told with its place, and nothing of it is quoted', async (_, name, text, message) => {
    const error: unknown = await parseSource(text, name).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain('canary');
  });

  it('bytes that are no text, folders and files that are not there', async () => {
    await expect(json(String.raw`{}`)).resolves.toMatchObject({ servers: [] });
    await expect(read(new Uint8Array([0xff, 0xfe, 0x00]), 'mcp.json', 'cursor')).rejects.toThrow(
      'is not UTF-8 text',
    );
    await expect(readNamedFile(directory, 'cursor', { places: PLACES })).rejects.toThrow('is a folder');
    await expect(readNamedFile('/nowhere/x.json', 'cursor', { places: PLACES })).rejects.toThrow(
      'does not exist',
    );
    await expect(read('{"a":1}', 'x.json', 'nobody')).rejects.toThrow('say it with --host');
  });
});
