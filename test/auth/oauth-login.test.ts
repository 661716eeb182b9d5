// OAuth from the first 401 on: against a real authorization server and a protected MCP server.
import { afterEach, describe, expect, it } from 'vitest';
import type { AuthorizationHandler } from '../../src/auth/authorization-handler.ts';
import { MemoryTokenStore } from '../../src/auth/store/token-store.ts';
import type { AuthorizationOptions } from '../../src/client/authorization/authorization-environment.ts';
import { ClientFactory } from '../../src/client/client-factory.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { OAuthAuth } from '../../src/config/auth-settings.ts';
import type { LogFields } from '../../src/core/log.ts';
import { type AuthServerOptions, CANARY, headlessBrowser, startAuthServer } from '../helpers/auth-server.ts';
import { checkHttpFixtures, sendJson, startHttpFixture, until } from '../helpers/http-fixture.ts';

checkHttpFixtures();

const factories: ClientFactory[] = [];
const told: string[] = [];
afterEach(async () => {
  await Promise.all(factories.splice(0).map((factory) => factory.shutdownAll({ drainMs: 0 })));
});

/** Keeps every word that is logged. */
const note = (message: string, fields?: LogFields): void =>
  void told.push(`${message} ${JSON.stringify(fields ?? {})}`);
const logger = { debug: note, info: note, warn: note, error: note };

function clientFor(
  url: string,
  authorization: AuthorizationOptions = {},
  auth?: Partial<OAuthAuth>,
): McpClient {
  const factory = new ClientFactory({ logger, authorization });
  factories.push(factory);
  const settings = {
    protocol: 'legacy',
    retry: { maxAttempts: 1, pauseMs: false as const },
    ...(auth === undefined ? {} : { auth: { type: 'oauth' as const, ...auth } }),
  };
  return factory.create('issues', { type: 'http', url, 'x-signalbox': settings });
}

async function loggedIn(options: AuthServerOptions = {}, authorization: AuthorizationOptions = {}) {
  const server = await startAuthServer(options);
  const client = clientFor(server.url, { handler: headlessBrowser(), ...authorization });
  await expect(client.connect()).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  await client.authorize();
  await client.connect();
  return { server, client };
}

const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  await promise.then(
    () => 'none',
    (error: unknown) => (error as { code: string }).code,
  );

describe('a server that wants authorization', () => {
  it('is unauthorized and says what helps; nobody was asked, and nothing was loaded or sent', async () => {
    const server = await startAuthServer();
    const client = clientFor(server.url);
    const error = await client.connect().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'AUTH_REQUIRED',
      details: { status: 401, scope: 'basic', authorize: { command: 'signalbox auth login issues' } },
    });
    expect(client.connectionState).toMatchObject({ kind: 'unauthorized', cause: error });
    expect(new Set(server.fixture.requests.map(({ path }) => path))).toEqual(new Set(['/mcp']));
    expect(await codeOf(client.listTools())).toBe('AUTH_REQUIRED');
  });

  it('S10 is logged in to by a callback on 127.0.0.1, with PKCE, state and resource, and connects by itself', async () => {
    const seen: URL[] = [];
    const server = await startAuthServer();
    const client = clientFor(server.url, { handler: headlessBrowser(seen) });
    await expect(client.connect()).rejects.toThrow();
    const status = await client.authorize();
    expect(status).toMatchObject({
      authorized: true,
      issuer: server.origin,
      scope: 'basic',
      renewable: true,
    });
    await until(() => client.state === 'connected');
    expect(await client.listTools()).toHaveLength(1);
    const params = seen[0]!.searchParams;
    expect(params.get('code_challenge_method')).toBe('S256');
    expect(params.get('resource')).toBe(server.url);
    expect(params.get('state')?.length).toBeGreaterThan(30);
    expect(params.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/u);
    const token = new URLSearchParams(server.fixture.requests.find(({ path }) => path === '/token')?.body);
    expect(token.get('resource')).toBe(server.url);
    expect(seen[0]!.href).not.toContain(CANARY);
  });

  it('does not hold up others that wait for nobody', async () => {
    const [shut, open] = [await startAuthServer(), await startAuthServer({ intercept: openDoor })];
    const factory = new ClientFactory();
    factories.push(factory);
    const settings = { protocol: 'legacy' };
    const waiting = factory.create('shut', { type: 'http', url: shut.url, 'x-signalbox': settings });
    const free = factory.create('open', { type: 'http', url: open.url, 'x-signalbox': settings });
    const outcomes = await Promise.allSettled([waiting.connect(), free.connect()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    // A login that nobody answers keeps only itself waiting.
    const over = new AbortController();
    const login = waiting.authorize({ handler: { authorize: async () => undefined }, signal: over.signal });
    expect(await free.listTools()).toHaveLength(1);
    over.abort();
    expect(await codeOf(login)).toBe('REQUEST_ABORTED');
  });

  it('takes what was pasted where the browser cannot reach this machine', async () => {
    const server = await startAuthServer();
    const paste: AuthorizationHandler = {
      authorize: async ({ url }) => {
        const response = await fetch(url, { redirect: 'manual', headers: { connection: 'close' } });
        return ` ${response.headers.get('location')!}\n`;
      },
    };
    const client = clientFor(server.url, { handler: paste });
    expect(await client.authorize()).toMatchObject({ authorized: true });
  });

  it('takes tokens back on logout, at the authorization server too', async () => {
    const { server, client } = await loggedIn();
    expect([server.tokens.size, server.refreshTokens.size]).toEqual([1, 1]);
    await client.authorization.logout();
    expect([server.tokens.size, server.refreshTokens.size]).toEqual([0, 0]);
    expect(await client.authorization.status()).toMatchObject({ authorized: false });
    expect(client.state).toBe('unauthorized');
    expect(await codeOf(client.callTool('who'))).toBe('AUTH_REQUIRED');
  });
});

const openDoor: NonNullable<AuthServerOptions['intercept']> = (request, _response, server) => {
  if (request.path === '/mcp') {
    server.tokens.set('none', { family: '', scope: '', clientId: 'anybody' });
    Object.assign(request.headers, { authorization: 'Bearer none' });
  }
  return false;
};

describe('a token', () => {
  it('F-079 that was refused is renewed once, however many requests are refused at once, and all are made again', async () => {
    const { server, client } = await loggedIn();
    server.expire();
    const answers = await Promise.all(Array.from({ length: 40 }, () => client.callTool('who')));
    expect(answers).toHaveLength(40);
    expect(server.granted).toEqual({ authorization_code: 1, refresh_token: 1 });
    expect(server.stolen.size).toBe(0);
  });

  it('F-079 that is refused although it is new: no storm, and the person is asked for', async () => {
    let isShut = false;
    const store = new MemoryTokenStore();
    const server = await startAuthServer({
      intercept: (request, response) => {
        if (!isShut || request.path !== '/mcp') return false;
        response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
        return true;
      },
    });
    await clientFor(server.url, { handler: headlessBrowser(), store }).authorize();
    // Nobody who could log in once more stands by.
    const client = clientFor(server.url, { store });
    await client.connect();
    isShut = true;
    const before = server.fixture.requests.length;
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(client.callTool('who'))));
    expect(new Set(codes)).toEqual(new Set(['AUTH_REQUIRED']));
    expect(server.granted['refresh_token']).toBeLessThanOrEqual(2);
    expect(server.fixture.requests.length - before).toBeLessThan(100);
  });

  it('F-134 is renewed before its end, with a skew of a minute, before it is sent', async () => {
    const { server, client } = await loggedIn({ expiresIn: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const refused = server.fixture.requests.length;
    await client.callTool('who');
    expect(server.granted['refresh_token']).toBeGreaterThanOrEqual(1);
    expect(server.fixture.requests.slice(refused).filter(({ path }) => path === '/mcp')).toHaveLength(1);
  });

  it('whose refresh token is worth nothing any more: the client is unauthorized, and a new login repairs it', async () => {
    const store = new MemoryTokenStore();
    const server = await startAuthServer();
    const first = clientFor(server.url, { handler: headlessBrowser(), store });
    await first.authorize();
    const client = clientFor(server.url, { store });
    await client.connect();
    server.expire();
    server.refreshTokens.clear();
    expect(await codeOf(client.callTool('who'))).toBe('AUTH_REQUIRED');
    expect(client.state).toBe('unauthorized');
    await client.authorize({ handler: headlessBrowser() });
    await until(() => client.state === 'connected');
    expect(await client.callTool('who')).toMatchObject({ content: [{ type: 'text' }] });
  });

  it('S09 is bound to server, issuer and resource: another port of the same host gets nothing of it', async () => {
    const store = new MemoryTokenStore();
    const [one, two] = [await startAuthServer(), await startAuthServer()];
    const first = clientFor(one.url, { handler: headlessBrowser(), store });
    await first.authorize();
    const second = clientFor(two.url, { store });
    expect(await codeOf(second.connect())).toBe('AUTH_REQUIRED');
    expect(two.fixture.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('S09 a server that moves to another authorization server gets neither the client nor the refresh token of the old one', async () => {
    const other = await startAuthServer();
    let hasMoved = false;
    const server = await startAuthServer({
      intercept: (request, response, self) => {
        if (!hasMoved || !request.path.includes('oauth-protected-resource')) return false;
        sendJson(response, { resource: self.url, authorization_servers: [other.origin] });
        return true;
      },
    });
    const client = clientFor(server.url, { handler: headlessBrowser() });
    await client.authorize();
    await client.connect();
    server.expire();
    hasMoved = true;
    await client.callTool('who').catch(() => undefined);
    expect(other.fixture.requests.map(({ path }) => path)).toContain('/register');
    expect(other.granted['refresh_token']).toBeUndefined();
    const sent = other.fixture.requests
      .map(({ body, path, headers }) => `${path} ${body} ${JSON.stringify(headers)}`)
      .join();
    const known = server.fixture.requests.filter(({ path }) => path.startsWith('/authorize'));
    expect(sent).not.toContain(new URL(known[0]!.path, server.origin).searchParams.get('client_id'));
    for (const token of server.refreshTokens.keys()) expect(sent).not.toContain(token);
  });
});

describe('more rights', () => {
  it('F-080 are asked for by the union of all scopes, and the call is made again', async () => {
    const { server, client } = await loggedIn({ scopes: { who: 'admin' } });
    expect(await client.callTool('who')).toMatchObject({ content: [{ type: 'text' }] });
    expect(server.asked).toEqual(['basic', 'basic admin']);
  });

  it('F-080 without anybody to ask the call fails, and says what it lacks', async () => {
    const store = new MemoryTokenStore();
    const server = await startAuthServer({ scopes: { who: 'admin' } });
    await clientFor(server.url, { handler: headlessBrowser(), store }).authorize();
    const client = clientFor(server.url, { store });
    await client.connect();
    await expect(client.callTool('who')).rejects.toMatchObject({
      code: 'FORBIDDEN',
      details: { scope: 'admin', authorize: { command: 'signalbox auth login issues' } },
    });
    expect(client.state).toBe('connected');
  });

  it('F-080 that are never enough: at most three logins, and none for the next call', async () => {
    const { server, client } = await loggedIn({
      intercept: (request, response, self) => {
        if (
          !request.body.includes('tools/call') ||
          !self.tokens.has(request.headers.authorization?.slice(7) ?? '')
        )
          return false;
        response
          .writeHead(403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="more"' })
          .end();
        return true;
      },
    });
    expect(await codeOf(client.callTool('who'))).toBe('FORBIDDEN');
    const { length } = server.asked;
    expect(length).toBeLessThanOrEqual(4);
    expect(await codeOf(client.callTool('who'))).toBe('FORBIDDEN');
    expect(server.asked).toHaveLength(length);
  });
});

describe('S18 a canary in every slot', () => {
  it('S18 stands in no log, error, event or state', async () => {
    const events: unknown[] = [];
    const server = await startAuthServer({ scopes: { who: 'admin' } });
    const client = clientFor(server.url, { handler: headlessBrowser() });
    client.on('state', (change) =>
      events.push({ ...change, error: String(change.error), json: JSON.stringify(change) }),
    );
    client.on('warning', (warning) => events.push(warning));
    const errors: unknown[] = [];
    const keep = (error: unknown): void =>
      void errors.push([String(error), JSON.stringify(error), String((error as Error).stack)]);
    await client.connect().catch(keep);
    await client.authorize();
    await until(() => client.state === 'connected');
    await client.callTool('who').catch(keep);
    server.expire();
    server.refreshTokens.clear();
    const other = clientFor(server.url);
    await other.connect().catch(keep);
    await client.callTool('who').catch(keep);
    await client.authorization.logout();
    await client.callTool('who').catch(keep);
    const seen = JSON.stringify([
      told,
      events,
      errors,
      client.stats(),
      client.diagnostics(),
      await client.authorization.status(),
    ]);
    expect(seen).not.toContain(CANARY);
    expect(errors.length).toBeGreaterThan(1);
    expect(server.fixture.requests.map(({ path }) => path).join()).not.toContain(CANARY);
  });
});

describe('fixed credentials', () => {
  it('S18 that the server repeats in its refusal are not told', async () => {
    const server = await startHttpFixture((request, response) => {
      response.writeHead(401).end(`no such key: ${JSON.stringify(request.headers)}`);
    });
    const factory = new ClientFactory({ logger });
    factories.push(factory);
    const secret = `${CANARY}-fixed`;
    for (const [name, auth] of Object.entries({
      bearer: { type: 'bearer' as const, token: secret },
      basic: { type: 'basic' as const, user: 'me', password: secret },
      header: { type: 'header' as const, name: 'X-Key', value: secret },
    })) {
      const settings = { protocol: 'legacy', auth, retry: false as const };
      const client = factory.create(name, { type: 'http', url: server.url, 'x-signalbox': settings });
      const error = (await client.connect().catch((thrown: unknown) => thrown)) as Error;
      expect(error).toMatchObject({ code: 'AUTH_REQUIRED' });
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(CANARY);
      expect(`${error.message}`).not.toContain(Buffer.from(`me:${secret}`).toString('base64'));
    }
    const sent = server.requests.map(({ headers }) => [headers.authorization, headers['x-key']]);
    expect(sent).toEqual([
      [`Bearer ${secret}`, undefined],
      [`Basic ${Buffer.from(`me:${secret}`).toString('base64')}`, undefined],
      [undefined, secret],
    ]);
    expect(JSON.stringify(told)).not.toContain(secret);
  });
});
