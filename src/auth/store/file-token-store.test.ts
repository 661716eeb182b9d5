import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FileTokenStore } from './file-token-store.ts';
import { currentGrant, grantOf, type StoredGrant, withGrant } from './stored-grant.ts';
import { MemoryTokenStore, type TokenStore } from './token-store.ts';

const directory = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
afterAll(() => rmSync(directory, { recursive: true }));
let folders = 0;
const newFolder = (): string => join(directory, `deep-${folders++}`, 'tokens');

const URL_A = 'https://a.example/mcp?key=canary';
const grant = (issuer: string, accessToken: string): StoredGrant => ({
  issuer,
  resource: 'https://a.example/mcp',
  client: { kind: 'registered', clientId: 'c' },
  tokens: { accessToken, isDpop: false, refreshToken: `refresh-${accessToken}` },
  requestedScope: undefined,
  dpopKey: undefined,
  savedAtMs: 1,
});
const keep = (store: TokenStore, url: string, one: StoredGrant): Promise<void> =>
  store.update(url, (stored) => Promise.resolve({ next: withGrant(stored, url, one), result: undefined }));

describe.each<[string, () => TokenStore]>([
  ['MemoryTokenStore', () => new MemoryTokenStore()],
  ['FileTokenStore', () => new FileTokenStore({ folder: newFolder() })],
])('%s', (_name, make) => {
  it('S09 keeps grants apart by server, issuer and resource', async () => {
    const store = make();
    await keep(store, URL_A, grant('https://i1', 'one'));
    await keep(store, URL_A, grant('https://i2', 'two'));
    await keep(store, URL_A, { ...grant('https://i2', 'three'), resource: undefined });
    const stored = await store.load(URL_A);
    expect(currentGrant(stored)?.tokens?.accessToken).toBe('three');
    expect(grantOf(stored, 'https://i1', 'https://a.example/mcp')?.tokens?.accessToken).toBe('one');
    expect(grantOf(stored, 'https://i3', undefined)).toBeUndefined();
    expect(await store.load('https://a.example:8443/mcp?key=canary')).toBeUndefined();
  });

  it('lets one change follow the other, and goes on after one that failed', async () => {
    const store = make();
    let running = 0;
    const change = (index: number) =>
      store.update(URL_A, async (stored) => {
        expect(++running).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        if (index % 5 === 4) throw new Error('this one fails');
        const count = Number(currentGrant(stored)?.tokens?.accessToken ?? '0') + 1;
        return { next: withGrant(stored, URL_A, grant('https://i', String(count))), result: count };
      });
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => change(index)));
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(4);
    expect(currentGrant(await store.load(URL_A))?.tokens?.accessToken).toBe('16');
  });

  it('forgets', async () => {
    const store = make();
    await keep(store, URL_A, grant('https://i', 'one'));
    await store.update(URL_A, () => Promise.resolve({ next: undefined, result: undefined }));
    expect(await store.load(URL_A)).toBeUndefined();
  });
});

describe('FileTokenStore', () => {
  it('S09 writes for this user alone: 0600 in 0700, under a name that tells nothing, without leftovers', async () => {
    const folder = newFolder();
    const store = new FileTokenStore({ folder });
    await keep(store, URL_A, grant('https://i', 'canary-token'));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const [name, ...others] = readdirSync(folder);
    expect(others).toEqual([]);
    expect(name).toMatch(/^[0-9a-f]{40}\.json$/u);
    expect(statSync(join(folder, name!)).mode & 0o777).toBe(0o600);
    expect(await new FileTokenStore({ folder }).load(URL_A)).toEqual(await store.load(URL_A));
  });

  it('S09 makes a folder that is open to others private, and refuses a file that is', async () => {
    const folder = newFolder();
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
    const store = new FileTokenStore({ folder });
    await keep(store, URL_A, grant('https://i', 'one'));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const file = join(folder, readdirSync(folder)[0]!);
    chmodSync(file, 0o644);
    await expect(store.load(URL_A)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    rmSync(file);
    writeFileSync(join(directory, 'elsewhere'), '{}', { mode: 0o600 });
    symlinkSync(join(directory, 'elsewhere'), file);
    await expect(store.load(URL_A)).rejects.toThrow(/symbolic link/u);
  });

  it.each([
    '',
    '{',
    'null',
    '{"version":2}',
    '{"version":1,"serverUrl":"x","grants":[]}',
    '[]',
    '{"version":1,"grants":[1]}',
  ])('takes %j for nothing: people log in again', async (text) => {
    const folder = newFolder();
    const store = new FileTokenStore({ folder });
    await keep(store, URL_A, grant('https://i', 'one'));
    const file = join(folder, readdirSync(folder)[0]!);
    writeFileSync(file, text, { mode: 0o600 });
    expect(await store.load(URL_A)).toBeUndefined();
    await keep(store, URL_A, grant('https://i', 'two'));
    expect(currentGrant(await store.load(URL_A))?.tokens?.accessToken).toBe('two');
  });

  it('S09 the lock of a process that is gone does not lock others out', async () => {
    const folder = newFolder();
    const store = new FileTokenStore({ folder });
    await keep(store, URL_A, grant('https://i', 'one'));
    const lock = join(folder, `${readdirSync(folder)[0]!}.lock`);
    writeFileSync(lock, '999999 gone\n', { mode: 0o600 });
    const old = new Date(Date.now() - 60_000);
    utimesSync(lock, old, old);
    await keep(store, URL_A, grant('https://i', 'two'));
    expect(readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8')).toContain('"two"');
    expect(readdirSync(folder)).toHaveLength(1);
  });
});
