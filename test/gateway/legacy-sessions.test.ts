import { request as httpRequest, type IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { faultyEntry } from '../helpers/clients.ts';
import { until } from '../helpers/until.ts';
import { cleanGateways, onCleanup, slowServer, startGateway } from './gateway-fixture.ts';
import { openSession, rawRequest } from './raw-request.ts';

cleanGateways();

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
const echo = (id: unknown, message: string): object => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'faulty__echo', arguments: { message } },
});
const echoed = (id: unknown, text: string): object => ({
  jsonrpc: '2.0',
  id,
  result: { content: [{ type: 'text', text }] },
});

/** Opens a GET stream and collects what it brings. */
async function openStream(
  url: string,
  headers: Record<string, string>,
): Promise<{ response: IncomingMessage; text: () => string; ended: () => boolean }> {
  const request = httpRequest(url, { headers: { ...headers, accept: 'text/event-stream' }, agent: false });
  onCleanup(() => Promise.resolve(request.destroy()));
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject).end();
  });
  let text = '';
  let ended = false;
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  response.on('end', () => (ended = true)).on('error', () => {});
  return { response, text: () => text, ended: () => ended };
}

describe('initialize', () => {
  it.each([
    ['2025-11-25', '2025-11-25'],
    ['2025-06-18', '2025-06-18'],
    ['2025-03-26', '2025-03-26'],
    ['2024-11-05', '2024-11-05'],
    ['2026-07-28', '2025-11-25'],
    ['1.0', '2025-11-25'],
  ])('with %s settles on %s', async (wanted, version) => {
    const { url } = await startGateway({});
    const params = { protocolVersion: wanted, capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
    const answer = await rawRequest(url, { body: { jsonrpc: '2.0', id: 'i', method: 'initialize', params } });
    expect(answer.json).toMatchObject({
      id: 'i',
      result: { protocolVersion: version, serverInfo: { name: 'signalbox' }, capabilities: { tools: {} } },
    });
    expect(answer.headers['mcp-session-id']).toMatch(/^[\x21-\x7e]{32,}$/u);
    expect(answer.json?.result).not.toHaveProperty('resultType');
  });

  it('without a version is refused', async () => {
    const { url } = await startGateway({});
    const answer = await rawRequest(url, {
      body: { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} },
    });
    expect(answer.json).toMatchObject({ id: 1, error: { code: -32602 } });
    expect(answer.headers).not.toHaveProperty('mcp-session-id');
  });
});

describe('a session', () => {
  it('is needed, and must be known', async () => {
    const { url } = await startGateway({});
    for (const method of ['POST', 'GET', 'DELETE']) {
      const body = method === 'POST' ? { body: ping } : {};
      expect((await rawRequest(url, { method, ...body })).status).toBe(400);
      const unknown = await rawRequest(url, { method, ...body, headers: { 'mcp-session-id': 'nobody' } });
      expect(unknown.status).toBe(404);
    }
  });

  it('answers, takes notifications and responses, and ends', async () => {
    const { url } = await startGateway({});
    const headers = await openSession(url);
    expect(await rawRequest(url, { headers, body: ping })).toMatchObject({
      status: 200,
      json: { jsonrpc: '2.0', id: 1, result: {} },
    });
    for (const body of [
      { jsonrpc: '2.0', method: 'notifications/whatever' },
      { jsonrpc: '2.0', id: 5, result: {} },
      { jsonrpc: '2.0', id: 6, error: { code: -1, message: 'no' } },
    ]) {
      expect(await rawRequest(url, { headers, body })).toMatchObject({ status: 202, text: '' });
    }
    expect((await rawRequest(url, { headers, method: 'DELETE' })).status).toBe(204);
    expect((await rawRequest(url, { headers, body: ping })).status).toBe(404);
    expect((await rawRequest(url, { headers, method: 'DELETE' })).status).toBe(404);
  });

  it('may leave the version header out, but not send one that is none', async () => {
    const { url } = await startGateway({});
    const { 'mcp-session-id': session } = await openSession(url);
    const status = async (version: Record<string, string>): Promise<number> =>
      (await rawRequest(url, { headers: { 'mcp-session-id': session!, ...version }, body: ping })).status;
    expect(await status({})).toBe(200);
    expect(await status({ 'mcp-protocol-version': '2025-06-18' })).toBe(200);
    expect(await status({ 'mcp-protocol-version': 'latest' })).toBe(400);
    expect(await status({ 'mcp-protocol-version': '2026-07-28' })).toBe(400);
  });

  it.each([
    'logging/setLevel',
    'resources/subscribe',
    'server/discover',
    'subscriptions/listen',
    'initialized',
  ])('knows no method %s', async (method) => {
    const { url } = await startGateway({});
    const headers = await openSession(url);
    const answer = await rawRequest(url, { headers, body: { jsonrpc: '2.0', id: 2, method } });
    expect(answer).toMatchObject({ status: 200, json: { id: 2, error: { code: -32601 } } });
  });

  it('is told in its own way that there is no such resource', async () => {
    const { url } = await startGateway({});
    const headers = await openSession(url);
    const params = { uri: 'nobody://knows' };
    const answer = await rawRequest(url, {
      headers,
      body: { jsonrpc: '2.0', id: 1, method: 'resources/read', params },
    });
    expect(answer.json?.error).toMatchObject({ code: -32002, data: params });
  });

  it('may send batches in 2025-03-26 only', async () => {
    const { url } = await startGateway({
      faulty: faultyEntry({ era: 'legacy', on: { 'tools/call': ['delay:20', 'reply'] } }),
    });
    const headers = await openSession(url, '2025-03-26');
    const notification = { jsonrpc: '2.0', method: 'notifications/x' };
    const answer = await rawRequest(url, {
      headers,
      body: [
        echo('a', 'one'),
        notification,
        { jsonrpc: '2.0', id: 2, method: 'ping' },
        { jsonrpc: '1.0', id: 3 },
      ],
    });
    expect(answer.status).toBe(200);
    expect(answer.json).toHaveLength(3);
    expect(answer.json).toEqual(
      expect.arrayContaining([
        echoed('a', 'one'),
        { jsonrpc: '2.0', id: 2, result: {} },
        expect.objectContaining({ id: 3, error: expect.objectContaining({ code: -32600 }) }),
      ]),
    );
    expect((await rawRequest(url, { headers, body: [notification] })).status).toBe(202);
    expect((await rawRequest(url, { headers, body: [] })).status).toBe(400);
    expect((await rawRequest(url, { headers, body: Array.from({ length: 101 }, () => ping) })).status).toBe(
      400,
    );
    const later = await openSession(url, '2025-06-18');
    expect((await rawRequest(url, { headers: later, body: [ping] })).status).toBe(400);
  });

  it('S13 F-131 shares neither ids nor answers with another one', async () => {
    const { faulty, busyWith } = slowServer([['delay:500', 'reply'], ['reply']]);
    const { url } = await startGateway({ faulty });
    const [one, two] = await Promise.all([openSession(url), openSession(url)]);
    const order: string[] = [];
    const send = async (headers: Record<string, string>, message: string): Promise<unknown> => {
      const answer = await rawRequest(url, { headers, body: echo(1, message) });
      order.push(message);
      return answer.json;
    };
    const first = send(one, 'slow');
    await busyWith(1);
    // The same id cancels in its own session only.
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
    await rawRequest(url, { headers: two, body: cancel });
    const second = send(two, 'fast');
    expect(await Promise.all([first, second])).toEqual([echoed(1, 'slow'), echoed(1, 'fast')]);
    expect(order).toEqual(['fast', 'slow']);
  });

  it('F-130 answers an id that is in flight without that id', async () => {
    const { faulty, busyWith } = slowServer(['delay:500', 'reply']);
    const { url } = await startGateway({ faulty });
    const headers = await openSession(url);
    const first = rawRequest(url, { headers, body: echo(1, 'first') });
    await busyWith(1);
    const second = await rawRequest(url, { headers, body: echo(1, 'second') });
    expect(second.json).toMatchObject({ error: { code: -32600 } });
    expect(second.json).not.toHaveProperty('id');
    // "1" is another id than 1.
    expect((await rawRequest(url, { headers, body: echo('1', 'text') })).json).toEqual(echoed('1', 'text'));
    expect((await first).json).toEqual(echoed(1, 'first'));
  });

  it('cancels by exact id, and a cancelled request gets no answer', async () => {
    const { faulty, busyWith } = slowServer(['silent']);
    const { url } = await startGateway({ faulty });
    const headers = await openSession(url);
    const call = rawRequest(url, { headers, body: echo(4, 'x') });
    await busyWith(1);
    for (const requestId of ['4', 5, null, 4]) {
      const body = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } };
      expect((await rawRequest(url, { headers, body })).status).toBe(202);
    }
    const answer = await call;
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers['content-type']).toBe('text/event-stream');
  });

  it('has room for so many requests', async () => {
    const { faulty } = slowServer(['delay:1000', 'reply']);
    const { url } = await startGateway({ faulty }, { limits: { inFlightPerSession: 2 } });
    const headers = await openSession(url);
    const answers = await Promise.all(
      [1, 2, 3].map((id) => rawRequest(url, { headers, body: echo(id, 'x') })),
    );
    const refused = answers.filter(({ json }) => json?.error !== undefined);
    expect(refused).toHaveLength(1);
    expect(refused[0]!.json).toMatchObject({ error: { data: { code: 'RATE_LIMITED', retryable: true } } });
  });
});

describe('many sessions', () => {
  it('are forgotten when idle, but not while a stream is open', async () => {
    const clock = new FakeClock();
    const { url } = await startGateway({}, { clock, limits: { sessionIdleMs: 1000 } });
    const [used, idle, listening] = [await openSession(url), await openSession(url), await openSession(url)];
    const stream = await openStream(url, listening);
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await rawRequest(url, { headers, body: ping })).status;
    await clock.advance(800);
    expect(await status(used)).toBe(200);
    await clock.advance(800);
    expect(await status(used)).toBe(200);
    expect(await status(idle)).toBe(404);
    await clock.advance(10_000);
    expect(await status(listening)).toBe(200);
    expect(await status(used)).toBe(404);
    stream.response.destroy();
    await until('the gateway has noticed', () => {
      void clock.advance(1000);
      return clock.pendingTimers === 0;
    });
    expect(await status(listening)).toBe(404);
  });

  it('make room by giving up the one that was idle for longest', async () => {
    const { url } = await startGateway({}, { limits: { sessions: 2 } });
    const [one, two] = [await openSession(url), await openSession(url)];
    const stream = await openStream(url, one);
    const three = await openSession(url);
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await rawRequest(url, { headers, body: ping })).status;
    expect([await status(one), await status(two), await status(three)]).toEqual([200, 404, 200]);
    const another = await openStream(url, three);
    await expect(openSession(url)).rejects.toThrow(/503/u);
    for (const { response } of [stream, another]) response.destroy();
  });
});

describe('the stream of a session', () => {
  it('opens at once; a second one takes its place', async () => {
    const { url } = await startGateway({});
    const headers = await openSession(url);
    const first = await openStream(url, headers);
    expect(first.response.statusCode).toBe(200);
    expect(first.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'x-accel-buffering': 'no',
    });
    const second = await openStream(url, headers);
    await until('the first has ended', first.ended);
    expect(second.ended()).toBe(false);
    await rawRequest(url, { headers, method: 'DELETE' });
    await until('the second has ended', second.ended);
  });

  it('is bounded in number, and needs a client that takes it', async () => {
    const { url } = await startGateway({}, { limits: { streams: 1 } });
    const [one, two] = [await openSession(url), await openSession(url)];
    const plain = { ...one, accept: 'application/json' };
    expect((await rawRequest(url, { method: 'GET', headers: plain })).status).toBe(406);
    await openStream(url, one);
    expect((await openStream(url, two)).response.statusCode).toBe(503);
  });

  it('is kept alive by comments', async () => {
    const { url } = await startGateway({}, { limits: { keepAliveMs: 20 } });
    const stream = await openStream(url, await openSession(url));
    await until('comments have come', () => stream.text().split(': keep-alive\n\n').length > 3);
  });
});
