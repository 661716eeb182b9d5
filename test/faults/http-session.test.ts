import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import type { HttpTransport } from '../../src/transports/http/http-transport.ts';
import {
  type ClientOptions,
  checkHttpClients,
  httpClient,
  resultFor,
  type TestClient,
} from '../helpers/http-client.ts';
import {
  type HttpFixture,
  type RouteHandler,
  sendJson,
  startHttpFixture,
  until,
} from '../helpers/http-fixture.ts';

checkHttpClients();

/** A server that opens the session `s-1` and then does as told. */
async function withSession(
  later: RouteHandler,
  options: ClientOptions = {},
): Promise<TestClient<HttpTransport> & { server: HttpFixture }> {
  const server = await startHttpFixture((request, response, fixture) => {
    if (request.headers['mcp-session-id'] !== undefined) return later(request, response, fixture);
    sendJson(response, resultFor(request.body), 200, { 'Mcp-Session-Id': 's-1' });
    return undefined;
  });
  const client = await httpClient(server.url, options);
  await client.send({ opensSession: true }).result;
  expect(client.transport.diagnostics().sessionId).toBe('s-1');
  return { ...client, server };
}

describe('the session id', () => {
  it('is sent with every later request, and taken only from the answer that opens a session', async () => {
    const { transport, send, server } = await withSession((request, response) => {
      sendJson(response, resultFor(request.body || '{"id":0}'), 200, { 'mcp-session-id': 'other' });
    });
    await send().result;
    await transport.close({ 'mcp-protocol-version': '2025-11-25' });
    expect(server.requests.map(({ method, headers }) => [method, headers['mcp-session-id']])).toEqual([
      ['POST', undefined],
      ['POST', 's-1'],
      ['DELETE', 's-1'],
    ]);
    expect(server.of('DELETE')[0]?.headers).toMatchObject({ 'mcp-protocol-version': '2025-11-25' });
  });

  it('is left out of the request that opens a new session', async () => {
    const { send, server } = await withSession(() => {});
    await send({ opensSession: true }).result;
    expect(server.requests.every((request) => request.headers['mcp-session-id'] === undefined)).toBe(true);
  });

  it('F-086 names in any case; of two headers the first valid one counts', async () => {
    const server = await startHttpFixture((request, response) =>
      sendJson(response, resultFor(request.body), 200, { 'MCP-SESSION-ID': ['not valid', 's-2', 's-3'] }),
    );
    const { transport, send } = await httpClient(server.url);
    await send({ opensSession: true }).result;
    expect(transport.diagnostics().sessionId).toBe('s-2');
  });

  it('F-086 no header, no session', async () => {
    const server = await startHttpFixture((request, response) => sendJson(response, resultFor(request.body)));
    const { transport, send } = await httpClient(server.url);
    await send({ opensSession: true }).result;
    expect(transport.diagnostics()).toEqual({ url: server.url });
    await transport.close();
    expect(server.of('DELETE')).toEqual([]);
  });

  it.each([
    ['a blank inside', 'a b'],
    ['a character beyond ASCII', 'caf\u00E9'],
    ['no character at all', ''],
    ['8 KB', 'x'.repeat(8192)],
  ])('F-087 an id with %s is refused', async (_name, id) => {
    const server = await startHttpFixture((request, response) =>
      sendJson(response, resultFor(request.body), 200, { 'mcp-session-id': id }),
    );
    const { transport, receiver, send } = await httpClient(server.url);
    await expect(send({ opensSession: true }).failure()).resolves.toMatchObject({ code: 'BAD_RESPONSE' });
    expect(transport.diagnostics().sessionId).toBeUndefined();
    expect(receiver.messages).toEqual([]);
  });
});

describe('a session that the server forgot', () => {
  it.each([
    ['404 without a body', 404, undefined],
    [
      '404 with a JSON-RPC error',
      404,
      { jsonrpc: '2.0', id: null, error: { code: -32_001, message: 'Session not found' } },
    ],
    [
      'F-089 400 that says so',
      400,
      {
        jsonrpc: '2.0',
        id: null,
        error: { code: -32_000, message: 'Bad Request: No valid session ID provided' },
      },
    ],
    [
      'F-089 400 after a restart',
      400,
      { jsonrpc: '2.0', id: null, error: { code: -32_000, message: 'Bad Request: Server not initialized' } },
    ],
  ])(
    'F-088 %s fails as SESSION_LOST, not delivered, and is forgotten here too',
    async (_name, status, body) => {
      const { transport, receiver, send, server } = await withSession((_request, response) => {
        if (body === undefined) response.writeHead(status).end();
        else sendJson(response, body, status);
      });
      const before = receiver.messages.length;
      await expect(send().failure()).resolves.toMatchObject({
        code: 'SESSION_LOST',
        retryable: true,
        delivered: 'no',
        details: { status },
      });
      expect(receiver.messages).toHaveLength(before);
      expect(transport.diagnostics().sessionId).toBeUndefined();
      await send({ opensSession: true }).result;
      expect(server.requests.at(-1)?.headers['mcp-session-id']).toBeUndefined();
      expect(transport.diagnostics().sessionId).toBe('s-1');
    },
  );

  it('F-088 method not found by 404 is an answer, not a lost session', async () => {
    const { transport, send } = await withSession((request, response) => {
      const { id } = JSON.parse(request.body) as { id: number };
      sendJson(response, { jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } }, 404);
    });
    await expect(send().result).resolves.toMatchObject({ error: { code: -32_601 } });
    expect(transport.diagnostics().sessionId).toBe('s-1');
  });

  it('F-088 another 400 is an answer, not a lost session', async () => {
    const { transport, send } = await withSession((request, response) => {
      const { id } = JSON.parse(request.body) as { id: number };
      sendJson(response, { jsonrpc: '2.0', id, error: { code: -32_602, message: 'Unknown tool' } }, 400);
    });
    await expect(send().result).resolves.toMatchObject({ error: { code: -32_602 } });
    expect(transport.diagnostics().sessionId).toBe('s-1');
  });

  it('F-088 404 without a session is plain HTTP_ERROR', async () => {
    const server = await startHttpFixture((_request, response) => void response.writeHead(404).end());
    const { send } = await httpClient(server.url);
    await expect(send().failure()).resolves.toMatchObject({ code: 'HTTP_ERROR', details: { status: 404 } });
  });

  it('F-088 a late 404 for the old session does not end the new one', async () => {
    let opened = 0;
    let late: (() => void) | undefined;
    const server = await startHttpFixture((request, response) => {
      if (request.headers['mcp-session-id'] === undefined) {
        opened++;
        sendJson(response, resultFor(request.body), 200, { 'mcp-session-id': `s-${opened}` });
      } else if (late === undefined) late = () => void response.writeHead(404).end();
      else response.writeHead(404).end();
    });
    const { transport, send } = await httpClient(server.url);
    await send({ opensSession: true }).result;
    const slow = send();
    await until(() => late !== undefined);
    await expect(send().failure()).resolves.toMatchObject({ code: 'SESSION_LOST' });
    await send({ opensSession: true }).result;
    late!();
    await expect(slow.failure()).resolves.toMatchObject({ code: 'SESSION_LOST' });
    expect(transport.diagnostics().sessionId).toBe('s-2');
  });
});

describe('close', () => {
  it.each([200, 204, 404, 405, 500])('F-093 DELETE answered with %i is fine', async (status) => {
    const { transport, server } = await withSession(
      (_request, response) => void response.writeHead(status).end(),
    );
    await transport.close();
    await expect(transport.closed).resolves.toEqual({ kind: 'local' });
    expect(server.of('DELETE')).toHaveLength(1);
  });

  it('F-093 DELETE that is never answered is given up after 2 s', async () => {
    const clock = new FakeClock();
    const { transport, server } = await withSession(() => {}, { clock });
    const closing = transport.close();
    await until(() => server.of('DELETE').length === 1);
    let closed = false;
    void closing.then(() => {
      closed = true;
    });
    await clock.advance(1999);
    expect(closed).toBe(false);
    await clock.advance(1);
    await closing;
  });

  it('F-093 DELETE that meets a dead server does not keep close from ending', async () => {
    const { transport, server } = await withSession((_request, response) => void response.destroy());
    await Promise.all([transport.close(), transport.close()]);
    expect(server.of('DELETE')).toHaveLength(1);
  });

  it('F-093 destroy during close ends it at once', async () => {
    const { transport, server } = await withSession(() => {}, { clock: new FakeClock() });
    const closing = transport.close();
    await until(() => server.of('DELETE').length === 1);
    transport.destroy();
    await closing;
  });

  it('F-093 what is still in flight fails as CONNECTION_CLOSED; later messages are not sent', async () => {
    const { transport, send } = await withSession((request, response) => {
      if (request.method === 'DELETE') response.writeHead(204).end();
    });
    const call = send();
    await until(() => call.flushes === 1);
    await transport.close();
    await expect(call.failure()).resolves.toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'unknown' });
    await expect(send().failure()).resolves.toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'no' });
  });

  it('a transport that was never opened closes too, and none opens twice', async () => {
    const { transport, receiver } = await httpClient('http://127.0.0.1:9/mcp');
    const { signal } = new AbortController();
    await expect(transport.open(receiver, signal)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await transport.close();
    await expect(transport.open(receiver, signal)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  });
});
