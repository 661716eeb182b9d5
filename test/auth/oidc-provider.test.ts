// The whole way with other people's software: oidc-provider, and a server on the official package behind it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthorizationHandler } from '../../src/auth/authorization-handler.ts';
import { FileTokenStore } from '../../src/auth/store/file-token-store.ts';
import { ClientFactory } from '../../src/client/client-factory.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { CookieBrowser, type OidcProtected, startOidcProtected } from '../helpers/oidc-protected.ts';
import { until } from '../helpers/until.ts';

let at: OidcProtected;
let folder: string;
const factories: ClientFactory[] = [];

beforeAll(async () => {
  at = await startOidcProtected();
});
afterAll(() => at.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
});
afterEach(async () => {
  await Promise.all(factories.splice(0).map((factory) => factory.shutdownAll({ drainMs: 0 })));
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the page and follows every redirect: the fixture allows all. */
function browser(asked: URL[] = []): AuthorizationHandler {
  const person = new CookieBrowser();
  return {
    async authorize({ url }) {
      asked.push(url);
      await person.open(url);
    },
  };
}

function client(protocol: string, handler?: AuthorizationHandler): McpClient {
  const factory = new ClientFactory({ authorization: { store: new FileTokenStore({ folder }), handler } });
  factories.push(factory);
  return factory.create('issues', { type: 'http', url: at.mcp, 'x-signalbox': { protocol, retry: false } });
}

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

    await at.control('expire');
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

    await at.control('revoke');
    await expect(two.callTool('who')).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
    expect(two.state).toBe('unauthorized');
    await two.authorize({ handler: browser() });
    await until('it is connected again', () => two.isConnected);
    await two.authorization.logout();
    expect(await two.authorization.status()).toMatchObject({ authorized: false });
    await expect(client(protocol).connect()).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  });
});
