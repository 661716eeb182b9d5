import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ServerEntry } from '../../../config/entry.ts';
import { parseEntry } from '../../../config/parse-entry.ts';
import { ConsentStore } from './consent-store.ts';
import { consentState } from './launch-consent.ts';
import { launchHash } from './launch-hash.ts';

const directory = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const newFile = (): string => join(directory, `consents-${files++}.json`);

const FILES: ServerEntry = {
  command: 'node',
  args: ['server.js', '--root', '/data'],
  cwd: '/srv',
  env: { TOKEN: 'one', REGION: 'eu' },
};

describe('launchHash', () => {
  it.each<[string, ServerEntry]>([
    ['an argument', { ...FILES, args: ['server.js', '--root', '/'] }],
    ['one argument made of two', { ...FILES, args: ['server.js', '--root /data'] }],
    ['the order of arguments', { ...FILES, args: ['--root', '/data', 'server.js'] }],
    ['the command', { ...FILES, command: '/tmp/node' }],
    ['the working directory', { ...FILES, cwd: '/tmp' }],
    ['a further variable', { ...FILES, env: { ...FILES.env, NODE_OPTIONS: '' } }],
    ['a variable less', { ...FILES, env: { TOKEN: 'one' } }],
    ['a sandbox', { ...FILES, 'x-signalbox': { sandbox: true } }],
    ['an address', { ...FILES, url: 'http://h' }],
    ['a program behind the address', { ...FILES, 'x-signalbox': { launch: { command: 'node' } } }],
  ])('S04 changes with %s', (_what, changed) => {
    expect(launchHash(changed)).not.toBe(launchHash(FILES));
  });

  it.each<[string, ServerEntry]>([
    ['the value of a variable', { ...FILES, env: { TOKEN: 'two', REGION: 'eu' } }],
    ['the order of variables', { ...FILES, env: { REGION: 'eu', TOKEN: 'one' } }],
    ['a time limit', { ...FILES, timeout: 5000, 'x-signalbox': { retry: false } }],
    ['a sandbox that is none', { ...FILES, 'x-signalbox': { sandbox: false } }],
  ])('does not change with %s', (_what, same) => {
    expect(launchHash(same)).toBe(launchHash(FILES));
  });

  it('knows the value of what loads code, and a sandbox by its defaults', () => {
    const loading = (value: string): string => launchHash({ command: 'node', env: { NODE_OPTIONS: value } });
    expect(loading('--require a')).not.toBe(loading('--require b'));
    const boxed = (sandbox: object | true): string => launchHash({ ...FILES, 'x-signalbox': { sandbox } });
    expect(boxed({ network: false, limits: {} })).toBe(boxed(true));
    expect(boxed({ network: true })).not.toBe(boxed(true));
    expect(boxed({ limits: { openFiles: 64, cpuSeconds: 5 } })).toBe(
      boxed({ limits: { cpuSeconds: 5, openFiles: 64 } }),
    );
  });
});

describe('consentState', () => {
  const server = parseEntry('files', FILES);

  it('S04 unknown, approved, changed by one argument, and approved again', async () => {
    const store = await ConsentStore.open(newFile());
    expect(consentState(server, store)).toBe('unknown');
    await store.approve(server);
    expect(consentState(server, store)).toBe('approved');
    const changed = parseEntry('files', { ...FILES, args: ['server.js', '--root', '/'] });
    expect(consentState(changed, store)).toBe('changed');
    expect(consentState({ ...server, name: 'another' }, store)).toBe('unknown');
    await store.approve(changed);
    expect([changed, server].map((one) => consentState(one, store))).toEqual(['approved', 'changed']);
    await store.revoke('files');
    expect(consentState(changed, store)).toBe('unknown');
  });

  it('S04 outlives the process, in a file for this user alone, without values of variables', async () => {
    const path = join(directory, 'new', 'folder', 'consents.json');
    await (await ConsentStore.open(path)).approve(server);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'new', 'folder')).mode & 0o777).toBe(0o700);
    expect(readFileSync(path, 'utf8')).not.toContain('one');
    expect(readdirSync(join(directory, 'new', 'folder'))).toEqual(['consents.json']);
    expect(consentState(server, await ConsentStore.open(path))).toBe('approved');
  });
});

describe('ConsentStore', () => {
  const named = (name: string) => ({ name, entry: FILES });

  it('keeps what many give at once, also through another store of the file', async () => {
    const path = newFile();
    const [one, two] = [await ConsentStore.open(path), await ConsentStore.open(path)];
    await Promise.all(Array.from({ length: 20 }, (_, index) => one.approve(named(`a${index}`))));
    await two.approve(named('__proto__'));
    await one.revoke('a0');
    expect(two.names).toHaveLength(21);
    expect(new Set((await ConsentStore.open(path)).names)).toEqual(new Set([...one.names]));
    expect(one.approvedHash('__proto__')).toBe(launchHash(FILES));
    expect(one.approvedHash('constructor')).toBeUndefined();
  });

  it.each([
    '',
    '{',
    'null',
    '{"version":2,"approved":[["a","b"]]}',
    '{"version":1,"approved":{}}',
    '{"version":1,"approved":[5,["a"],[1,2]]}',
  ])('takes %j for empty: people are asked again', async (text) => {
    const path = newFile();
    writeFileSync(path, text, { mode: 0o600 });
    const store = await ConsentStore.open(path);
    expect(store.names).toEqual([]);
    await store.approve(named('a'));
    expect((await ConsentStore.open(path)).names).toEqual(['a']);
  });

  it.skipIf(process.platform === 'win32').each<[string, (path: string) => void, RegExp]>([
    ['a link', (path) => symlinkSync('/dev/null', path), /symbolic link/u],
    ['a folder', (path) => mkdirSync(path), /is no file/u],
    [
      'one that others can write',
      (path) => {
        writeFileSync(path, '');
        chmodSync(path, 0o666);
      },
      /written by others/u,
    ],
    ['a far too large one', (path) => writeFileSync(path, ' '.repeat(5_000_000)), /too large/u],
  ])('S27 refuses %s', async (_what, make, message) => {
    const path = newFile();
    make(path);
    await expect(ConsentStore.open(path)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it.skipIf(process.getuid?.() !== 0)('S27 refuses one of another user', async () => {
    const path = newFile();
    writeFileSync(path, '');
    chownSync(path, 65_534, 65_534);
    await expect(ConsentStore.open(path)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('says what is wrong when it cannot be written, and works when that has passed', async () => {
    const store = await ConsentStore.open(join(directory, 'occupied-later', 'consents.json'));
    writeFileSync(join(directory, 'occupied-later'), '');
    await expect(store.approve(named('a'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(store.names).toEqual([]);
    rmSync(join(directory, 'occupied-later'));
    await store.approve(named('a'));
    expect(store.names).toEqual(['a']);
  });
});
