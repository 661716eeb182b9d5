import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignalboxError } from '../core/errors.ts';
import { readFault } from './file/read-text.ts';
import { type LoadOptions, loadConfig } from './load.ts';
import { type ParsedEntry, parseEntry } from './parse-entry.ts';

describe('loadConfig', () => {
  let folder = '';
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  const refuse = async (path: string, options?: LoadOptions): Promise<SignalboxError> => {
    const thrown = await loadConfig(path, options).catch((error: unknown) => error);
    if (thrown instanceof SignalboxError) return thrown;
    throw new Error('the file was accepted');
  };

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-config-')));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('works as the README shows it', async () => {
    const path = write(
      'readme/.mcp.json',
      '{"mcpServers": {"a": {"command": "x", "envFile": ".env"}, "b": {"url": "http://h"}}}',
    );
    write('readme/.env', 'A=1\n');
    const registered = new Map<string, ParsedEntry>();
    const { servers } = await loadConfig(path);
    for (const [name, entry] of servers) registered.set(name, parseEntry(name, entry));
    for (const [name, { entry }] of registered) expect(entry).toEqual(servers.get(name));
    expect([...registered.keys()]).toEqual(['a', 'b']);
  });

  it('reads the demo without a fault', async () => {
    const demo = join(import.meta.dirname, '..', '..', 'examples', 'demo', '.mcp.json');
    const { servers, failed, warnings } = await loadConfig(demo);
    expect(servers.size).toBe(7);
    expect([...failed]).toEqual([]);
    expect(warnings).toEqual([]);
    for (const entry of servers.values()) {
      expect(entry.cwd ?? entry['x-signalbox']?.launch?.cwd).toBe(dirname(demo));
    }
  });

  it('F-139 says where it looked for a missing file, and how to make one', async () => {
    const path = join(folder, 'none', '.mcp.json');
    const error = await refuse(path);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(`${path}: the config file does not exist; create it, for example:\n`);
    const example = error.message.slice(error.message.indexOf('\n') + 1);
    expect(example.split('\n')).toHaveLength(4);
    const { servers, failed } = await loadConfig(write('example/.mcp.json', example));
    expect([...servers.keys()]).toEqual(['files', 'notes']);
    expect(failed.size).toBe(0);
  });

  it.each([
    ['an empty file', () => write('empty.json', ''), 'the file is empty'],
    ['a folder', () => folder, 'the config file is a folder'],
    ['a file in a file', () => join(write('plain.json', '{}'), 'x'), 'does not exist'],
    ['10 MB', () => write('large.json', Buffer.alloc(10_000_000, ' ')), 'is too large: 10000000 bytes'],
    ['UTF-16', () => write('utf16.json', Buffer.from('\uFEFF{}', 'utf16le')), 'is not UTF-8 text'],
    ['binary data', () => write('binary.json', Buffer.from([0xff, 0xfe, 0, 0])), 'is not UTF-8 text'],
    ['a path with NUL', () => 'a\0b', 'cannot be read'],
    ['a syntax error', () => write('wrong.json', '{\n"a": }'), ':2:6: not valid JSON'],
  ])('F-139 refuses %s', async (_, path, message) => {
    const error = await refuse(path());
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(message);
  });

  it.each([
    ['ENOENT', 'does not exist', true],
    ['ENOTDIR', 'does not exist', true],
    ['EACCES', 'may not be read (EACCES)', false],
    ['EPERM', 'may not be read (EPERM)', false],
    ['EMFILE', 'cannot be read: told by the system', false],
  ])('F-139 explains %s', (code, fault, missing) => {
    const cause = Object.assign(new Error('told by the system'), { code });
    expect(readFault(cause)).toEqual({ fault, missing, cause });
  });

  it('takes variables from the process, or from the given env', async () => {
    const path = write('env.json', '{"a": {"command": "${PATH}"}, "b": {"command": "${ONLY_HERE}"}}');
    expect((await loadConfig(path)).servers.get('a')?.command).toBe(process.env['PATH']);
    const { servers, failed } = await loadConfig(path, { env: { ONLY_HERE: 'node' } });
    expect(servers.get('b')?.command).toBe('node');
    expect([...failed.keys()]).toEqual(['a']);
  });

  describe('envFile', () => {
    it('is read from the folder of the config, and env wins over it', async () => {
      write('with-env/vars/.env', 'A=from-file\nB=from-file\nTOKEN=canary-1\nC=${HOME}\n');
      const path = write(
        'with-env/.mcp.json',
        '{"a": {"command": "x", "envFile": "${DIR:-vars}/.env", "env": {"A": "from-entry"}}}',
      );
      const { servers, secrets } = await loadConfig(path, { env: {} });
      expect(servers.get('a')).toEqual({
        command: 'x',
        cwd: dirname(path),
        env: { A: 'from-entry', B: 'from-file', TOKEN: 'canary-1', C: '${HOME}' },
      });
      expect(secrets).toContain('canary-1');
    });

    it('fails its own server alone when it is missing', async () => {
      const path = write(
        'no-env/.mcp.json',
        '{"a": {"command": "x",\n"envFile": "none.env"},\n"b": {"command": "x"}}',
      );
      const { servers, failed } = await loadConfig(path);
      expect([...servers.keys()]).toEqual(['b']);
      const error = failed.get('a');
      expect(error?.message).toContain(
        `a: ${path}:2: "envFile" (${join(folder, 'no-env', 'none.env')}) does not exist`,
      );
      expect(error?.details).toMatchObject({ file: path, line: 2, column: 1, key: 'envFile' });
    });

    it('fails its server when a value cannot be given to a process', async () => {
      write('nul-env/.env', 'A=x\0y\n');
      const path = write('nul-env/.mcp.json', '{"a": {"command": "x", "envFile": ".env"}}');
      expect((await loadConfig(path)).failed.get('a')?.message).toContain('"env.A" contains a NUL');
    });
  });
});
