import { describe, expect, it } from 'vitest';
import { checkHttpClients, EXCHANGES, resultFor } from '../helpers/http-client.ts';
import { sendJson, startHttpFixture, until } from '../helpers/http-fixture.ts';
import { chunk, closedPort, head, type RawStep, startRawHttp } from '../helpers/raw-http.ts';

checkHttpClients();

const JSON_TYPE = { 'content-type': 'application/json' };

describe.each(EXCHANGES)('%s: no connection', (_kind, openClient) => {
  it('F-068 a refused connection fails as CONNECT_FAILED, retryable, not delivered, with its cause', async () => {
    const { send } = await openClient(`http://127.0.0.1:${await closedPort()}/mcp`);
    const call = send();
    const error = await call.failure();
    expect(error).toMatchObject({
      code: 'CONNECT_FAILED',
      retryable: true,
      delivered: 'no',
      server: 'probe',
    });
    expect(error.details).toMatchObject({ reason: 'ECONNREFUSED' });
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
    expect(call.flushes).toBe(0);
  });

  it('F-068 a name that does not resolve fails as CONNECT_FAILED, retryable', async () => {
    // RFC 6761: the top level domain "invalid" never resolves.
    const { send } = await openClient('http://server.invalid/mcp');
    const error = await send().failure();
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', retryable: true, delivered: 'no' });
    expect(error.details['reason']).toMatch(/^(?:ENOTFOUND|EAI_AGAIN)$/u);
  });

  it('F-069 a server that accepts and stays silent holds a call until it is abandoned, then its socket is closed', async () => {
    const server = await startRawHttp([{ wait: 60_000 }]);
    const { transport, send } = await openClient(server.url);
    const call = send();
    await until(() => server.received[0]?.includes('POST /mcp') ?? false);
    expect(call.settled).toBe(false);
    expect(call.flushes).toBe(1);
    transport.abandon(call);
    expect(call.exchange).toBeUndefined();
    expect(call.settled).toBe(false);
  });

  it('F-069 destroying settles what a silent server holds, as delivered unknown', async () => {
    const server = await startRawHttp([{ wait: 60_000 }]);
    const { transport, send } = await openClient(server.url);
    const call = send();
    await until(() => call.flushes === 1);
    transport.destroy();
    await expect(call.failure()).resolves.toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'unknown' });
    await expect(transport.closed).resolves.toEqual({ kind: 'local' });
  });

  it('F-069 a call that still waits for a socket is taken out of the line without harming the socket', async () => {
    let answer: (() => void) | undefined;
    const server = await startHttpFixture((request, response) => {
      const reply = (): void => sendJson(response, resultFor(request.body));
      if (answer === undefined) answer = reply;
      else reply();
    });
    const { transport, send } = await openClient(server.url, { http: { connections: 1 } });
    const [first, second] = [send(), send()];
    await until(() => answer !== undefined);
    expect(second.flushes).toBe(0);
    transport.abandon(second);
    const third = send();
    answer!();
    await first.result;
    await third.result;
    expect(second.flushes).toBe(0);
    expect(server.requests).toHaveLength(2);
    expect(await server.connections()).toBe(1);
  });
});

describe.each(EXCHANGES)('%s: the connection breaks', (_kind, openClient) => {
  const cases: readonly (readonly [string, readonly RawStep[]])[] = [
    ['F-072 RST before the headers', [{ reset: true }]],
    ['F-072 FIN before the headers', [{ end: true }]],
    [
      'F-072 RST in the middle of a JSON body',
      [
        { send: head('200 OK', { ...JSON_TYPE, 'content-length': '100' }) + '{"jsonrpc":"2.0"' },
        { wait: 20 },
        { reset: true },
      ],
    ],
    [
      'F-073 a chunked body cut off by FIN',
      [
        { send: head('200 OK', { ...JSON_TYPE, 'transfer-encoding': 'chunked' }) + chunk('{"json') },
        { end: true },
      ],
    ],
    [
      'F-073 a chunked body cut off by FIN, connection: close',
      [
        {
          send:
            head('200 OK', { ...JSON_TYPE, 'transfer-encoding': 'chunked', connection: 'close' }) +
            chunk('{"json'),
        },
        { end: true },
      ],
    ],
    [
      'F-073 a body shorter than its content-length',
      [
        { send: head('200 OK', { ...JSON_TYPE, 'content-length': '999' }) + '{"jsonrpc":"2.0"}' },
        { end: true },
      ],
    ],
    [
      'F-073 a body shorter than its content-length, connection: close',
      [
        {
          send:
            head('200 OK', { ...JSON_TYPE, 'content-length': '999', connection: 'close' }) +
            '{"jsonrpc":"2.0"}',
        },
        { end: true },
      ],
    ],
  ];
  it.each(cases)(
    '%s fails as CONNECTION_LOST, delivered unknown, and nothing partial is read',
    async (_name, script) => {
      const server = await startRawHttp(script);
      const { receiver, send } = await openClient(server.url);
      const call = send();
      await expect(call.failure()).resolves.toMatchObject({
        code: 'CONNECTION_LOST',
        retryable: true,
        delivered: 'unknown',
      });
      expect(receiver.messages).toEqual([]);
      // Once: a call that may have happened is not sent again on our own.
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(server.received.join('').split('POST /mcp')).toHaveLength(2);
    },
  );

  it('F-073 a body longer than its content-length is cut there and does not match the request', async () => {
    const text = '{"jsonrpc":"2.0","id":1,"result":{}}';
    const server = await startRawHttp([
      { send: head('200 OK', { ...JSON_TYPE, 'content-length': '20' }) + text },
    ]);
    const { send } = await openClient(server.url);
    await expect(send({ id: 1 }).failure()).resolves.toMatchObject({ code: 'BAD_RESPONSE' });
  });

  it('F-091 a socket that the server closes while idle is not used again', async () => {
    const server = await startRawHttp((index) => [
      {
        send:
          head('200 OK', { ...JSON_TYPE, 'content-length': '36' }) +
          `{"jsonrpc":"2.0","id":${index + 1},"result":{}}`,
      },
      { wait: 5 },
      { end: true },
    ]);
    const { send } = await openClient(server.url);
    await send({ id: 1 }).result;
    await new Promise((resolve) => setTimeout(resolve, 30));
    await send({ id: 2 }).result;
    expect(server.accepted).toBe(2);
  });
});

describe.each(EXCHANGES)('F-074 %s: what is not HTTP fails as BAD_RESPONSE', (_kind, openClient) => {
  const lines = Array.from({ length: 1000 }, (_, index) => `a${index}: b\r\n`).join('');
  const cases: readonly (readonly [string, string])[] = [
    ['garbage', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['HTTP/0.9', '<html>hello</html>'],
    ['a header block of 100 KB', head('200 OK', { ...JSON_TYPE, 'x-big': 'x'.repeat(100_000) })],
    ['1 000 headers', `HTTP/1.1 200 OK\r\n${lines}content-length: 0\r\n\r\n`],
    ['F-097 an endless row of interim answers', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)],
    ['F-097 "100 Continue", which nobody expects', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)],
    [
      'an upgrade that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
    ],
  ];
  it.each(cases)('%s', async (_name, bytes) => {
    const server = await startRawHttp([{ send: bytes }]);
    const { send } = await openClient(server.url);
    await expect(send().failure()).resolves.toMatchObject({
      code: 'BAD_RESPONSE',
      retryable: false,
      delivered: 'unknown',
    });
  });

  it('F-097 accepts a few interim answers', async () => {
    const text = '{"jsonrpc":"2.0","id":1,"result":{}}';
    const server = await startRawHttp([
      { send: 'HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n'.repeat(3) },
      { send: head('200 OK', { ...JSON_TYPE, 'content-length': String(text.length) }) + text },
    ]);
    const { send } = await openClient(server.url);
    await expect(send({ id: 1 }).result).resolves.toMatchObject({ id: 1 });
  });
});

describe.each(EXCHANGES)('%s: sockets', (_kind, openClient) => {
  it('F-113 500 parallel calls share a bounded number of sockets', async () => {
    let most = 0;
    const server = await startHttpFixture(async (request, response, fixture) => {
      most = Math.max(most, await fixture.connections());
      sendJson(response, resultFor(request.body));
    });
    const { send } = await openClient(server.url, { http: { connections: 16 } });
    const calls = Array.from({ length: 500 }, () => send());
    expect(calls.filter((call) => call.flushes === 0).length).toBeGreaterThanOrEqual(484);
    await Promise.all(calls.map((call) => call.result));
    expect(most).toBeLessThanOrEqual(16);
    expect(server.requests).toHaveLength(500);
  });
});
