// A person's way in a person's browser: the pages of oidc-provider in Chromium, and ours at the end of it.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthorizationHandler } from '../../src/auth/authorization-handler.ts';
import { MemoryTokenStore } from '../../src/auth/store/token-store.ts';
import { ClientFactory } from '../../src/client/client-factory.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { Chromium, NO_CHROMIUM } from '../helpers/chromium/chromium.ts';
import { type OidcProtected, startOidcProtected } from '../helpers/oidc-protected.ts';
import { until } from '../helpers/until.ts';

const SKIPPED = NO_CHROMIUM === undefined ? '' : ` (SKIPPED: ${NO_CHROMIUM})`;

/** A browser takes its time where the machine has much else to do. */
const PATIENCE_MS = 90_000;

describe.skipIf(NO_CHROMIUM !== undefined)(`a login in Chromium${SKIPPED}`, { timeout: PATIENCE_MS }, () => {
  let at: OidcProtected;
  let browser: Chromium;
  let redirectUri: string;
  let factory: ClientFactory;
  let client: McpClient;
  let store: MemoryTokenStore;

  beforeAll(async () => {
    at = await startOidcProtected('--pages');
  });
  afterAll(() => at.stop());

  beforeEach(async () => {
    browser = await Chromium.launch();
    store = new MemoryTokenStore();
    const handler: AuthorizationHandler = {
      authorize: async (prompt) => {
        ({ redirectUri } = prompt);
        await browser.open(prompt.url);
      },
    };
    factory = new ClientFactory({ authorization: { store, handler } });
    client = factory.create('issues', { type: 'http', url: at.mcp, 'x-signalbox': { retry: false } });
    await expect(client.connect()).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  }, PATIENCE_MS);
  afterEach(async () => {
    await factory.shutdownAll({ drainMs: 0 });
    await browser.close();
    expect(browser.processes()).toEqual([]);
  }, PATIENCE_MS);

  /** What our page at the end of a login is. */
  async function ourPage() {
    await until('our page is there', () => browser.responses.some(({ url }) => url.startsWith(redirectUri)));
    await browser.find('main > h1');
    const [page] = browser.responses.filter(({ url }) => url.startsWith(redirectUri));
    const text = String(await browser.evaluate('document.body.innerText'));
    const source = String(await browser.evaluate('document.documentElement.outerHTML'));
    return { page: page!, text, source };
  }

  it('S10 the person logs in and allows access on the pages of the server, and sees that it is done', async () => {
    const login = client.authorize();
    await browser.type('input[name=login]', 'ada');
    await browser.type('input[name=password]', 'any');
    await browser.click('button[type=submit]');
    // The page of consent, which names what is asked for.
    await browser.find('input[name=prompt][value=consent]');
    expect(await browser.evaluate('document.body.innerText')).toContain(`${at.mcp}:`);
    await browser.click('button[type=submit]');

    expect(await login).toMatchObject({ authorized: true, issuer: at.issuer, renewable: true });
    await until('it is connected', () => client.isConnected);
    expect(await client.callTool('who')).toMatchObject({ content: [{ text: 'ada' }] });

    const { page, text, source } = await ourPage();
    expect(page.status).toBe(200);
    expect(text).toContain('You can close this page');
    // Nothing that the address or the answer to it holds.
    const stored = (await store.load(at.mcp))!.grants[0]!;
    const { searchParams } = new URL(page.url);
    const secrets = [...searchParams.values(), stored.tokens!.accessToken, stored.tokens!.refreshToken!];
    expect(secrets.length).toBeGreaterThanOrEqual(5);
    for (const secret of secrets) expect(source).not.toContain(secret);
    // Chromium applied our style, and nothing else could have been loaded: a script of somebody else stays dead.
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.headers['cache-control']).toBe('no-store');
    expect(await browser.evaluate('getComputedStyle(document.body).maxWidth')).not.toBe('none');
    await browser.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'globalThis.isHere = true' }))`,
    );
    expect(await browser.evaluate('globalThis.isHere === undefined')).toBe(true);
    await until('the browser has refused it', () =>
      browser.complaints.some((line) => line.includes('Content Security Policy')),
    );
  });

  it('the person says no, hears that nothing was allowed, and the login fails', async () => {
    const login = client.authorize().then(
      () => undefined,
      (error: unknown) => error,
    );
    await browser.find('input[name=login]');
    await browser.click('.login-help a');
    expect(await login).toMatchObject({ code: 'AUTH_FAILED', details: { error: 'access_denied' } });
    const { page, text, source } = await ourPage();
    expect(page.status).toBe(200);
    expect(text).toContain('No access');
    for (const value of new URL(page.url).searchParams.values()) expect(source).not.toContain(value);
    expect(client.state).toBe('unauthorized');
  });
});
