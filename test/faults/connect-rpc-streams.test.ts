import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/testing/index.ts';
import { checkHttpClients } from '../helpers/http-client.ts';
import { openStream, type RouteHandler, sseEvent, until } from '../helpers/http-fixture.ts';
import { openRpc, type RpcClient } from '../helpers/rpc-server.ts';

checkHttpClients();

const tell = (type: string, id?: string): string =>
  sseEvent({ ...(id === undefined ? {} : { id }), data: { type } });
const types = ({ receiver }: RpcClient): string[] => receiver.events.map(({ type }) => type);

/** A stream that ends after it has said this; the last of the texts again and again. */
const saying =
  (texts: readonly string[]): RouteHandler =>
  (_request, response, fixture) => {
    const n = fixture.requests.filter(({ path }) => path.endsWith('/events')).length;
    openStream(response);
    response.end(texts[Math.min(n, texts.length) - 1]);
  };

/** Lets time pass until something has happened. */
async function passing(clock: FakeClock, condition: () => boolean): Promise<void> {
  for (let step = 0; step < 1000 && !condition(); step++) {
    await clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(condition()).toBe(true);
}

describe('a stream of numbered events that breaks', () => {
  it('F-101 is resumed where it ended, and calls in flight are answered on the next', async () => {
    const client = await openRpc();
    const { server, receiver, send, transport } = client;
    const call = send();
    await until(() => server.to('rpc').length === 1);
    server.streams[0]!.write(tell('one', 'e-1'));
    await until(() => receiver.events.length === 1);
    server.streams[0]!.socket!.resetAndDestroy();
    await until(() => server.streams.length === 2);
    expect(server.to('events')[1]!.headers).toMatchObject({ 'last-event-id': 'e-1', 'mcp-session-id': 's1' });
    server.say({ id: 'e-2', data: { request_id: call.id, result: {} } });
    await until(() => receiver.messages.length === 1);
    expect(server.to('connect')).toHaveLength(1);
    expect(transport.diagnostics()).toMatchObject({ sessionId: 's1' });
  });

  it('F-102 what is repeated is told once', async () => {
    const client = await openRpc({
      events: (_request, response) => {
        openStream(response);
        response.write(tell('one', '1') + tell('two', '2') + tell('three', '3'));
      },
    });
    await until(() => types(client).length === 3);
    client.server.streams[0]!.end();
    await until(() => client.server.streams.length === 2);
    client.server.streams[1]!.write(tell('four', '4'));
    await until(() => types(client).length === 4);
    expect(types(client)).toEqual(['one', 'two', 'three', 'four']);
  });

  it('F-101 messages wait until it is open again, and can be given up meanwhile', async () => {
    const clock = new FakeClock();
    const { server, receiver, send, transport } = await openRpc({}, { clock });
    server.streams[0]!.write(tell('one', '1'));
    await until(() => receiver.events.length === 1);
    server.streams[0]!.end();
    await until(() => clock.pendingTimers === 1);
    const kept = send();
    const given = send();
    transport.abandon(given);
    expect([kept.flushes, given.flushes]).toEqual([0, 0]);
    await passing(clock, () => server.to('rpc').length === 1);
    expect(server.to('rpc')[0]!.body).toBe(kept.text);
    expect(given.exchange).toBeUndefined();
  });

  it('messages that wait beyond limits.sendQueueBytes are refused, and those that wait end with the transport', async () => {
    const clock = new FakeClock();
    const { server, receiver, send, transport } = await openRpc(
      {},
      { clock, limits: { sendQueueBytes: 80 } },
    );
    server.streams[0]!.write(tell('one', '1'));
    await until(() => receiver.events.length === 1);
    server.streams[0]!.end();
    await until(() => clock.pendingTimers === 1);
    const first = send();
    await expect(send().failure()).resolves.toMatchObject({ code: 'BACKPRESSURE', delivered: 'no' });
    transport.destroy();
    await expect(first.failure()).resolves.toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'no' });
  });

  it.each([400, 405, 410])('F-103 a refusal with %i ends it once', async (status) => {
    const { server, transport } = await openRpc({
      events: (request, response) => {
        if (request.headers['last-event-id'] !== undefined) response.writeHead(status).end();
        else {
          openStream(response);
          response.end(tell('one', '1'));
        }
      },
    });
    await expect(transport.closed).resolves.toMatchObject({
      kind: 'lost',
      error: { code: 'CONNECTION_LOST', delivered: 'unknown', details: { status } },
    });
    expect(server.to('events')).toHaveLength(2);
  });

  it('F-104 it waits as long as the server asks, and not longer than is reasonable', async () => {
    const clock = new FakeClock();
    const quick = await openRpc({ events: saying([`retry: 0\n${tell('one', '1')}`]) }, { clock });
    await until(() => clock.pendingTimers === 1);
    await clock.advance(499);
    expect(quick.server.to('events')).toHaveLength(1);
    await clock.advance(60);
    await until(() => quick.server.to('events').length === 2);
    quick.transport.destroy();
    const never = await openRpc({ events: saying([`retry: 1000000000000\n${tell('one', '1')}`]) });
    const { error } = (await never.transport.closed) as { error: Error };
    expect(error.message).toContain('asked to wait');
    expect(never.server.to('events')).toHaveLength(1);
  });

  it('F-105 one that brings nothing new is given up after five attempts', async () => {
    const clock = new FakeClock();
    const { server, transport } = await openRpc({ events: saying([tell('one', '1'), '']) }, { clock });
    let isClosed = false;
    void transport.closed.then(() => (isClosed = true));
    await passing(clock, () => isClosed);
    await expect(transport.closed).resolves.toMatchObject({
      kind: 'lost',
      error: { code: 'CONNECTION_LOST' },
    });
    expect(server.to('events').length).toBeLessThanOrEqual(6);
  });

  it('F-105 one that ends at once with something new is not asked for often', async () => {
    const clock = new FakeClock();
    let n = 0;
    const { server, transport } = await openRpc(
      {
        events: (_request, response) => {
          openStream(response);
          response.end(tell('more', String(++n)));
        },
      },
      { clock },
    );
    const end = clock.now() + 60_000;
    while (clock.now() < end) {
      await until(() => clock.pendingTimers === 1);
      await clock.advance(clock.nextTimerIn!);
    }
    expect(server.to('events').length).toBeLessThanOrEqual(10);
    transport.destroy();
  });
});

describe('a session that the server forgets', () => {
  const notFound: RouteHandler = (_request, response) =>
    void response.writeHead(404).end('Session not found');

  it('F-088 is renewed by the next initialize, on the same transport, once', async () => {
    let forgotten = false;
    const client = await openRpc({
      rpc: (request, response, fixture) => {
        if (forgotten && request.headers['mcp-session-id'] === 's1')
          notFound(request, response, fixture) as void;
        else response.writeHead(200).end();
      },
    });
    const { server, send, transport, receiver } = client;
    const owed = send();
    await until(() => owed.flushes === 1 && owed.exchange === undefined);
    forgotten = true;
    const lost = [send(), send()];
    for (const call of lost) {
      await expect(call.failure()).resolves.toMatchObject({
        code: 'SESSION_LOST',
        delivered: 'no',
        details: { status: 404 },
      });
    }
    // What the old session owed never comes.
    await expect(owed.failure()).resolves.toMatchObject({ code: 'CONNECTION_LOST', delivered: 'unknown' });
    await expect(send().failure()).resolves.toMatchObject({ code: 'SESSION_LOST', delivered: 'no' });
    const initialize = send({ method: 'initialize', opensSession: true });
    const behind = send();
    await until(() => behind.flushes === 1);
    expect(initialize.flushes).toBe(1);
    expect(server.to('connect')).toHaveLength(2);
    expect(server.to('events').map(({ headers }) => headers['mcp-session-id'])).toEqual(['s1', 's2']);
    await until(() => server.streams[0]!.destroyed);
    server.say({ data: { request_id: initialize.id, result: {} } });
    await until(() => receiver.messages.length === 1);
    expect(transport.diagnostics()).toMatchObject({ sessionId: 's2' });
  });

  it('F-088 one that cannot be renewed ends the transport', async () => {
    let connects = 0;
    const { send, transport } = await openRpc({
      connect: (_request, response) => {
        connects++;
        if (connects > 1) response.writeHead(503).end();
        else response.writeHead(200, { 'mcp-session-id': 'only' }).end();
      },
      rpc: notFound,
    });
    await expect(send().failure()).resolves.toMatchObject({ code: 'SESSION_LOST' });
    const initialize = send({ method: 'initialize', opensSession: true });
    await expect(initialize.failure()).resolves.toMatchObject({ code: 'CONNECTION_LOST', delivered: 'no' });
    await expect(transport.closed).resolves.toMatchObject({ kind: 'lost', error: { code: 'HTTP_ERROR' } });
  });

  it('a 404 without a session is an HTTP error, and ends nothing', async () => {
    const { send, server, receiver } = await openRpc({
      connect: (_request, response) => void response.writeHead(200).end(),
      rpc: notFound,
    });
    await expect(send().failure()).resolves.toMatchObject({ code: 'HTTP_ERROR', details: { status: 404 } });
    server.say({ data: { type: 'still_here' } });
    await until(() => receiver.events.length === 1);
  });

  it('F-089 is told by a 400 in words, too', async () => {
    const { send } = await openRpc({
      rpc: (_request, response) => void response.writeHead(400).end('session expired'),
    });
    await expect(send().failure()).resolves.toMatchObject({ code: 'SESSION_LOST', delivered: 'no' });
  });

  it('is noticed when its stream cannot be resumed, and told without a request', async () => {
    const client = await openRpc({
      events: (request, response) => {
        if (request.headers['last-event-id'] !== undefined) response.writeHead(404).end();
        else {
          openStream(response);
          response.end(tell('one', '1'));
        }
      },
    });
    await until(() => client.receiver.lostSessions.length === 1);
    expect(client.receiver.lostSessions[0]).toMatchObject({ code: 'SESSION_LOST' });
  });
});

it('F-099 a stream may be cut anywhere', async () => {
  const events = [
    sseEvent({ data: { request_id: 1, result: { text: 'grüß dich 🚂' } } }),
    ': a comment\r\n\r\n',
    'event: job_done\rdata: {"a":\rdata: 1}\r\r',
    sseEvent({ id: '7', data: { type: 'tools_changed' } }),
    'data:{"type":"progress","request_id":"5","progress":1}\n\n',
  ];
  const text = Buffer.from(events.join(''));
  const client = await openRpc();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: text.length }), { maxLength: 12 }), async (cuts) => {
      const { receiver } = client;
      receiver.messages.length = 0;
      receiver.events.length = 0;
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      for (let index = 1; index < places.length; index++) {
        client.server.streams[0]!.write(text.subarray(places[index - 1], places[index]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await until(() => receiver.messages.length === 3);
      expect(receiver.messages.map((message) => JSON.parse(message.text) as unknown)).toMatchObject([
        { id: 1, result: { text: 'grüß dich 🚂' } },
        { method: 'notifications/tools/list_changed' },
        { method: 'notifications/progress', params: { progressToken: 5, progress: 1 } },
      ]);
      expect(receiver.events).toEqual([{ type: 'job_done', data: { a: 1 } }]);
    }),
    { numRuns: 60 },
  );
});
