// The whole way with other people's software: oidc-provider, and a server on the official package behind it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthorizationHandler } from '../../src/auth/authorization-handler.ts';
import { FileTokenStore } from '../../src/auth/store/file-token-store.ts';
import { ClientFactory } from '../../src/client/client-factory.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { until } from '../helpers/until.ts';

let child: ChildProcess;
let at: { readonly mcp: string; readonly issuer: string };
let folder: string;
const factories: ClientFactory[] = [];

beforeAll(async () => {
  child = spawn(process.execPath, [join(import.meta.dirname, '../fixtures/servers/oidc-protected.mjs')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout! });
  const { value } = await lines[Symbol.asyncIterator]().next();
  at = JSON.parse(value as string) as typeof at;
  lines.close();
});
afterAll(async () => {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
});
afterEach(async () => {
  await Promise.all(factories.splice(0).map((factory) => factory.shutdownAll({ drainMs: 0 })));
  rmSync(folder, { recursive: true, force: true });
});

/** A browser that keeps cookies and follows every redirect, as the person's would. */
function browser(asked: URL[] = []): AuthorizationHandler {
  const cookies = new Map<string, string>();
  return {
    async authorize({ url }) {
      asked.push(url);
      let next: URL | undefined = url;
      for (let hop = 0; next !== undefined && hop < 12; hop++) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const response: Response = await fetch(next, {
          redirect: 'manual',
          headers: { cookie, connection: 'close' },
        });
        await response.text();
        for (const line of response.headers.getSetCookie()) {
          const [pair = ''] = line.split(';');
          cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
        }
        const location: string | null = response.headers.get('location');
        next = location === null ? undefined : new URL(location, next);
      }
    },
  };
}

function client(protocol: string, handler?: AuthorizationHandler): McpClient {
  const factory = new ClientFactory({ authorization: { store: new FileTokenStore({ folder }), handler } });
  factories.push(factory);
  return factory.create('issues', { type: 'http', url: at.mcp, 'x-signalbox': { protocol, retry: false } });
}

const control = (what: string) =>
  fetch(new URL(`/${what}`, at.mcp), { method: 'POST', headers: { connection: 'close' } });

describe.each(['legacy', '2026-07-28'])('oidc-provider and an official server (%s)', (protocol) => {
  it('login, renewal, step-up, revocation, logout', async () => {
    const asked: URL[] = [];
    const one = client(protocol, browser(asked));
    await expect(one.connect()).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
    expect(one.state).toBe('unauthorized');
    const status = await one.authorize();
    expect(status).toMatchObject({ authorized: true, issuer: at.issuer, renewable: true });
    await until('it is connected', () => one.isConnected);
    expect((await one.listTools()).map(({ name }) => name)).toEqual(['who', 'rule']);

    // Another process of the same user finds the token in the store.
    const two = client(protocol);
    await two.connect();
    expect(await two.callTool('who')).toMatchObject({ content: [{ text: 'ada' }] });

    await control('expire');
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? one : two).callTool('who')),
    );
    expect(answers).toHaveLength(10);

    await expect(two.callTool('rule')).rejects.toMatchObject({
      code: 'FORBIDDEN',
      details: { scope: 'admin' },
    });
    expect(await one.callTool('rule')).toMatchObject({ content: [{ text: 'done' }] });
    expect(asked.map((url) => url.searchParams.get('scope'))).toEqual([
      'basic offline_access',
      'basic offline_access admin',
    ]);

    await control('revoke');
    await expect(two.callTool('who')).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
    expect(two.state).toBe('unauthorized');
    await two.authorize({ handler: browser() });
    await until('it is connected again', () => two.isConnected);
    await two.authorization.logout();
    expect(await two.authorization.status()).toMatchObject({ authorized: false });
    await expect(client(protocol).connect()).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  });
});
