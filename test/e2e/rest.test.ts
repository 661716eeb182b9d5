import { describe, expect, it } from 'vitest';
import type { ServerEntry, SignalboxSettings } from '../../src/config/entry.ts';
import { SignalboxError } from '../../src/core/errors.ts';
import { QUICK, recordStates, rejection, testFactories } from '../helpers/clients.ts';
import { checkHttpFixtures, sendJson, until } from '../helpers/http-fixture.ts';
import { type RestService, startRestService } from '../helpers/rest-service.ts';

checkHttpFixtures();
const makeFactory = testFactories();

const entry = (service: RestService, settings: SignalboxSettings = {}, more: object = {}): ServerEntry => ({
  type: 'rest',
  url: service.url,
  'x-signalbox': { ...QUICK, ...settings },
  ...more,
});

/** A typed error, with what a test wants to know of it. */
async function fault(work: Promise<unknown>): Promise<SignalboxError> {
  const error = await rejection(work);
  if (SignalboxError.is(error)) return error;
  throw error;
}

describe('the default routes', () => {
  it('connects by /health and /initialize, and asks nothing else', async () => {
    const service = await startRestService();
    const client = makeFactory().create('s', entry(service));
    const { metadata } = await client.connect();
    expect(metadata).toMatchObject({ era: 'legacy', serverInfo: { name: 'rest-service', version: '1.2.3' } });
    expect(service.routes()).toEqual(['GET /health', 'POST /initialize']);
    expect(JSON.parse(service.requests[1]!.body)).toEqual({
      protocolVersion: '2025-11-25',
      clientInfo: expect.objectContaining({ name: expect.any(String) }) as unknown,
    });
    expect(client.instructions).toBe('Be kind.');
    // What needs a way back, or a route that is not there, is not offered.
    expect(client.capabilities).toEqual({ tools: {}, resources: {}, prompts: {} });
  });

  it('lists page by page, calls tools, reads resources and gets prompts, with the session on each request', async () => {
    const service = await startRestService();
    const client = makeFactory().create('s', entry(service));
    await client.connect();
    const names = (await client.listTools()).map(({ name }) => name);
    expect(names).toEqual(['echo', 'add', 'picture', 'report', 'nothing']);
    await expect(client.callTool('echo', { say: 'hi' })).resolves.toEqual({
      content: [{ type: 'text', text: '{"say":"hi"}' }],
      isError: false,
    });
    expect(await client.listResources()).toMatchObject([{ name: 'a' }]);
    await expect(client.readResource('file:///a b?c=d#e')).resolves.toEqual({
      contents: [{ uri: 'file:///a b?c=d#e', text: 'the text of a' }],
    });
    expect(await client.listResourceTemplates()).toEqual([]);
    expect(await client.listPrompts()).toEqual([{ name: 'hello' }]);
    await expect(client.getPrompt('hello')).resolves.toMatchObject({ messages: [{ role: 'user' }] });
    const [session] = service.sessions;
    for (const { method, path, body } of service.requests.slice(2)) {
      const carried = method === 'GET' ? new URL(path, 'http://h').searchParams.get('sessionId') : undefined;
      expect(carried ?? (JSON.parse(body) as { sessionId?: string }).sessionId, path).toBe(session);
    }
  });

  it('makes of any answer a result: an object, an image, text, nothing', async () => {
    const service = await startRestService();
    const client = makeFactory().create('s', entry(service));
    await client.connect();
    await expect(client.callTool('add', { a: 1, b: 2 })).resolves.toEqual({
      content: [{ type: 'text', text: '{"sum":3}' }],
      structuredContent: { sum: 3 },
    });
    await expect(client.callTool('picture', {})).resolves.toEqual({
      content: [{ type: 'image', data: 'iVBORw0KGgoAAAANSUhEUg==', mimeType: 'image/png' }],
    });
    await expect(client.callTool('report', {})).resolves.toEqual({
      content: [{ type: 'text', text: '# Grüße' }],
    });
    await expect(client.callTool('nothing', {})).resolves.toEqual({ content: [] });
  });

  it('has what a service leaves out filled in', async () => {
    const service = await startRestService({ sessions: false, initialized: {} });
    const client = makeFactory().create('s', entry(service));
    await client.connect();
    expect(client.serverInfo).toEqual({ name: new URL(service.url).host, version: 'unknown' });
    expect(client.protocolVersion).toBe('2025-11-25');
    expect(client.capabilities).toEqual({ tools: {}, resources: {}, prompts: {} });
    expect(service.requests.some(({ path }) => path.includes('sessionId'))).toBe(false);
  });

  it('offers an empty list where a service has no such route, and does not hide that it has no tools', async () => {
    let hasTools = true;
    const service = await startRestService({
      sessions: false,
      initialized: {},
      also: ({ path }, response) => {
        const lacks = /\/(?:resources|prompts)\//u.test(path) || (path.includes('/tools/list') && !hasTools);
        if (lacks) response.writeHead(404).end();
        return lacks;
      },
    });
    const client = makeFactory().create('s', entry(service));
    await client.connect();
    expect([
      await client.listResources(),
      await client.listResourceTemplates(),
      await client.listPrompts(),
    ]).toEqual([[], [], []]);
    await client.listTools();
    hasTools = false;
    await expect(client.listTools()).rejects.toMatchObject({ code: 'HTTP_ERROR', details: { status: 404 } });
  });

  it('pings by /health, and sees when it does not answer 200', async () => {
    const service = await startRestService();
    const client = makeFactory().create('s', entry(service));
    await client.connect();
    await client.ping();
    expect(service.routes().at(-1)).toBe('GET /health');
    service.faults.set('GET /health', [(response) => sendJson(response, { status: 'down' }, 503)]);
    const error = await fault(client.ping());
    expect(error).toMatchObject({ code: 'HTTP_ERROR', details: { status: 503 } });
    service.faults.set('GET /health', [(response) => sendJson(response, {}, 202)]);
    await expect(client.ping()).rejects.toMatchObject({ code: 'BAD_RESPONSE', details: { status: 202 } });
  });

  it('answers a ping by a list where there is no health route', async () => {
    const service = await startRestService();
    const client = makeFactory().create('s', entry(service, { rest: { operations: { health: false } } }));
    await client.connect();
    expect(service.routes()).toEqual(['POST /initialize']);
    await client.ping();
    expect(service.routes().at(-1)).toBe('GET /prompts/list');
  });

  it('does not connect to a service that is not well, and says what may be wrong with the route', async () => {
    const service = await startRestService();
    service.faults.set('GET /health', [(response) => void response.writeHead(404).end()]);
    const error = await fault(makeFactory().create('s', entry(service)).connect());
    expect(error).toMatchObject({ code: 'HTTP_ERROR', retryable: false, details: { status: 404 } });
    expect(error.message).toContain('x-signalbox.rest.operations.health');
    expect(service.routes()).toEqual(['GET /health']);
  });

  it('does not offer what it has no route for', async () => {
    const service = await startRestService();
    const client = makeFactory().create('s', entry(service));
    await client.connect();
    const complete = client.complete({ type: 'ref/prompt', name: 'hello' }, { name: 'a', value: 'b' });
    await expect(complete).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
    await expect(client.subscribe({ resources: ['file:///a'] }, () => {})).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
    });
    expect(service.routes()).toEqual(['GET /health', 'POST /initialize']);
  });
});

describe('the session', () => {
  it('F-088 a service that forgot it gets a new one, and the call is made once more', async () => {
    const service = await startRestService();
    const client = makeFactory().create('s', entry(service));
    const states = recordStates(client);
    await client.connect();
    await client.listTools();
    service.sessions.clear();
    await expect(client.callTool('echo', { n: 1 })).resolves.toMatchObject({ isError: false });
    expect(service.calls).toHaveLength(1);
    expect(service.sessions.size).toBe(1);
    expect(service.routes().filter((route) => route === 'POST /initialize')).toHaveLength(2);
    // Not asked whether it is well again: the connection stands.
    expect(service.routes().filter((route) => route === 'GET /health')).toHaveLength(1);
    expect(states.map(({ to }) => to)).not.toContain('error');
  });

  it('F-088 a list that was there before and is gone means the same; one more 404 is an error', async () => {
    let gone = 0;
    const service = await startRestService({
      also: ({ path }, response) => {
        if (gone === 0 || !path.includes('/resources/list')) return false;
        response.writeHead(404).end('gone');
        return true;
      },
    });
    const client = makeFactory().create('s', entry(service));
    await client.connect();
    await client.listResources();
    gone = 1;
    const error = await fault(client.listResources());
    expect(error).toMatchObject({ code: 'HTTP_ERROR', details: { status: 404 } });
    expect(service.routes().filter((route) => route === 'POST /initialize')).toHaveLength(2);
  });

  it('410 ends it too', async () => {
    const service = await startRestService();
    const client = makeFactory().create('s', entry(service));
    await client.connect();
    service.faults.set('POST /tools/echo/call', [(response) => void response.writeHead(410).end()]);
    await client.callTool('echo', {});
    expect(service.sessions.size).toBe(2);
  });

  it.each(['\u0007bell', 'x'.repeat(1025), '', {}])(
    'F-087 refuses an id that cannot be one (%#)',
    async (sessionId) => {
      const service = await startRestService({ sessions: false, initialized: { sessionId } });
      const error = await fault(makeFactory().create('s', entry(service)).connect());
      expect(error).toMatchObject({ code: 'BAD_RESPONSE' });
    },
  );

  it('is ended by a route, where the map has one', async () => {
    const service = await startRestService();
    const rest = { operations: { end: { path: '/session' } } };
    const client = makeFactory().create('s', entry(service, { rest }));
    await client.connect();
    const [session] = service.sessions;
    await client.disconnect();
    expect(service.requests.at(-1)).toMatchObject({
      method: 'DELETE',
      path: `/api/session?sessionId=${session}`,
    });
  });
});

describe('errors', () => {
  const connected = async (settings: SignalboxSettings = {}) => {
    const service = await startRestService();
    const client = makeFactory().create('s', entry(service, settings));
    await client.connect();
    return { service, client };
  };

  it('404 for a tool, a prompt or a resource is a name that nobody knows', async () => {
    const { service, client } = await connected();
    const error = await fault(client.callTool('gone', {}));
    expect(error).toMatchObject({ code: 'UNKNOWN_NAME', delivered: 'no', retryable: false, server: 's' });
    expect(error.message).toContain('does not know the tool "gone" (HTTP 404): No tool gone');
    expect(error.details).toMatchObject({
      status: 404,
      serviceCode: 'NO_TOOL',
      method: 'tools/call',
    });
    await expect(client.getPrompt('gone')).rejects.toMatchObject({ code: 'UNKNOWN_NAME' });
    await expect(client.readResource('file:///gone')).rejects.toMatchObject({ code: 'UNKNOWN_NAME' });
    expect(service.sessions.size).toBe(1);
  });

  it('422 tells what was wrong with the arguments, clean and bounded', async () => {
    const { service, client } = await connected();
    const error = await fault(client.callTool('add', { a: 'x' }));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', delivered: 'no', retryable: false });
    expect(error.details).toMatchObject({
      status: 422,
      serviceCode: 'BAD',
      problems: [{ path: '/a', problem: 'is no number' }],
    });
    const endless = {
      errors: Array.from({ length: 50 }, () => `\u001B[31m${'x'.repeat(1000)}`),
      message: '\u0007no',
    };
    service.faults.set('POST /tools/add/call', [(response) => sendJson(response, endless, 400)]);
    const other = await fault(client.callTool('add', {}));
    expect(other.message).toMatch(/refuses what the tool "add" was given \(HTTP 400\): no$/u);
    const text = JSON.stringify(other.details);
    expect(text.length).toBeLessThan(15_000);
    expect(text).not.toContain('\\u001b');
  });

  it.each([
    [401, 'AUTH_REQUIRED'],
    [403, 'FORBIDDEN'],
    [409, 'HTTP_ERROR'],
    [500, 'OUTCOME_UNKNOWN'],
  ])('%i fails as %s, with the number of the request', async (status, code) => {
    const { service, client } = await connected({ auth: false });
    service.faults.set('POST /tools/echo/call', [
      (response) => sendJson(response, { message: 'no, really' }, status),
    ]);
    const error = await fault(client.callTool('echo', {}));
    expect(error).toMatchObject({ code, details: { status } });
    expect(error.message).toContain('no, really');
    expect(service.calls).toEqual([]);
  });

  it('F-077 429 is waited for as the service asks', async () => {
    const { service, client } = await connected();
    service.faults.set('POST /tools/echo/call', [
      (response) => sendJson(response, {}, 429, { 'retry-after': '1' }),
    ]);
    const began = performance.now();
    await client.callTool('echo', {});
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(service.calls).toHaveLength(1);
  });

  it('5xx: a list is asked for again, a tool is not, unless a second run does no harm', async () => {
    const { service, client } = await connected();
    const busy = (response: Parameters<typeof sendJson>[0]): void => sendJson(response, {}, 503);
    service.faults.set('GET /resources/list', [busy]);
    await expect(client.listResources()).resolves.toHaveLength(1);
    service.faults.set('POST /tools/echo/call', [busy]);
    await expect(client.callTool('echo', {})).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    service.faults.set('POST /tools/echo/call', [busy]);
    await client.callTool('echo', {}, { retry: 'safe' });
    expect(service.calls).toHaveLength(1);
  });

  it('never tells what we proved ourselves with', async () => {
    const service = await startRestService();
    const client = makeFactory().create(
      's',
      entry(service, { auth: { type: 'header', name: 'X-Api-Key', value: 'very-secret-key' } }),
    );
    await client.connect();
    expect(service.requests.every(({ headers }) => headers['x-api-key'] === 'very-secret-key')).toBe(true);
    const said = {
      error: {
        message: 'Bad key very-secret-key',
        code: 'very-secret-key',
        details: { 'very-secret-key': ['very-secret-key'] },
      },
    };
    for (const status of [400, 403, 404, 500, 200]) {
      service.faults.set('POST /tools/echo/call', [(response) => sendJson(response, said, status)]);
      const error = await rejection(client.callTool('echo', {}));
      expect(JSON.stringify([error.message, error, (error as { data?: unknown }).data])).not.toContain(
        'very-secret',
      );
    }
  });

  it('an error in an answer of success is what the service answered', async () => {
    const { service, client } = await connected();
    const said = { error: { code: 17, message: 'Out of cheese', details: { left: 0 } } };
    service.faults.set('POST /tools/echo/call', [(response) => sendJson(response, said)]);
    await expect(client.callTool('echo', {})).rejects.toMatchObject({
      name: 'RemoteError',
      code: 17,
      remoteMessage: 'Out of cheese',
      data: { code: '17', details: { left: 0 }, requestId: expect.any(String) as unknown },
    });
  });
});

describe('a call in flight', () => {
  it('is broken off when its caller does not want it any more, and the service is told where the map says how', async () => {
    const service = await startRestService({
      also: ({ path }, response) => {
        if (path.endsWith('/notifications/cancelled')) sendJson(response, {});
        return path.includes('/tools/echo/') || path.endsWith('/notifications/cancelled');
      },
    });
    const rest = { operations: { 'notifications/cancelled': {} } };
    const client = makeFactory().create('s', entry(service, { rest }));
    await client.connect();
    const caller = new AbortController();
    const call = client.callTool('echo', {}, { signal: caller.signal });
    await until(() => service.routes().includes('POST /tools/echo/call'));
    caller.abort();
    await expect(call).rejects.toMatchObject({ code: 'REQUEST_ABORTED', delivered: 'unknown' });
    await until(() => service.routes().includes('POST /notifications/cancelled'));
    const asked = service.requests.find(({ path }) => path.includes('/tools/echo/'));
    const told = JSON.parse(service.requests.at(-1)!.body) as { requestId?: string };
    expect(told.requestId).toBe(asked?.headers['x-request-id']);
  });

  it('fails when the client is closed', async () => {
    const service = await startRestService({ also: ({ path }) => path.includes('/tools/echo/') });
    const client = makeFactory().create('s', entry(service));
    await client.connect();
    const call = rejection(client.callTool('echo', {}));
    await until(() => service.routes().includes('POST /tools/echo/call'));
    await client.disconnect({ drainMs: 0 });
    expect(await call).toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'unknown' });
  });
});
