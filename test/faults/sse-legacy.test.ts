import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../src/core/errors.ts';
import type { SseTransport } from '../../src/transports/sse/sse-transport.ts';
import {
  type ClientOptions,
  checkHttpClients,
  resultFor,
  sseClient,
  type TestClient,
} from '../helpers/http-client.ts';
import {
  type HttpFixture,
  openStream,
  type RouteHandler,
  sendJson,
  sseEvent,
  startHttpFixture,
  until,
} from '../helpers/http-fixture.ts';
import { closedPort } from '../helpers/raw-http.ts';

checkHttpClients();

const { signal: never } = new AbortController();

interface Legacy extends TestClient<SseTransport> {
  readonly server: HttpFixture;
  /** Writes to the event stream. */
  say(text: string): void;
  end(): void;
}

/** An open connection to a server that answers POSTs as told. */
async function legacy(onPost: RouteHandler, options: ClientOptions = {}): Promise<Legacy> {
  let stream: Parameters<RouteHandler>[1] | undefined;
  const server = await startHttpFixture((request, response, fixture) => {
    if (request.method !== 'GET') return onPost(request, response, fixture);
    stream = response;
    openStream(response);
    response.write(sseEvent({ event: 'endpoint', data: '/messages?sessionId=1' }));
    return undefined;
  });
  const client = sseClient(server.url, options);
  await client.transport.open(client.receiver, never);
  return { ...client, server, say: (text) => void stream!.write(text), end: () => void stream!.end() };
}

const accepted: RouteHandler = (_request, response) => void response.writeHead(202).end('Accepted');

describe('HTTP+SSE', () => {
  it('SSE24-1 posts to the endpoint and hears the answers on the stream', async () => {
    const client = await legacy(accepted, { headers: { 'x-key': 'k' } });
    const call = client.send({ headers: { 'mcp-protocol-version': '2024-11-05' } });
    await until(() => client.server.of('POST').length === 1);
    client.say(sseEvent({ data: resultFor(call.text) }));
    await until(() => client.receiver.messages.length === 1);
    expect(client.receiver.messages[0]).toEqual({
      text: JSON.stringify(resultFor(call.text)),
      exchange: undefined,
      status: undefined,
    });
    expect(client.server.of('GET')[0]?.headers).toMatchObject({ accept: 'text/event-stream', 'x-key': 'k' });
    expect(client.server.of('POST')[0]).toMatchObject({
      path: '/messages?sessionId=1',
      body: call.text,
      headers: { 'x-key': 'k', 'content-type': 'application/json', 'mcp-protocol-version': '2024-11-05' },
    });
    expect(call).toMatchObject({ flushes: 1, settled: false });
    await client.transport.close();
    await expect(client.transport.closed).resolves.toEqual({ kind: 'local' });
    await expect(client.send().failure()).resolves.toMatchObject({
      code: 'CONNECTION_CLOSED',
      delivered: 'no',
    });
  });

  it.each([
    ['another origin', 'http://evil.invalid/messages'],
    ['another port', 'http://127.0.0.1:1/messages'],
    ['another origin without scheme', '//evil.invalid/messages'],
    ['backslashes', '\\\\evil.invalid/messages'],
    ['another scheme', 'https://127.0.0.1/messages'],
    ['javascript:', 'javascript:alert(1)'],
    ['file:', 'file:///etc/passwd'],
    ['userinfo', 'http://user:hunter22@HOST/messages'],
    ['no URI', 'http://['],
    ['10 KB', `/${'x'.repeat(10_240)}`],
  ])('F-116 an endpoint with %s is refused', async (_name, uri) => {
    const server = await startHttpFixture((_request, response, fixture) => {
      openStream(response);
      response.write(
        sseEvent({ event: 'endpoint', data: uri.replace('HOST', new URL(fixture.origin).host) }),
      );
    });
    const { transport, receiver } = sseClient(server.url);
    const opening = transport.open(receiver, never);
    await expect(opening).rejects.toMatchObject({ code: 'ENDPOINT_REFUSED', retryable: false });
    await expect(opening).rejects.not.toThrow(/hunter22/u);
    await expect(transport.closed).resolves.toMatchObject({
      kind: 'lost',
      error: { code: 'ENDPOINT_REFUSED' },
    });
    expect(server.of('POST')).toEqual([]);
  });

  it.each([
    ['a path', '/messages', '/messages'],
    ['a relative path', 'messages', '/messages'],
    ['a query only', '?session=1', '/mcp?session=1'],
    ['the same origin in full', 'http://HOST/x', '/x'],
  ])('F-116 an endpoint as %s is accepted', async (_name, uri, path) => {
    const server = await startHttpFixture((request, response, fixture) => {
      if (request.method === 'POST') return void response.writeHead(202).end();
      openStream(response);
      return void response.write(
        sseEvent({ event: 'endpoint', data: uri.replace('HOST', new URL(fixture.origin).host) }),
      );
    });
    const { transport, receiver, send } = sseClient(server.url);
    await transport.open(receiver, never);
    send();
    await until(() => server.of('POST').length === 1);
    expect(server.of('POST')[0]?.path).toBe(path);
  });

  it.each([
    ['nothing', ''],
    ['1 MB of other events', sseEvent({ event: 'noise', data: 'x'.repeat(1000) }).repeat(1000)],
    ['messages only', sseEvent({ data: { jsonrpc: '2.0', method: 'x' } })],
  ])('F-117 without an endpoint (%s) opening ends with its signal', async (_name, text) => {
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      response.write(text);
    });
    const { transport, receiver } = sseClient(server.url);
    const controller = new AbortController();
    const reason = new SignalboxError('CONNECT_TIMEOUT', 'too slow');
    setTimeout(() => controller.abort(reason), 60);
    await expect(transport.open(receiver, controller.signal)).rejects.toBe(reason);
    await expect(transport.closed).resolves.toEqual({ kind: 'lost', error: reason });
    expect(receiver.messages).toEqual([]);
  });

  it('F-117 a signal that has fired already opens nothing', async () => {
    const server = await startHttpFixture(() => {});
    const { transport, receiver } = sseClient(server.url);
    await expect(transport.open(receiver, AbortSignal.abort())).rejects.toMatchObject({
      code: 'REQUEST_ABORTED',
    });
    expect(server.requests).toEqual([]);
  });

  it('F-117 destroying ends the opening', async () => {
    const server = await startHttpFixture((_request, response) => openStream(response));
    const { transport, receiver } = sseClient(server.url);
    const opening = transport.open(receiver, never);
    await until(() => server.requests.length === 1);
    transport.destroy();
    await expect(opening).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  });

  it.each([
    [401, 'AUTH_REQUIRED'],
    [403, 'FORBIDDEN'],
    [404, 'HTTP_ERROR'],
    [429, 'RATE_LIMITED'],
    [200, 'BAD_RESPONSE'],
  ])('a GET answered with %i and no stream fails as %s', async (status, code) => {
    const server = await startHttpFixture((_request, response) =>
      sendJson(response, { no: 'stream' }, status),
    );
    const { transport, receiver } = sseClient(server.url);
    await expect(transport.open(receiver, never)).rejects.toMatchObject({ code, details: { status } });
  });

  it('F-068 a refused connection fails as CONNECT_FAILED', async () => {
    const { transport, receiver } = sseClient(`http://127.0.0.1:${await closedPort()}/sse`);
    await expect(transport.open(receiver, never)).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      retryable: true,
      delivered: 'no',
    });
  });

  it('F-118 a second endpoint is ignored', async () => {
    const client = await legacy(accepted);
    client.say(sseEvent({ event: 'endpoint', data: '/messages?sessionId=1' }));
    client.say(sseEvent({ event: 'endpoint', data: '/elsewhere' }));
    client.say(sseEvent({ event: 'endpoint', data: 'http://evil.invalid/' }));
    client.say(sseEvent({ data: { jsonrpc: '2.0', method: 'after' } }));
    await until(() => client.receiver.messages.length === 1);
    client.send();
    await until(() => client.server.of('POST').length === 1);
    expect(client.server.of('POST')[0]?.path).toBe('/messages?sessionId=1');
  });

  it('F-119 a message that was accepted and never answered stays unsettled; abandoning it is harmless', async () => {
    const client = await legacy(accepted);
    const call = client.send();
    await until(() => client.server.of('POST').length === 1 && call.exchange === undefined);
    expect(call.settled).toBe(false);
    client.transport.abandon(call);
    client.say(sseEvent({ data: resultFor(call.text) }));
    await until(() => client.receiver.messages.length === 1);
  });

  it.each([
    ['ends', (client: Legacy) => client.end()],
    ['breaks', (client: Legacy) => client.server.resetAll()],
  ])('F-120 when the stream %s the transport is lost, and is not opened again', async (_name, drop) => {
    const client = await legacy(() => {});
    const call = client.send();
    await until(() => call.flushes === 1);
    drop(client);
    await expect(client.transport.closed).resolves.toMatchObject({
      kind: 'lost',
      error: { code: 'CONNECTION_LOST', retryable: true, delivered: 'unknown' },
    });
    await expect(call.failure()).resolves.toMatchObject({ code: 'CONNECTION_LOST', delivered: 'unknown' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.server.of('GET')).toHaveLength(1);
    await client.transport.close();
  });

  it('F-121 a POST answered with the message itself is accepted; other bodies are not messages', async () => {
    const bodies = [(body: string) => resultFor(body), () => ({ ok: true }), () => 'accepted'];
    const client = await legacy((request, response) => sendJson(response, bodies.shift()!(request.body)));
    const first = client.send();
    await expect(first.result).resolves.toMatchObject({ id: first.id });
    expect(client.receiver.messages[0]).toMatchObject({ exchange: first, status: 200 });
    for (let index = 0; index < 2; index++) {
      const call = client.send();
      await until(() => call.flushes === 1 && call.exchange === undefined);
      expect(call.settled).toBe(false);
    }
    expect(client.receiver.messages).toHaveLength(1);
  });

  it('POST failures are typed and leave the connection alone', async () => {
    const answers = [401, 429, 500, 400];
    const client = await legacy((request, response) => {
      const status = answers.shift();
      if (status === undefined) response.destroy();
      else if (status === 400) {
        const { id } = JSON.parse(request.body) as { id: number };
        sendJson(response, { jsonrpc: '2.0', id, error: { code: -32_600, message: 'no' } }, 400);
      } else response.writeHead(status).end('no');
    });
    await expect(client.send().failure()).resolves.toMatchObject({ code: 'AUTH_REQUIRED', delivered: 'no' });
    await expect(client.send().failure()).resolves.toMatchObject({ code: 'RATE_LIMITED' });
    await expect(client.send().failure()).resolves.toMatchObject({
      code: 'HTTP_ERROR',
      delivered: 'unknown',
    });
    await expect(client.send().result).resolves.toMatchObject({ error: { code: -32_600 } });
    await expect(client.send().failure()).resolves.toMatchObject({
      code: 'CONNECTION_LOST',
      delivered: 'unknown',
    });
    client.say(sseEvent({ data: { jsonrpc: '2.0', method: 'still-here' } }));
    await until(() => client.receiver.messages.length === 2);
  });

  it('F-108 S19 an event over the limit loses the connection', async () => {
    const client = await legacy(accepted, { limits: { frameBytes: 4096 } });
    client.say(`data: ${'x'.repeat(8000)}`);
    await expect(client.transport.closed).resolves.toMatchObject({
      kind: 'lost',
      error: { code: 'FRAME_TOO_LARGE' },
    });
  });
});
