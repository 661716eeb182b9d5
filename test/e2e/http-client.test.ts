import { describe, expect, it } from 'vitest';
import { QUICK, recordStates, rejection, testFactories } from '../helpers/clients.ts';
import {
  checkHttpFixtures,
  openStream,
  sendJson,
  sseEvent,
  startHttpFixture,
  until,
} from '../helpers/http-fixture.ts';
import { startMcpHttp, startOldSse } from '../helpers/mcp-http.ts';

checkHttpFixtures();
const makeFactory = testFactories();
const settings = { 'x-signalbox': QUICK };

describe('negotiation over HTTP', () => {
  it('finds a modern server with one request', async () => {
    const server = await startMcpHttp({ era: 'modern' });
    const client = makeFactory().create('s', { url: server.url, ...settings });
    const { metadata } = await client.connect();
    expect(metadata).toMatchObject({
      era: 'modern',
      protocolVersion: '2026-07-28',
      serverInfo: { name: 'mcp-http' },
    });
    expect(server.methods()).toEqual(['server/discover']);
    const [probe] = server.requests;
    expect(probe!.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'server/discover',
    });
    expect(probe!.headers['mcp-session-id']).toBeUndefined();
  });

  it('sends the standard headers with every modern request, values encoded', async () => {
    const server = await startMcpHttp({ era: 'modern' });
    const client = makeFactory().create('s', { url: server.url, ...settings });
    await client.connect();
    await client.callTool('Hello, 世界', {});
    expect(server.requests.at(-1)!.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': '=?base64?SGVsbG8sIOS4lueVjA==?=',
    });
  });

  const probes: [string, NonNullable<Parameters<typeof startMcpHttp>[0]>['onProbe']][] = [
    ['400 with a JSON-RPC error', undefined],
    [
      '404 with HTML',
      (_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>no</h1>'),
    ],
    ['405', (_, response) => response.writeHead(405).end()],
    [
      '400 with foreign JSON',
      (_, response) => sendJson(response, { error: { code: 'invalid_payload' } }, 400),
    ],
    [
      '200 with -32601',
      (request, response) => {
        const { id } = JSON.parse(request.body) as { id: number };
        sendJson(response, { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } });
      },
    ],
    [
      '200 with an empty body',
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(),
    ],
    ['202', (_, response) => response.writeHead(202).end()],
    ['200 with HTML', (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('hello')],
  ];

  it.each(probes)('F-090 takes %s for a legacy server', async (_what, onProbe) => {
    const server = await startMcpHttp(onProbe === undefined ? {} : { onProbe });
    const client = makeFactory().create('s', { type: 'http', url: server.url, ...settings });
    expect((await client.connect()).metadata).toMatchObject({ era: 'legacy', instructions: 'Be kind.' });
    await client.listTools();
    expect(server.methods()).toEqual([
      'server/discover',
      'initialize',
      'notifications/initialized',
      'tools/list',
    ]);
    const list = server.requests.at(-1)!;
    expect(list.headers).toMatchObject({ 'mcp-protocol-version': '2025-11-25' });
    expect(server.sessions.has(String(list.headers['mcp-session-id']))).toBe(true);
    const initialize = server.of('POST')[1]!;
    expect(initialize.headers['mcp-protocol-version']).toBeUndefined();
  });

  it.each([500, 503])('an outage (%i) is no evidence of an era', async (status) => {
    const server = await startHttpFixture((_, response) => void response.writeHead(status).end());
    const error = await rejection(
      makeFactory()
        .create('s', { type: 'http', url: server.url, ...settings })
        .connect(),
    );
    expect(error).toMatchObject({ code: 'HTTP_ERROR', details: { status } });
    expect(server.requests).toHaveLength(1);
  });

  it('401 leads to the state unauthorized, without initialize', async () => {
    const server = await startHttpFixture((_, response) => void response.writeHead(401).end());
    const client = makeFactory().create('s', { type: 'http', url: server.url, ...settings });
    expect(await rejection(client.connect())).toMatchObject({ code: 'AUTH_REQUIRED' });
    expect(client.state).toBe('unauthorized');
    expect(server.requests).toHaveLength(1);
  });

  it('SSE24-2 F-090 falls back to HTTP+SSE where the entry leaves it open, and remembers the kind', async () => {
    const server = await startOldSse();
    const client = makeFactory().create('s', { url: server.url, ...settings });
    expect((await client.connect()).metadata).toMatchObject({
      transport: 'sse',
      protocolVersion: '2024-11-05',
    });
    expect(await client.listTools()).toHaveLength(1);
    await client.reconnect();
    expect(server.requests.filter(({ method, path }) => method === 'POST' && path === '/mcp')).toHaveLength(
      2,
    );
  });

  it('F-090 does not fall back where the entry says http', async () => {
    const server = await startOldSse();
    const error = await rejection(
      makeFactory()
        .create('s', { type: 'http', url: server.url, ...settings })
        .connect(),
    );
    expect(error).toMatchObject({ code: 'HTTP_ERROR', details: { status: 405 } });
    expect(server.of('GET')).toHaveLength(0);
  });

  it('a remembered legacy verdict that has become wrong is corrected', async () => {
    let era: 'legacy' | 'modern' = 'legacy';
    const server = await startMcpHttp({ era: () => era });
    const factory = makeFactory();
    const first = factory.create('s', { type: 'http', url: server.url, ...settings });
    expect((await first.connect()).metadata).toMatchObject({ era: 'legacy' });
    await factory.release('s');
    era = 'modern';
    const second = factory.create('s', { type: 'http', url: server.url, ...settings });
    expect((await second.connect()).metadata).toMatchObject({ era: 'modern' });
    expect(server.methods().slice(-2)).toEqual(['initialize', 'server/discover']);
  });
});

describe('calls over HTTP', () => {
  it('H25-12 F-088 a session that the server forgot is renewed, and the first call succeeds', async () => {
    const server = await startMcpHttp();
    const client = makeFactory().create('s', { url: server.url, ...settings });
    await client.connect();
    await client.callTool('echo', { n: 1 });
    const states = recordStates(client);
    server.sessions.clear();
    expect(await client.callTool('echo', { n: 2 })).toMatchObject({ content: [{ text: '{"n":2}' }] });
    expect(server.calls).toBe(2);
    expect(states.map(({ to }) => to)).toEqual(['reconnecting', 'initializing', 'connected']);
  });

  it('F-088 many calls that meet the lost session share one new session', async () => {
    const server = await startMcpHttp();
    const client = makeFactory().create('s', { url: server.url, ...settings });
    await client.connect();
    server.sessions.clear();
    const results = await Promise.all(Array.from({ length: 20 }, (_, n) => client.callTool('echo', { n })));
    expect(results).toHaveLength(20);
    expect(server.calls).toBe(20);
    expect(server.methods().filter((method) => method === 'initialize')).toHaveLength(2);
  });

  it('progress comes on the stream of its call, and the answer after it', async () => {
    const server = await startMcpHttp({
      era: 'modern',
      onCall: (params, response, id) => {
        const { progressToken } = params['_meta'] as { progressToken: number };
        openStream(response);
        for (const progress of [1, 2, 2, 1, 3]) {
          const note = {
            jsonrpc: '2.0',
            method: 'notifications/progress',
            params: { progressToken, progress },
          };
          response.write(sseEvent({ data: note }));
        }
        response.end(sseEvent({ data: { jsonrpc: '2.0', id, result: { content: [] } } }));
      },
    });
    const client = makeFactory().create('s', { url: server.url, ...settings });
    await client.connect();
    const seen: number[] = [];
    await client.callTool('echo', {}, { onProgress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([1, 2, 3]); // F-059: progress only grows
  });

  it('H26-16 a modern call is cancelled by closing its stream, without a notification', async () => {
    let closed = false;
    const server = await startMcpHttp({
      era: 'modern',
      onCall: (_params, response) => {
        openStream(response);
        response.on('close', () => {
          closed = true;
        });
      },
    });
    const client = makeFactory().create('s', { url: server.url, ...settings });
    await client.connect();
    const error = await rejection(client.callTool('echo', {}, { timeoutMs: 200 }));
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'unknown' });
    await until(() => closed);
    expect(server.methods()).not.toContain('notifications/cancelled');
  });

  it('a legacy call is cancelled by a notification', async () => {
    const server = await startMcpHttp({ onCall: (_params, response) => openStream(response) });
    const client = makeFactory().create('s', { url: server.url, ...settings });
    await client.connect();
    await rejection(client.callTool('echo', {}, { timeoutMs: 200 }));
    await until(() => server.methods().includes('notifications/cancelled'));
  });

  it('F-066 an unknown method is a RemoteError with its HTTP status', async () => {
    const server = await startMcpHttp({ era: 'modern' });
    const client = makeFactory().create('s', { url: server.url, ...settings });
    await client.connect();
    const error = await rejection(client.request('no/such', {}));
    expect(error).toMatchObject({ name: 'RemoteError', code: -32601, httpStatus: 404 });
    expect(client.isConnected).toBe(true);
  });
});
