import { createServer, request as forwarded, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ResolvedHttp, resolveHttp } from '../../src/config/http-settings.ts';
import { PoolCache } from '../../src/transports/http/pool-cache.ts';
import { checkHttpClients, httpClient, resultFor, sseClient } from '../helpers/http-client.ts';
import { openStream, sendJson, sseEvent, startHttpFixture, until } from '../helpers/http-fixture.ts';
import { closedPort } from '../helpers/raw-http.ts';
import { testCertificate } from '../helpers/test-certificate.ts';
import { type LogLine, recordingLogger } from '../helpers/transport-probe.ts';

checkHttpClients();

const PASSWORD = 'p@ss canary';
const LOGIN = `me:${encodeURIComponent(PASSWORD)}`;
const BASIC = `Basic ${Buffer.from(`me:${PASSWORD}`).toString('base64')}`;

/** What a proxy does instead of its work. */
type Mood = 'fine' | 'silent' | 'hangs up' | { readonly status: number };

interface Proxy {
  readonly host: string;
  /** With user and password. */
  readonly url: string;
  /** `CONNECT host:port`, `POST http://…` */
  readonly asked: string[];
  readonly credentials: (string | undefined)[];
  mood: Mood;
  /** Sockets of clients that are open now. */
  readonly open: Set<Socket>;
  accepted: number;
}

const servers: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listening(server: Server): Promise<{ port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push({ server, sockets });
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** A proxy that forwards and tunnels, and writes down what it is asked for. */
async function startProxy(mood: Mood = 'fine'): Promise<Proxy> {
  const server = createServer();
  const { port, sockets } = await listening(server);
  const host = `127.0.0.1:${port}`;
  const proxy: Proxy = {
    host,
    url: `http://${LOGIN}@${host}`,
    asked: [],
    credentials: [],
    mood,
    open: sockets,
    accepted: 0,
  };
  server.on('connection', () => proxy.accepted++);
  server.on('request', (request, response: ServerResponse) => {
    proxy.asked.push(`${request.method} ${request.url}`);
    proxy.credentials.push(request.headers['proxy-authorization']);
    if (proxy.mood === 'silent') return;
    if (proxy.mood === 'hangs up') {
      request.socket.destroy();
      return;
    }
    if (proxy.mood !== 'fine') {
      response.writeHead(proxy.mood.status).end('no');
      return;
    }
    const { 'proxy-authorization': _mine, ...headers } = request.headers;
    const onward = forwarded(request.url!, { method: request.method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
      response.on('close', () => answer.destroy());
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, socket: Socket, head: Buffer) => {
    // The sockets of an HTTP server stay half open otherwise.
    socket.on('end', () => socket.destroy());
    proxy.asked.push(`CONNECT ${request.url}`);
    proxy.credentials.push(request.headers['proxy-authorization']);
    if (proxy.mood === 'silent') {
      // Whoever does not read does not see the other side go.
      socket.resume();
      return;
    }
    if (proxy.mood === 'hangs up') {
      socket.destroy();
      return;
    }
    if (proxy.mood !== 'fine') {
      socket.end(`HTTP/1.1 ${proxy.mood.status} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port: to } = new URL(`http://${request.url}`);
    const onward = connect(Number(to), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  return proxy;
}

const certificate = testCertificate('localhost');

async function httpsServer(): Promise<{ url: string; headers: NodeJS.Dict<string | string[]>[] }> {
  const headers: NodeJS.Dict<string | string[]>[] = [];
  const server = createHttpsServer(certificate, (request, response) => {
    headers.push(request.headers);
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => sendJson(response, resultFor(body)));
  });
  const { port } = await listening(server);
  return { url: `https://localhost:${port}/mcp`, headers };
}

const through = (proxy: string | false): { http: ResolvedHttp } => ({
  http: resolveHttp({ proxy, tls: { ca: certificate.cert }, connectTimeoutMs: 300 }),
});

describe('F-098 through a proxy', () => {
  it('http is forwarded: the proxy gets its credentials, the server the request and nothing of them', async () => {
    const server = await startHttpFixture((request, response) => sendJson(response, resultFor(request.body)));
    const proxy = await startProxy();
    const { send } = await httpClient(`${server.url}?x=1`, {
      ...through(proxy.url),
      headers: { authorization: 'Bearer for-the-server' },
    });
    const calls = [send(), send(), send()];
    await Promise.all(calls.map((call) => call.result));
    expect(proxy.asked).toEqual(calls.map(() => `POST ${server.url}?x=1`));
    expect(proxy.credentials).toEqual([BASIC, BASIC, BASIC]);
    expect(server.requests.map(({ body }) => body).toSorted()).toEqual(
      calls.map(({ text }) => text).toSorted(),
    );
    expect(server.requests[0]?.headers).toMatchObject({
      host: new URL(server.url).host,
      authorization: 'Bearer for-the-server',
      'content-type': 'application/json',
    });
  });

  it('https is tunnelled: the proxy sees no more than the host, TLS ends at the server', async () => {
    const server = await httpsServer();
    const proxy = await startProxy();
    const { send } = await httpClient(server.url, {
      ...through(proxy.url),
      headers: { authorization: 'Bearer for-the-server' },
    });
    const first = send();
    await expect(first.result).resolves.toMatchObject({ id: first.id });
    await send().result;
    expect(proxy.asked[0]).toBe(`CONNECT ${new URL(server.url).host}`);
    expect(new Set(proxy.credentials)).toEqual(new Set([BASIC]));
    expect(server.headers[0]).toMatchObject({ authorization: 'Bearer for-the-server' });
    expect(JSON.stringify(server.headers)).not.toContain('proxy-');
  });

  it('TLS is checked within the tunnel', async () => {
    const server = await httpsServer();
    const proxy = await startProxy();
    const { send } = await httpClient(server.url, { http: resolveHttp({ proxy: proxy.url }) });
    await expect(send().failure()).resolves.toMatchObject({
      code: 'TLS_ERROR',
      delivered: 'no',
      retryable: false,
    });
    expect(server.headers).toEqual([]);
  });

  it('event streams come through as they are written', async () => {
    let say: ((text: string) => void) | undefined;
    const server = await startHttpFixture((request, response) => {
      openStream(response);
      if (request.method === 'GET') response.write(sseEvent({ event: 'endpoint', data: '/m' }));
      say = (text) => void response.write(text);
    });
    const proxy = await startProxy();
    const http = await httpClient(server.url, through(proxy.url));
    const call = http.send();
    await until(() => say !== undefined);
    say!(sseEvent({ data: { jsonrpc: '2.0', method: 'n' } }));
    await until(() => http.receiver.messages.length === 1);
    say!(sseEvent({ data: resultFor(call.text) }));
    await call.result;
    const sse = sseClient(server.url, through(proxy.url));
    await sse.transport.open(sse.receiver, new AbortController().signal);
    say!(sseEvent({ data: { jsonrpc: '2.0', method: 'n' } }));
    await until(() => sse.receiver.messages.length === 1);
    expect(proxy.asked).toEqual([`POST ${server.url}`, `GET ${server.url}`]);
  });
});

describe('F-098 who goes through a proxy', () => {
  it('nobody by default, whatever the environment says', async () => {
    const server = await startHttpFixture((request, response) => sendJson(response, resultFor(request.body)));
    const proxy = await startProxy();
    const environment = { http_proxy: proxy.url, HTTP_PROXY: proxy.url };
    const saved = process.env['http_proxy'];
    process.env['http_proxy'] = proxy.url;
    try {
      await (await httpClient(server.url)).send().result;
    } finally {
      if (saved === undefined) delete process.env['http_proxy'];
      else process.env['http_proxy'] = saved;
    }
    await (await httpClient(server.url, { pools: new PoolCache({ environment }) })).send().result;
    expect(proxy.asked).toEqual([]);
  });

  it('with "env" those that the environment names, except for NO_PROXY', async () => {
    const plain = await startHttpFixture((request, response) => sendJson(response, resultFor(request.body)));
    const secure = await httpsServer();
    const proxy = await startProxy();
    const environment = { HTTP_PROXY: proxy.host, HTTPS_PROXY: proxy.url };
    const exempt = { ...environment, NO_PROXY: '127.0.0.1' };
    for (const pools of [new PoolCache({ environment }), new PoolCache({ environment: exempt })]) {
      await (await httpClient(plain.url, { ...through('env'), pools })).send().result;
      await (await httpClient(secure.url, { ...through('env'), pools })).send().result;
    }
    const tunnel = `CONNECT ${new URL(secure.url).host}`;
    expect(proxy.asked).toEqual([`POST ${plain.url}`, tunnel, tunnel]);
    expect(proxy.credentials).toEqual([undefined, BASIC, BASIC]);
  });

  it('S06 not those that block private addresses: a proxy looks names up itself', async () => {
    const pools = new PoolCache({ environment: { https_proxy: `http://${LOGIN}@127.0.0.1:9` } });
    const http = { blockPrivate: true, proxy: 'env' };
    const error = await httpClient('https://name.example/', { http, pools }).catch(
      (reason: unknown) => reason as Error,
    );
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(JSON.stringify(error)).not.toContain('canary');
  });
});

describe('F-098 proxies that fail', () => {
  const refusing: readonly (readonly [string, Mood, boolean, RegExp])[] = [
    ['answers 407', { status: 407 }, false, /HTTP 407; set its user and password/u],
    ['answers 403', { status: 403 }, false, /HTTP 403/u],
    ['answers 502', { status: 502 }, true, /HTTP 502/u],
    ['hangs up', 'hangs up', true, /no answer/u],
    ['never answers', 'silent', true, /no answer/u],
  ];
  it.each(refusing)('a tunnel through one that %s', async (_what, mood, retryable, words) => {
    const proxy = await startProxy(mood);
    const lines: LogLine[] = [];
    const { send } = await httpClient('https://localhost:1/mcp', {
      ...through(proxy.url),
      logger: recordingLogger(lines),
    });
    const error = await send().failure();
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', delivered: 'no', retryable });
    expect(error.message).toMatch(words);
    expect(error.message).toContain(`http://${proxy.host}`);
    // No second attempt of undici's own, which would go on for ever.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(proxy.asked).toEqual(['CONNECT localhost:1']);
    expect(everythingOf(error, lines)).not.toMatch(/canary|me:|bWU6/u);
  });

  it('one that wants credentials for forwarding', async () => {
    const proxy = await startProxy({ status: 407 });
    const { send } = await httpClient('http://127.0.0.1:1/mcp', through(`http://${proxy.host}`));
    const error = await send().failure();
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', delivered: 'no', retryable: false });
    expect(error.message).toContain('HTTP 407; set its user and password');
  });

  it.each(['http://127.0.0.1:1/mcp', 'https://localhost:1/mcp'])(
    'one that is not there, for %s',
    async (url) => {
      const host = `127.0.0.1:${await closedPort()}`;
      const { send } = await httpClient(url, through(`http://${LOGIN}@${host}`));
      const error = await send().failure();
      expect(error).toMatchObject({ code: 'CONNECT_FAILED', delivered: 'no', retryable: true });
      expect(error.message).toMatch(
        new RegExp(`http://${host}.*ECONNREFUSED|ECONNREFUSED.*http://${host}`, 'u'),
      );
      expect(everythingOf(error, [])).not.toMatch(/canary|bWU6/u);
    },
  );

  it('what is under way when the transport is destroyed leaves no socket', async () => {
    // The tunnel stands, but nobody answers the TLS handshake within it.
    const { port } = await listening(createTcpServer());
    const proxy = await startProxy();
    const tls = await httpClient(`https://localhost:${port}/`, through(proxy.url));
    const silent = await startProxy('silent');
    const tunnel = await httpClient('https://localhost:1/', through(silent.url));
    const calls = [tls.send(), tunnel.send()];
    await until(() => proxy.asked.length === 1 && silent.asked.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    for (const { transport } of [tls, tunnel]) {
      transport.destroy();
      await transport.closed;
    }
    for (const call of calls) {
      await expect(call.failure()).resolves.toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'no' });
    }
    await until(() => proxy.open.size === 0 && silent.open.size === 0, 5000);
  });
});

/** All that a log or a person might see of an error. */
function everythingOf(error: Error, lines: readonly LogLine[]): string {
  const texts: unknown[] = [lines, error];
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    texts.push(at.message, at.stack, Object.entries(at));
  return JSON.stringify(texts);
}
