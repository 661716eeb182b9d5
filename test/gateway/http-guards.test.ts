import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATEWAY_ERROR_CODE, Gateway } from '../../src/gateway/index.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { cleanGateways, onCleanup, startGateway, type TestGateway } from './gateway-fixture.ts';
import { modernRequest, openSession, rawRequest } from './raw-request.ts';

cleanGateways(afterAll);

const PING = { jsonrpc: '2.0', id: 7, method: 'ping' };
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway(
    {},
    {
      allowedHosts: ['Gate.example', 'other.example:8443'],
      allowedOrigins: ['https://App.example/'],
      limits: { bodyBytes: 10_000 },
    },
  );
});

describe('S12 who may call', () => {
  it.each(['evil.example', 'localhost.evil.example', 'localhost:1', '127.0.0.1', 'other.example'])(
    'refuses the Host "%s"',
    async (host) => {
      const answer = await rawRequest(gateway.url, {
        ...modernRequest('server/discover'),
        headers: { host },
      });
      expect(answer.status).toBe(403);
      expect(answer.json).toMatchObject({
        jsonrpc: '2.0',
        error: { code: GATEWAY_ERROR_CODE, data: { code: 'FORBIDDEN' } },
      });
      expect(answer.json).not.toHaveProperty('id');
    },
  );

  it('accepts the names of loopback with its port, and configured names', async () => {
    const { port } = gateway;
    const hosts = [
      `127.0.0.1:${port}`,
      `LOCALHOST:${port}`,
      `[::1]:${port}`,
      'gate.example',
      'other.example:8443',
    ];
    for (const host of [...hosts, 'gate.example:9999']) {
      const answer = await rawRequest(gateway.url, { path: '/healthz', headers: { host } });
      expect(answer.status, host).toBe(200);
    }
  });

  it.each([
    'https://evil.example',
    'null',
    'http://localhost',
    'http://localhost.evil.example',
    'http://127.0.0.1:1',
  ])('refuses the Origin "%s"', async (origin) => {
    const { headers, ...request } = modernRequest('server/discover');
    const answer = await rawRequest(gateway.url, { ...request, headers: { ...headers, origin } });
    expect(answer.status).toBe(403);
    expect(answer.json).not.toHaveProperty('id');
  });

  it('accepts its own origins and configured ones, and gives no page leave to read', async () => {
    const { headers, ...request } = modernRequest('server/discover');
    for (const origin of [`http://localhost:${gateway.port}`, 'https://app.example']) {
      const answer = await rawRequest(gateway.url, { ...request, headers: { ...headers, origin } });
      expect(answer.status, origin).toBe(200);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it.each(['0.0.0.0', '::', '192.168.1.2', 'example.com'])('does not listen on %s by accident', (host) => {
    expect(() => new Gateway({ registry: new ServerRegistry(), host })).toThrow(/allowRemote/u);
  });

  it('listens on other addresses when told so', async () => {
    const open = await startGateway({}, { host: '0.0.0.0', allowRemote: true });
    const health = `http://127.0.0.1:${open.port}/healthz`;
    expect((await rawRequest(health)).status).toBe(200);
    // A wildcard is no name: a page at http://0.0.0.0 would carry it.
    expect((await rawRequest(health, { headers: { host: `0.0.0.0:${open.port}` } })).status).toBe(403);
  });
});

describe('F-130 what may be sent', () => {
  it('tells its health and nothing else', async () => {
    const answer = await rawRequest(gateway.url, { path: '/healthz' });
    expect(answer.json).toEqual({ status: 'ok', servers: { connected: 0, total: 0 } });
    for (const path of ['/', '/mcp/', '/mcpx', '/favicon.ico', '/healthz/x']) {
      expect((await rawRequest(gateway.url, { path })).status, path).toBe(404);
    }
    expect((await rawRequest(gateway.url, { path: '/healthz', method: 'POST', body: PING })).status).toBe(
      404,
    );
  });

  it('refuses other methods', async () => {
    for (const method of ['PUT', 'PATCH', 'OPTIONS', 'HEAD']) {
      const answer = await rawRequest(gateway.url, { method });
      expect(answer.status, method).toBe(405);
      expect(answer.headers.allow).toBe('GET, POST, DELETE');
    }
    const modern = { 'mcp-protocol-version': '2026-07-28' };
    for (const method of ['GET', 'DELETE']) {
      const answer = await rawRequest(gateway.url, { method, headers: modern });
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('POST');
    }
  });

  it.each([
    [415, { 'content-type': 'text/plain' }],
    [415, { 'content-type': 'application/jsonp' }],
    [415, { 'content-encoding': 'gzip' }],
    [400, { 'content-type': 'application/json; charset=utf-8' }],
  ])('answers %i to %o', async (status, headers) => {
    expect((await rawRequest(gateway.url, { headers, body: PING })).status).toBe(status);
  });

  it('refuses a body that is too large, announced or not, and goes on', async () => {
    const body = JSON.stringify({ ...PING, params: { pad: 'x'.repeat(20_000) } });
    const announced = await rawRequest(gateway.url, {
      headers: { 'content-length': String(body.length) },
      body,
    });
    expect(announced.status).toBe(413);
    expect(announced.json).toMatchObject({ error: { data: { code: 'BODY_TOO_LARGE' } } });
    const chunked = await rawRequest(gateway.url, { headers: { 'transfer-encoding': 'chunked' }, body });
    expect(chunked.status).toBe(413);
    expect((await rawRequest(gateway.url, modernRequest('server/discover'))).status).toBe(200);
  });

  it.each([
    ['{', -32700],
    ['', -32700],
    ['{"jsonrpc":"2.0","id":1,"method":"ping"} x', -32700],
    ['"ping"', -32600],
    ['null', -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600],
    ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":5}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}', -32600],
  ])('answers 400 to the body %s', async (body, code) => {
    const answer = await rawRequest(gateway.url, { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ jsonrpc: '2.0', error: { code } });
  });

  it('refuses bytes that are not UTF-8', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const body = Buffer.from([0x22, 0xff, 0xfe, 0x22]);
      const socket = connect(gateway.port, '127.0.0.1', () => {
        const head = `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:${gateway.port}\r\ncontent-type: application/json\r\n`;
        socket.write(`${head}content-length: ${body.length}\r\nconnection: close\r\n\r\n`);
        socket.write(body);
      });
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString('latin1')));
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toContain('HTTP/1.1 400');
    expect(answer).toContain('-32700');
  });

  it('survives nesting that no stack can hold', async () => {
    const deep = await startGateway({});
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a__b","arguments":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`;
    const headers = await openSession(deep.url);
    const answer = await rawRequest(deep.url, { headers, body });
    expect(answer.json).toMatchObject({ id: 1, error: { code: -32602 } });
  });
});

describe('options', () => {
  it.each([
    [{ port: 70_000 }, /port/u],
    [{ port: 1.5 }, /port/u],
    [{ path: 'mcp' }, /path/u],
    [{ path: '/healthz' }, /path/u],
    [{ limits: { bodyBytes: 0 } }, /limits\.bodyBytes/u],
    [{ limits: { sessions: Number.NaN } }, /limits\.sessions/u],
    [{ limits: { ['size' as 'sessions']: 1 } }, /no limit "size"/u],
  ])('refuses %o', (options, message) => {
    expect(() => new Gateway({ registry: new ServerRegistry(), ...options })).toThrow(message);
  });

  it('says which port is taken, and what to do', async () => {
    const second = new Gateway({ registry: gateway.registry, port: gateway.port });
    onCleanup(() => second.close());
    await expect(second.start()).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      retryable: true,
      message: expect.stringMatching(
        new RegExp(`127\\.0\\.0\\.1:${gateway.port}: another program.*port`, 'u'),
      ),
    });
  });
});
