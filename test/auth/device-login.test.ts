// A login by a code that is typed on another device (RFC 8628): with oidc-provider, and with a clock that is told the time.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorizationHandler, DevicePrompt } from '../../src/auth/authorization-handler.ts';
import { ClientFactory, type ClientFactoryOptions } from '../../src/client/client-factory.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { Timer } from '../../src/core/clock.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { CANARY, startAuthServer } from '../helpers/auth-server.ts';
import { checkHttpFixtures, sendJson } from '../helpers/http-fixture.ts';
import { CookieBrowser, type OidcProtected, startOidcProtected } from '../helpers/oidc-protected.ts';
import { until } from '../helpers/until.ts';

checkHttpFixtures();

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

const factories: ClientFactory[] = [];
afterEach(async () => {
  await Promise.all(factories.splice(0).map((factory) => factory.shutdownAll({ drainMs: 0 })));
});

async function unauthorized(url: string, options: ClientFactoryOptions): Promise<McpClient> {
  const factory = new ClientFactory(options);
  factories.push(factory);
  const client = factory.create('issues', {
    type: 'http',
    url,
    'x-signalbox': { protocol: 'legacy', retry: false, auth: { type: 'oauth', grant: 'device-code' } },
  });
  await expect(client.connect()).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  return client;
}

/** Shows the code to `person`, who takes as long as they like. */
const shown = (person: (prompt: DevicePrompt) => Promise<void> | void): AuthorizationHandler => ({
  authorize: () => Promise.reject(new Error('there is no browser here')),
  device: (prompt) => {
    const done = person(prompt);
    done?.catch(() => undefined);
    return Promise.resolve();
  },
});

const hidden = (page: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`, 'u').exec(page)?.[1] ?? '';

describe('a login by code with oidc-provider', () => {
  let at: OidcProtected;
  beforeAll(async () => {
    at = await startOidcProtected();
  });
  afterEach(() => at.control('device-life?seconds=600'));
  afterAll(() => at.stop());

  /** Types the code on the page that was shown, and presses a button on the next one. */
  async function type(
    { url, code }: DevicePrompt,
    button: Readonly<Record<string, string>>,
  ): Promise<string> {
    const browser = new CookieBrowser();
    const first = await browser.open(url);
    const second = await browser.open(url, { xsrf: hidden(first, 'xsrf'), user_code: code });
    expect(second).toContain(code);
    return await browser.open(url, { xsrf: hidden(second, 'xsrf'), user_code: code, ...button });
  }

  it('the person types the code and allows access; the token is renewed like any other', async () => {
    const prompts: DevicePrompt[] = [];
    let last: Promise<string> | undefined;
    const handler = shown((prompt) => {
      prompts.push(prompt);
      last = type(prompt, { confirm: 'yes' });
    });
    const client = await unauthorized(at.mcp, { authorization: { handler } });
    const before = Date.now();
    const status = await client.authorize();
    expect(await last).toContain('was successful');
    expect(status).toMatchObject({ authorized: true, issuer: at.issuer, renewable: true });
    const { url, completeUrl, code, expiresAtMs } = prompts[0]!;
    expect(url.href).toBe(`${at.issuer}/device`);
    expect(completeUrl?.searchParams.get('user_code')).toBe(code);
    // It lives for ten minutes there; nobody waits longer than five here.
    expect(expiresAtMs - before).toBeGreaterThan(290_000);
    expect(expiresAtMs - Date.now()).toBeLessThanOrEqual(300_000);

    await until('it is connected', () => client.isConnected);
    expect(await client.callTool('who')).toMatchObject({ content: [{ text: 'ada' }] });
    await at.control('expire');
    expect(await client.callTool('who')).toMatchObject({ content: [{ text: 'ada' }] });
    expect(prompts).toHaveLength(1);
  });

  it('the person says no', async () => {
    let last: Promise<string> | undefined;
    const handler = shown((prompt) => {
      last = type(prompt, { abort: 'yes' });
    });
    const client = await unauthorized(at.mcp, { authorization: { handler } });
    await expect(client.authorize()).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      details: { error: 'access_denied' },
    });
    expect(await last).toContain('interrupted');
    expect(client.state).toBe('unauthorized');
  });

  it('nobody types the code before its end', async () => {
    await at.control('device-life?seconds=2');
    const client = await unauthorized(at.mcp, { authorization: { handler: shown(() => undefined) } });
    await expect(client.authorize()).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringContaining('nobody has entered the code in time') as string,
    });
    expect(client.state).toBe('unauthorized');
  });

  it('the login is given up', async () => {
    const over = new AbortController();
    const handler = shown(() => over.abort());
    const client = await unauthorized(at.mcp, { authorization: { handler } });
    await expect(client.authorize({ signal: over.signal })).rejects.toMatchObject({
      code: 'REQUEST_ABORTED',
    });
  });

  it('nobody can be shown a code', async () => {
    const handler: AuthorizationHandler = { authorize: () => Promise.resolve(undefined) };
    const client = await unauthorized(at.mcp, { authorization: { handler } });
    await expect(client.authorize()).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });
});

/** Keeps the pauses between two questions, which no other timer here is as long as. */
class NotingClock extends FakeClock {
  readonly pauses: number[] = [];

  override setTimeout(callback: () => void, delayMs: number): Timer {
    if (delayMs % 1000 === 777) this.pauses.push(delayMs);
    return super.setTimeout(callback, delayMs);
  }
}

describe('how often it is asked whether a code was typed', () => {
  /** An authorization server that answers each question as told, and then with a token. */
  async function asking(answers: string[], device: Readonly<Record<string, unknown>> = {}) {
    const polls: URLSearchParams[] = [];
    const server = await startAuthServer({
      intercept: ({ path, body }, response, { origin, tokens }) => {
        if (path === '/.well-known/oauth-authorization-server') {
          sendJson(response, {
            issuer: origin,
            authorization_endpoint: `${origin}/authorize`,
            token_endpoint: `${origin}/token`,
            registration_endpoint: `${origin}/register`,
            device_authorization_endpoint: `${origin}/device`,
            response_types_supported: ['code'],
            code_challenge_methods_supported: ['S256'],
          });
        } else if (path === '/device') {
          sendJson(response, {
            device_code: `${CANARY}-device`,
            user_code: 'ABCD-EFGH',
            verification_uri: `${origin}/type`,
            expires_in: 600,
            interval: 7.777,
            ...device,
          });
        } else if (path === '/token') {
          polls.push(new URLSearchParams(body));
          const error = answers.shift();
          if (error !== undefined) {
            sendJson(response, { error, error_description: `about ${CANARY}-device` }, 400);
            return true;
          }
          tokens.set(`${CANARY}-token`, { family: 'one', scope: 'basic', clientId: 'device' });
          sendJson(response, { access_token: `${CANARY}-token`, token_type: 'Bearer', expires_in: 3600 });
        } else return false;
        return true;
      },
    });
    const clock = new NotingClock();
    const client = await unauthorized(server.url, {
      clock,
      authorization: { handler: shown(() => undefined) },
    });
    const outcome = client.authorize().then(
      () => undefined,
      (error: unknown) => error,
    );
    /** Lets the pause pass, and not a millisecond less. */
    const pass = async (index: number): Promise<void> => {
      await until('there is a pause', () => clock.pauses.length > index);
      await clock.advance(clock.pauses[index]! - 1);
      expect(polls).toHaveLength(index);
      await clock.advance(1);
      await until('it is asked', () => polls.length > index);
    };
    return { client, clock, outcome, pass, polls, server };
  }

  it('as often as the server wants it, and 5 s more seldom after each "slow_down"', async () => {
    const { client, clock, outcome, pass, polls, server } = await asking([
      'authorization_pending',
      'slow_down',
      'authorization_pending',
      'slow_down',
    ]);
    for (let index = 0; index < 5; index++) await pass(index);
    expect(await outcome).toBeUndefined();
    expect(clock.pauses).toEqual([7777, 7777, 12_777, 12_777, 17_777]);
    expect(polls.map((poll) => [poll.get('grant_type'), poll.get('device_code')])).toEqual(
      polls.map(() => [GRANT, `${CANARY}-device`]),
    );
    const registered = server.fixture.requests.find(({ path }) => path === '/register')!;
    expect((JSON.parse(registered.body) as { grant_types: string[] }).grant_types).toContain(GRANT);
    await until('it is connected', () => client.isConnected);
  });

  it.each(['expired_token', 'access_denied', 'invalid_grant'])('never again after "%s"', async (code) => {
    const { clock, outcome, pass, polls } = await asking(['authorization_pending', code]);
    await pass(0);
    await pass(1);
    const error = await outcome;
    expect(error).toMatchObject({ code: 'AUTH_FAILED', details: { error: code } });
    // The server repeats what it must not: the code of the device is a secret.
    expect(JSON.stringify(error) + String((error as Error).message)).not.toContain(CANARY);
    await clock.advance(600_000);
    expect(polls).toHaveLength(2);
  });

  it('not once more when the code has ended, whatever the server says', async () => {
    const { clock, outcome, pass, polls } = await asking(['authorization_pending', 'authorization_pending'], {
      expires_in: 20,
    });
    await pass(0);
    await pass(1);
    await until('there is a pause', () => clock.pauses.length > 2);
    await clock.advance(7777);
    expect(await outcome).toMatchObject({ code: 'AUTH_FAILED' });
    expect(polls).toHaveLength(2);
  });
});
