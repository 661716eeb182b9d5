import { describe, expect, it } from 'vitest';
import { parseConfig } from './parse-config.ts';
import { parseEntry } from './parse-entry.ts';
import { resolveSettings } from './settings.ts';

const stdio = (sandbox: unknown): unknown => ({ command: 'node', 'x-signalbox': { sandbox } });
const launched = (sandbox: unknown): unknown => ({
  url: 'http://127.0.0.1:8080/mcp',
  'x-signalbox': { launch: { command: 'node' }, sandbox },
});

const resolved = (raw: unknown) => resolveSettings(parseEntry('a', raw).entry).sandbox;

describe('x-signalbox.sandbox', () => {
  it('is strict by default, and off by default', () => {
    const strict = { writable: [], readable: [], network: false, tmp: 'private', home: 'hidden', limits: {} };
    expect(resolved(stdio(true))).toEqual(strict);
    expect(resolved(stdio({}))).toEqual(strict);
    expect(resolved(stdio(false))).toBeUndefined();
    expect(resolved({ command: 'node' })).toBeUndefined();
  });

  it('leaves the network to a launched server, which is reached by it', () => {
    expect(resolved(launched(true))).toMatchObject({ network: true, home: 'hidden' });
    expect(() => parseEntry('a', launched({ network: false }))).toThrow(/cuts off a server/u);
  });

  it('has no effect where nothing is started, and says so', () => {
    const { warnings } = parseEntry('a', { url: 'http://h', 'x-signalbox': { sandbox: true } });
    expect(warnings).toEqual([expect.stringMatching(/sandbox.*has no effect: .*starts no process/u)]);
    expect(parseEntry('a', stdio(true)).warnings).toEqual([]);
  });

  it.each<[unknown, RegExp]>([
    ['yes', /sandbox/u],
    [{ writable: '/tmp' }, /sandbox\.writable.*list/u],
    [{ writable: ['/'] }, /sandbox\.writable\[0\].*whole file system/u],
    [{ readable: ['//'] }, /sandbox\.readable\[0\].*whole file system/u],
    [{ writable: [''] }, /is empty/u],
    [{ writable: ['a\0b'] }, /NUL/u],
    [{ network: 'off' }, /sandbox\.network/u],
    [{ tmp: 'none' }, /"private" or "shared"/u],
    [{ home: true }, /"hidden" or "read-only"/u],
    [{ limits: { memoryBytes: 1024 } }, /memoryBytes.*from 16777216/u],
    [{ limits: { memory: 1024 } }, /write "memoryBytes"/u],
    [{ limits: { openFiles: false } }, /openFiles/u],
    [{ writeable: [] }, /did you mean "writable"/u],
  ])('refuses %j', (sandbox, message) => {
    expect(() => parseEntry('a', stdio(sandbox))).toThrow(message);
  });

  it('has placeholders filled in in its paths', () => {
    const text = JSON.stringify({
      a: stdio({ writable: ['${DATA}/x'], readable: ['${workspaceFolder}/y'] }),
    });
    const { servers } = parseConfig(text, { env: { DATA: '/data' }, cwd: '/work' });
    expect(servers.get('a')?.['x-signalbox']?.sandbox).toEqual({
      writable: ['/data/x'],
      readable: ['/work/y'],
    });
  });
});
