// What servers, authorization servers and pages may try, and what comes of it.
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { AuthorizationHandler } from '../../src/auth/authorization-handler.ts';
import { CallbackServer } from '../../src/auth/oauth/callback-server.ts';
import { GuardedFetch } from '../../src/auth/oauth/guarded-fetch.ts';
import { ClientFactory } from '../../src/client/client-factory.ts';
import type { OAuthAuth } from '../../src/config/auth-settings.ts';
import { HTTP_DEFAULTS } from '../../src/config/http-settings.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { hopDialer } from '../../src/transports/http/hop-dialer.ts';
import { PoolCache } from '../../src/transports/http/pool-cache.ts';
import { type AuthServerOptions, headlessBrowser, startAuthServer } from '../helpers/auth-server.ts';
import {
  checkHttpFixtures,
  type HttpFixture,
  sendJson,
  startHttpFixture,
  until,
} from '../helpers/http-fixture.ts';
import { probeContext } from '../helpers/transport-probe.ts';

checkHttpFixtures();

const factories: ClientFactory[] = [];
afterEach(async () => {
  await Promise.all(factories.splice(0).map((factory) => factory.shutdownAll({ drainMs: 0 })));
});

/** What a login with such a server ends with: the message of its error, or nothing. */
async function loginWith(
  options: AuthServerOptions,
  auth: Partial<OAuthAuth> = {},
  handler: AuthorizationHandler = headlessBrowser(),
): Promise<{ message: string; code: string; asked: number; tokens: number; paths: string[] }> {
  const server = await startAuthServer(options);
  const factory = new ClientFactory({ authorization: { handler } });
  factories.push(factory);
  const settings = { protocol: 'legacy', auth: { type: 'oauth' as const, ...auth } };
  const client = factory.create('issues', { type: 'http', url: server.url, 'x-signalbox': settings });
  const error = await client.authorize().then(
    () => undefined,
    (thrown: unknown) => thrown as { message: string; code: string },
  );
  const paths = server.fixture.requests.map(({ path }) => path.replace(/\?.*/u, ''));
  const { message = '', code = '' } = error ?? {};
  return {
    message,
    code,
    asked: server.asked.length,
    tokens: server.granted['authorization_code'] ?? 0,
    paths,
  };
}

describe('metadata', () => {
  it.each<[string, AuthServerOptions, string]>([
    ['of another resource', { resource: { resource: 'https://evil.example/mcp' } }, 'of another resource'],
    ['without PKCE', { metadata: { code_challenge_methods_supported: undefined } }, 'does not offer PKCE'],
    [
      'with plain PKCE only',
      { metadata: { code_challenge_methods_supported: ['plain'] } },
      'does not offer PKCE',
    ],
    ['of another issuer', { metadata: { issuer: 'https://evil.example' } }, 'cannot be used'],
    ['of an issuer with a slash more', { metadata: { issuer: 'http://127.0.0.1/' } }, 'cannot be used'],
    ['that send people to a script', { metadata: { authorization_endpoint: 'javascript:alert(1)//' } }, ''],
    [
      'that send people to a file',
      { metadata: { authorization_endpoint: 'file:///etc/passwd' } },
      'must begin with https',
    ],
    [
      'that send people over plain http',
      { metadata: { authorization_endpoint: 'http://evil.example/a' } },
      'must begin with https',
    ],
    [
      'that name no authorization server that can be reached',
      { resource: { authorization_servers: ['http://10.0.0.1/'] } },
      'must begin with https',
    ],
    ['that cannot be read', { resource: { authorization_servers: 5 } }, 'nothing usable'],
  ])('S10 S11 %s: no login is begun', async (_what, options, message) => {
    const outcome = await loginWith(options);
    expect(outcome.code).toBe('AUTH_FAILED');
    expect(outcome.message).toContain(message);
    expect([outcome.asked, outcome.tokens]).toEqual([0, 0]);
  });

  it('S10 of a token endpoint without TLS: no code is sent there', async () => {
    const outcome = await loginWith({ metadata: { token_endpoint: 'http://evil.example/token' } });
    expect(outcome.code).toBe('AUTH_FAILED');
    expect(outcome.tokens).toBe(0);
  });

  it('S06 an error on the way to them never leads to another authorization server', async () => {
    const outcome = await loginWith({
      intercept: (request, response) => {
        if (!request.path.includes('oauth-protected-resource')) return false;
        response.writeHead(307, { location: 'http://127.0.0.1:1/elsewhere' }).end();
        return true;
      },
    });
    expect(outcome.code).toBe('REDIRECT_REFUSED');
    expect(outcome.paths).not.toContain('/.well-known/oauth-authorization-server');
  });

  it('S10 a configured client is not shown to another authorization server than its own', async () => {
    const outcome = await loginWith(
      {},
      { clientId: 'mine', clientSecret: 'canary', issuer: 'https://login.example.com' },
    );
    expect(outcome.message).toContain('not of "auth.issuer"');
    expect(outcome.asked).toBe(0);
  });
});

describe('the answer of the browser', () => {
  const supported = { authorization_response_iss_parameter_supported: true };
  const set = (name: string, value: string) => (params: URLSearchParams) => params.set(name, value);

  it.each<[string, AuthServerOptions]>([
    ['of another issuer', { answer: set('iss', 'https://evil.example') }],
    ['without the issuer that was announced', { metadata: supported }],
    [
      'of another issuer, as an error',
      {
        answer: (params) => {
          params.delete('code');
          params.set('iss', 'https://evil.example');
          params.set('error', 'canary_error');
        },
      },
    ],
  ])('S10 %s: its code is not redeemed, and its words are not told', async (_what, options) => {
    const outcome = await loginWith(options);
    expect(outcome).toMatchObject({ code: 'AUTH_FAILED', asked: 1, tokens: 0 });
    expect(outcome.message).toContain('is not of the authorization server');
    expect(outcome.message).not.toMatch(/evil|canary/u);
  });

  it('S10 with an error of the right issuer is told, filtered and bounded', async () => {
    const answer = (params: URLSearchParams): void => {
      params.delete('code');
      params.set('error', 'access_denied');
      params.set('error_description', `no\u001B[31m${'x'.repeat(5000)}`);
    };
    const { message } = await loginWith({ answer });
    expect(message).toContain('the login was refused (access_denied)');
    expect(message.length).toBeLessThan(400);
    expect(message).not.toContain('\u001B');
  });

  it('S10 that never comes ends the login after five minutes, and the callback with it', async () => {
    const clock = new FakeClock();
    const server = await startAuthServer();
    let callback = '';
    const handler: AuthorizationHandler = {
      authorize: ({ redirectUri, expiresAtMs }) => {
        callback = redirectUri;
        expect(expiresAtMs - clock.wallNow()).toBe(300_000);
        return Promise.resolve(undefined);
      },
    };
    const factory = new ClientFactory({ clock, authorization: { handler } });
    factories.push(factory);
    const client = factory.create('issues', {
      type: 'http',
      url: server.url,
      'x-signalbox': { protocol: 'legacy' },
    });
    const login = client.authorize().catch((error: unknown) => error);
    await until(() => callback !== '');
    await clock.advance(300_000);
    expect(await login).toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringContaining('nobody has logged in'),
    });
    await expect(fetch(callback)).rejects.toThrow();
  });
});

describe('CallbackServer', () => {
  const servers: CallbackServer[] = [];
  const listen = async (port = 0): Promise<CallbackServer> => {
    const server = await CallbackServer.listen('issues', 'right-state', port);
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const get = async (url: string): Promise<number> => {
    const response = await fetch(url, { headers: { connection: 'close' } });
    const text = await response.text();
    expect(text).not.toMatch(/<script|wrong-state|evil/u);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    return response.status;
  };

  it('S10 takes one answer with the right state, and goes on waiting after wrong ones', async () => {
    const server = await listen();
    const at = server.redirectUri;
    expect(at).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/u);
    expect(await get(`${at}?code=x`)).toBe(400);
    expect(await get(`${at}?code=x&state=wrong-state`)).toBe(400);
    expect(await get(`${at}?code=x&state=right-state&state=wrong-state`)).toBe(400);
    expect(await get(`${at}?code=x&state=right-statement`)).toBe(400);
    expect(await get(at.replace('/callback', '/other?state=right-state'))).toBe(404);
    expect(await get(`${at}?code=<script>evil&state=right-state`)).toBe(200);
    expect(await get(`${at}?code=y&state=right-state`)).toBe(409);
    expect((await server.received).get('code')).toBe('<script>evil');
  });

  it('S10 has no word for a page that reaches it under another name', async () => {
    const { redirectUri } = await listen();
    const { port } = new URL(redirectUri);
    const answer = await new Promise<number>((resolve, reject) => {
      void import('node:http').then(({ request }) => {
        const sent = request(
          {
            host: '127.0.0.1',
            port,
            path: '/callback?code=x&state=right-state',
            headers: { host: 'evil.example', connection: 'close' },
          },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        );
        sent.on('error', reject).end();
      });
    });
    expect(answer).toBe(421);
  });

  it('S10 says so when its port is taken', async () => {
    const first = await listen();
    await expect(listen(Number(new URL(first.redirectUri).port))).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
    });
  });

  it('takes a pasted answer under the same rules', async () => {
    const server = await listen();
    expect(server.accept('nonsense')).toBe(false);
    expect(server.accept('https://elsewhere.example/?code=x&state=wrong-state')).toBe(false);
    expect(server.accept(`\n ${server.redirectUri}?code=x&state=right-state `)).toBe(true);
    expect(server.accept(`${server.redirectUri}?code=x&state=right-state`)).toBe(false);
  });
});

describe('the hops', () => {
  const serverUrl = new URL('https://mcp.example.com/mcp');
  const policy = { server: 'issues', serverUrl, allowPrivate: false, named: new Set<string>() };

  function fetchWith(
    addresses: readonly LookupAddress[],
    url = serverUrl,
  ): { hops: GuardedFetch; pools: PoolCache; looked: () => number } {
    let count = 0;
    const lookup: LookupFunction = (_name, _options, callback) => {
      count++;
      callback(null, [...addresses]);
    };
    const pools = new PoolCache({ lookup });
    const dial = hopDialer(probeContext(), url, HTTP_DEFAULTS, pools);
    return { hops: new GuardedFetch({ ...policy, serverUrl: url }, dial), pools, looked: () => count };
  }

  it.each<[string, readonly LookupAddress[]]>([
    ['a private address', [{ address: '10.0.0.1', family: 4 }]],
    ['one in IPv6 clothes', [{ address: '::ffff:a00:1', family: 6 }]],
    [
      'a private one behind a public one',
      [
        { address: '93.184.216.34', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
    ],
    ['the metadata of a cloud', [{ address: '169.254.169.254', family: 4 }]],
  ])('S06 to a name that stands for %s are not made', async (_what, addresses) => {
    const { hops, pools, looked } = fetchWith(addresses);
    await expect(hops.fetch('https://login.example.com/')).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    expect(looked()).toBe(1);
    expect(() => hops.throwFault()).toThrow(/stands for an address of this machine or of a private network/u);
    expect(pools.size).toBe(0);
  });

  it.each([
    'https://10.0.0.1/',
    'https://[::ffff:127.0.0.1]/',
    'https://0x7f.1/',
    'http://localhost/',
    'https://2130706433/',
  ])('S06 to %s are not made', async (url) => {
    const { hops, looked } = fetchWith([]);
    await expect(hops.fetch(url)).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:AUTH_FAILED|CONNECT_FAILED)$/u),
    });
    expect(looked()).toBe(0);
  });

  const chain = async (hops: number): Promise<HttpFixture> =>
    await startHttpFixture((request, response, self) => {
      const step = Number(request.path.slice(1));
      if (step >= hops) sendJson(response, { step });
      else response.writeHead(307, { location: `${self.origin}/${step + 1}` }).end();
    });

  it('S06 follow three redirects within the origin, and no more', async () => {
    for (const [length, isFine] of [
      [3, true],
      [4, false],
    ] as const) {
      const server = await chain(length);
      const { hops } = fetchWith([], new URL(server.url));
      const answer = hops.fetch(`${server.origin}/0`);
      if (isFine) expect(await (await answer).json()).toEqual({ step: length });
      else await expect(answer).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' });
    }
  });

  it.each([301, 302, 303, 307, 308])(
    'S07 S06 do not follow a %i to another origin, with a form or without',
    async (status) => {
      const other = await startHttpFixture((_request, response) => sendJson(response, {}));
      const server = await startHttpFixture((_request, response) => {
        response.writeHead(status, { location: other.url }).end();
      });
      const { hops } = fetchWith([], new URL(server.url));
      const body = new URLSearchParams({ refresh_token: 'canary' });
      for (const init of [{}, { method: 'POST', body }]) {
        await expect(hops.fetch(server.url, init)).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' });
      }
      expect(other.requests).toHaveLength(0);
    },
  );

  it('S19 stop reading an answer that is too large', async () => {
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(' '.repeat(2 * 1024 * 1024));
    });
    const { hops } = fetchWith([], new URL(server.url));
    await expect(hops.fetch(server.url)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });
});
