import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../src/core/errors.ts';
import { checkHttpClients, resultFor, rpcClient } from '../helpers/http-client.ts';
import { openStream, type RouteHandler, sendJson, until } from '../helpers/http-fixture.ts';
import { closedPort } from '../helpers/raw-http.ts';
import { openRpc, startRpcServer } from '../helpers/rpc-server.ts';

checkHttpClients();

const { signal: never } = new AbortController();
const refuse =
  (status: number, body: string = 'no'): RouteHandler =>
  (_request, response) =>
    void response.writeHead(status).end(body);

describe('connecting in the dialect connect-rpc', () => {
  it('connects, opens the stream, and posts messages, with headers and session', async () => {
    const { server, send, transport } = await openRpc({}, { headers: { 'x-key': 'k' } });
    const call = send({ headers: { 'mcp-protocol-version': '2025-11-25' } });
    await until(() => server.to('rpc').length === 1);
    const [connect] = server.to('connect');
    expect(connect).toMatchObject({ method: 'POST', path: '/mcp/connect', headers: { 'x-key': 'k' } });
    expect(JSON.parse(connect!.body)).toEqual({ client: { name: 'probe', version: '1.2.3' } });
    expect(connect!.headers).not.toHaveProperty('mcp-session-id');
    expect(server.to('events')[0]).toMatchObject({
      method: 'GET',
      path: '/mcp/events',
      headers: { accept: 'text/event-stream', 'x-key': 'k', 'mcp-session-id': 's1' },
    });
    expect(server.to('rpc')[0]).toMatchObject({
      method: 'POST',
      path: '/mcp/rpc',
      body: call.text,
      headers: { 'mcp-session-id': 's1', 'mcp-protocol-version': '2025-11-25' },
    });
    expect(transport.diagnostics()).toMatchObject({ sessionId: 's1' });
    // Nothing else was asked.
    expect(server.http.requests).toHaveLength(3);
  });

  it.each<[string, RouteHandler, string | undefined]>([
    ['an empty body', refuse(200, ''), undefined],
    ['words', refuse(200, 'connected'), undefined],
    ['204', refuse(204, ''), undefined],
    ['sessionId', (_request, response) => sendJson(response, { sessionId: 'abc' }), 'abc'],
    ['a number', (_request, response) => sendJson(response, { session_id: 42 }), '42'],
    [
      'a header, which comes first',
      (_request, response) => sendJson(response, { session_id: 'body' }, 200, { 'mcp-session-id': 'head' }),
      'head',
    ],
    [
      'no session in what is no object',
      (_request, response) => sendJson(response, [{ session_id: 'x' }]),
      undefined,
    ],
    [
      'no session of the prototype',
      (_request, response) => void response.writeHead(200).end('{"__proto__":{"session_id":"x"}}'),
      undefined,
    ],
  ])('takes %s for an answer', async (_what, connect, sessionId) => {
    const { server } = await openRpc({ connect });
    expect(server.to('events')[0]!.headers['mcp-session-id']).toBe(sessionId);
  });

  it.each([
    ['blanks', { session_id: 'a b' }],
    ['a line break', { session_id: 'a\r\nx: y' }],
    ['64 KB', { session_id: 'x'.repeat(65_536) }],
  ])('F-087 a session id with %s is refused', async (_what, body) => {
    const server = await startRpcServer({ connect: (_request, response) => sendJson(response, body) });
    const { transport, receiver } = rpcClient(server.http.url);
    await expect(transport.open(receiver, never)).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
    expect(server.to('events')).toEqual([]);
  });

  it('goes where the entry says, below the url and with its query', async () => {
    const dialect = {
      connect: '/api/open',
      events: 'api/events',
      rpc: 'api/rpc',
      sessionParam: 'sid',
    } as const;
    const server = await startRpcServer({});
    server.http.requests.length = 0;
    const { transport, receiver } = rpcClient(`${server.http.origin}/base/?key=1`, { dialect });
    await expect(transport.open(receiver, never)).rejects.toMatchObject({ details: { status: 404 } });
    expect(server.http.requests.map(({ path }) => path)).toEqual(['/base/api/open?key=1']);
    const second = rpcClient(`${server.http.origin}/base/?key=1`, {
      dialect: { ...dialect, connect: 'connect' },
    });
    await second.transport.open(second.receiver, never);
    second.send();
    await until(() => server.to('rpc').length === 1);
    expect(server.http.requests.map(({ path }) => path).slice(1)).toEqual([
      '/base/connect?key=1',
      '/base/api/events?key=1&sid=s1',
      '/base/api/rpc?key=1&sid=s1',
    ]);
  });

  it.each([
    ['connect', 401, 'AUTH_REQUIRED'],
    ['connect', 403, 'FORBIDDEN'],
    ['connect', 404, 'HTTP_ERROR'],
    ['connect', 429, 'RATE_LIMITED'],
    ['connect', 503, 'HTTP_ERROR'],
    ['connect', 301, 'REDIRECT_REFUSED'],
    ['events', 401, 'AUTH_REQUIRED'],
    ['events', 404, 'HTTP_ERROR'],
    ['events', 200, 'BAD_RESPONSE'],
  ] as const)('F-076 fails where %s is answered with %i, as %s', async (place, status, code) => {
    const server = await startRpcServer({ [place]: refuse(status) });
    const { transport, receiver } = rpcClient(server.http.url);
    await expect(transport.open(receiver, never)).rejects.toMatchObject({ code });
    await expect(transport.closed).resolves.toMatchObject({ kind: 'lost', error: { code } });
  });

  it('F-076 says which place is missing, and no more of what the server says than is safe', async () => {
    const server = await startRpcServer({ connect: refuse(404, `\u001B[2J${'x'.repeat(5_000)}`) });
    const { transport, receiver } = rpcClient(server.http.url);
    const error: Error = (await transport
      .open(receiver, never)
      .catch((cause: unknown) => cause as Error)) as Error;
    expect(error.message).toContain('nothing to connect to at /mcp/connect');
    expect(error.message.length).toBeLessThan(500);
    expect(error.message).not.toContain('\u001B');
  });

  it('F-068 a refused connection fails as CONNECT_FAILED', async () => {
    const { transport, receiver } = rpcClient(`http://127.0.0.1:${await closedPort()}/mcp`);
    await expect(transport.open(receiver, never)).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      retryable: true,
      delivered: 'no',
    });
  });

  it('F-072 a connection that breaks before connect is answered fails', async () => {
    const server = await startRpcServer({
      connect: (_request, response) => void response.socket!.resetAndDestroy(),
    });
    const { transport, receiver } = rpcClient(server.http.url);
    await expect(transport.open(receiver, never)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it.each(['connect', 'events'] as const)(
    'F-069 F-117 opening ends with its signal while %s is silent',
    async (place) => {
      const server = await startRpcServer({ [place]: () => {} });
      const { transport, receiver } = rpcClient(server.http.url);
      const controller = new AbortController();
      const reason = new SignalboxError('CONNECT_TIMEOUT', 'too slow');
      const opening = transport.open(receiver, controller.signal);
      await until(() => server.to(place).length === 1);
      controller.abort(reason);
      await expect(opening).rejects.toBe(reason);
      await expect(transport.closed).resolves.toEqual({ kind: 'lost', error: reason });
    },
  );

  it('an answer to connect larger than limits.bodyBytes is refused', async () => {
    const server = await startRpcServer({
      connect: (_request, response) => sendJson(response, { session_id: 's', more: 'x'.repeat(10_000) }),
    });
    const { transport, receiver } = rpcClient(server.http.url, { limits: { bodyBytes: 4096 } });
    await expect(transport.open(receiver, never)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });
});

describe('messages in the dialect connect-rpc', () => {
  it('hears answers on the stream, in both shapes', async () => {
    const { server, receiver, send } = await openRpc();
    const first = send();
    const second = send();
    await until(() => server.to('rpc').length === 2);
    server.say({ data: { request_id: String(first.id), result: { a: 1 } } });
    server.say({ data: resultFor(second.text) });
    await until(() => receiver.messages.length === 2);
    expect(
      receiver.messages.map(({ text, exchange }) => [JSON.parse(text) as unknown, exchange]),
    ).toMatchObject([
      [{ jsonrpc: '2.0', id: first.id, result: { a: 1 } }, undefined],
      [resultFor(second.text), undefined],
    ]);
  });

  it('F-121 an answer in the body of its POST is accepted; other bodies are none', async () => {
    const bodies = [
      ({ id }: { id: number }) => ({ request_id: id, result: { a: 1 } }),
      ({ id }: { id: number }) => ({ jsonrpc: '2.0', id, result: {} }),
      ({ id }: { id: number }) => ({ request_id: id, error: { detail: 'no' } }),
      ({ id }: { id: number }) => ({ request_id: id, status: 'queued' }),
      () => ({ ok: true }),
      () => 'accepted',
    ];
    const { receiver, send } = await openRpc({
      rpc: (request, response) =>
        sendJson(response, bodies.shift()!(JSON.parse(request.body) as { id: number })),
    });
    await expect(send().result).resolves.toMatchObject({ result: { a: 1 } });
    await expect(send().result).resolves.toMatchObject({ result: {} });
    await expect(send().result).resolves.toMatchObject({ error: { code: -32_603, message: 'no' } });
    for (let index = 0; index < 3; index++) {
      const call = send();
      await until(() => call.flushes === 1 && call.exchange === undefined);
      expect(call.settled).toBe(false);
    }
    expect(receiver.messages).toHaveLength(3);
  });

  it('POST failures are typed and leave the connection alone', async () => {
    const statuses = [401, 429, 500];
    const { server, receiver, send } = await openRpc({
      rpc: (request, response) => {
        const status = statuses.shift();
        if (status !== undefined) response.writeHead(status).end('no');
        else if (server.to('rpc').length === 4) {
          const { id } = JSON.parse(request.body) as { id: number };
          sendJson(response, { request_id: id, error: { code: -32_600, message: 'no' } }, 400);
        } else response.destroy();
      },
    });
    await expect(send().failure()).resolves.toMatchObject({ code: 'AUTH_REQUIRED', delivered: 'no' });
    await expect(send().failure()).resolves.toMatchObject({ code: 'RATE_LIMITED', delivered: 'no' });
    await expect(send().failure()).resolves.toMatchObject({ code: 'HTTP_ERROR', delivered: 'unknown' });
    await expect(send().result).resolves.toMatchObject({ error: { code: -32_600 } });
    await expect(send().failure()).resolves.toMatchObject({ code: 'CONNECTION_LOST', delivered: 'unknown' });
    server.say({ data: { type: 'still_here' } });
    await until(() => receiver.events.length === 1);
  });

  it('tells of events in the words of the server, of life and of noise apart', async () => {
    const { server, receiver } = await openRpc();
    server.say({ event: 'ping', data: 'now' });
    server.say({ data: { type: 'heartbeat' } });
    server.say({ data: { type: 'job_done', id: 7 } });
    server.say({ event: 'job_failed', data: 'why' });
    server.say({ data: 'no json' });
    server.say({ data: { type: 'tools_changed' } });
    await until(() => receiver.messages.length === 1);
    expect(receiver.events).toEqual([
      { type: 'job_done', data: { type: 'job_done', id: 7 } },
      { type: 'job_failed', data: 'why' },
    ]);
    expect(receiver.noises).toEqual([{ kind: 'not-json', sample: 'no json' }]);
  });

  it('F-108 S19 an event over the limit loses the connection', async () => {
    const { server, transport } = await openRpc({}, { limits: { frameBytes: 4096 } });
    server.say({ data: 'x'.repeat(8000) });
    await expect(transport.closed).resolves.toMatchObject({
      kind: 'lost',
      error: { code: 'FRAME_TOO_LARGE' },
    });
  });

  it.each([
    ['ends', (stream: { end(): void }) => stream.end()],
    [
      'breaks',
      (stream: { socket: { resetAndDestroy(): unknown } | null }) => void stream.socket!.resetAndDestroy(),
    ],
  ])(
    'F-120 when a stream without ids %s the transport is lost, and is not opened again',
    async (_what, drop) => {
      const { server, transport, send } = await openRpc({ rpc: () => {} });
      const call = send();
      await until(() => call.flushes === 1);
      drop(server.streams[0]!);
      await expect(transport.closed).resolves.toMatchObject({
        kind: 'lost',
        error: { code: 'CONNECTION_LOST', retryable: true, delivered: 'unknown' },
      });
      await expect(call.failure()).resolves.toMatchObject({ code: 'CONNECTION_LOST', delivered: 'unknown' });
      expect(server.to('events')).toHaveLength(1);
    },
  );
});

describe('closing in the dialect connect-rpc', () => {
  const named =
    (disconnect: unknown): RouteHandler =>
    (_request, response) =>
      sendJson(response, { session_id: 's', disconnect });

  it.each<[string, unknown, object, string[]]>([
    ['true', true, {}, ['/mcp/disconnect']],
    ['a relative URI', 'bye', {}, ['/mcp/bye']],
    ['a path', '/bye', {}, ['/bye']],
    ['nothing', undefined, {}, []],
    ['nothing, but the entry does', undefined, { disconnect: 'out' }, ['/mcp/out']],
    ['a place, and the entry wants none', true, { disconnect: false }, []],
    ['F-116 another origin', 'http://evil.invalid/bye', {}, []],
    ['F-116 a script', 'javascript:alert(1)', {}, []],
    ['F-116 a user', 'http://user:hunter22@127.0.0.1/bye', {}, []],
  ])('the answer to connect names %s', async (_what, place, dialect, paths) => {
    const { server, transport } = await openRpc({ connect: named(place) }, { dialect });
    await transport.close();
    await expect(transport.closed).resolves.toEqual({ kind: 'local' });
    const rest = server.http.requests.slice(2);
    expect(rest.map(({ path }) => path)).toEqual(paths);
    for (const { headers, body } of rest) {
      expect(headers['mcp-session-id']).toBe('s');
      expect(JSON.parse(body)).toEqual({ session_id: 's' });
    }
  });

  it('F-093 a farewell that hangs is ended by a second, hasty close', async () => {
    const { server, transport, send } = await openRpc({ connect: named(true), disconnect: () => {} });
    const closing = transport.close();
    await until(() => server.to('disconnect').length === 1);
    await expect(send().failure()).resolves.toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'no' });
    transport.destroy();
    await closing;
  });

  it('a stream that the server ends at the farewell is no loss', async () => {
    const { server, transport } = await openRpc({
      connect: named(true),
      disconnect: (_request, response) => {
        server.streams[0]!.end();
        response.writeHead(500).end();
      },
    });
    await transport.close();
    await expect(transport.closed).resolves.toEqual({ kind: 'local' });
  });
});

it('F-082 a redirect of the stream to another origin is refused, and no header goes there', async () => {
  const other = await startRpcServer();
  const server = await startRpcServer({
    events: (_request, response) =>
      void response.writeHead(307, { location: `${other.http.url}/events` }).end(),
  });
  const { transport, receiver } = rpcClient(server.http.url, {
    headers: { authorization: 'Bearer hunter22' },
  });
  await expect(transport.open(receiver, never)).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' });
  expect(other.http.requests).toEqual([]);
});

it('F-081 a redirect within the origin is followed', async () => {
  const { server } = await openRpc({
    events: (request, response) => {
      if (request.path.startsWith('/mcp')) response.writeHead(307, { location: '/other/events' }).end();
      else openStream(response);
    },
  });
  expect(server.to('events').map(({ path }) => path)).toEqual(['/mcp/events', '/other/events']);
});
