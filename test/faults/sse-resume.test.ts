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
  openStream,
  type RouteHandler,
  sendJson,
  sseEvent,
  startHttpFixture,
  until,
} from '../helpers/http-fixture.ts';

checkHttpClients();

const note = (n: number): unknown => ({ jsonrpc: '2.0', method: 'notifications/message', params: { n } });

/** A server whose POST streams give `priming` and end; what a GET gets is up to the test. */
async function cutServer(
  priming: string,
  onGet: RouteHandler,
  options: ClientOptions = {},
): Promise<
  TestClient<HttpTransport> & { server: HttpFixture; lastBody: () => string; endedAt: () => number }
> {
  let body = '';
  let endedAt = 0;
  const server = await startHttpFixture((request, response, fixture) => {
    if (request.method === 'GET') return onGet(request, response, fixture);
    if (request.body.includes('initialize')) {
      sendJson(response, resultFor(request.body), 200, { 'mcp-session-id': 's-1' });
      return undefined;
    }
    body = request.body;
    openStream(response);
    response.end(priming);
    endedAt = performance.now();
    return undefined;
  });
  const client = await httpClient(server.url, options);
  return { ...client, server, lastBody: () => body, endedAt: () => endedAt };
}

describe('F-101 an answer is fetched from a resumed stream', () => {
  it('H25-5 H25-6 H25-10 waits as long as the server asked for, then sends GET with Last-Event-ID, session and headers', async () => {
    const client = await cutServer(
      sseEvent({ id: 'event-1', retry: 500, data: '' }),
      (_request, response) => {
        openStream(response);
        response.end(sseEvent({ id: 'event-2', data: resultFor(client.lastBody(), 'late') }));
      },
      { random: () => 0.5, headers: { 'x-key': 'k' } },
    );
    await client.send({ opensSession: true, method: 'initialize' }).result;
    const call = client.send({ headers: { 'mcp-protocol-version': '2025-11-25' } });
    await expect(call.result).resolves.toMatchObject({ result: 'late' });
    expect(client.server.of('GET')).toHaveLength(1);
    const get = client.server.of('GET')[0]!;
    expect(get.headers).toMatchObject({
      accept: 'text/event-stream',
      'last-event-id': 'event-1',
      'mcp-session-id': 's-1',
      'mcp-protocol-version': '2025-11-25',
      'x-key': 'k',
    });
    expect(get.at - client.endedAt()).toBeGreaterThan(499);
    expect(get.at - client.endedAt()).toBeLessThan(20_000);
    expect(client.receiver.messages.at(-1)).toMatchObject({ exchange: call, status: 200 });
    await until(() => call.exchange === undefined);
  });

  it('an RST is resumed like a clean end', async () => {
    const clock = new FakeClock();
    let body = '';
    const server = await startHttpFixture((request, response) => {
      openStream(response);
      if (request.method === 'GET') {
        response.end(sseEvent({ data: resultFor(body) }));
        return;
      }
      ({ body } = request);
      response.write(sseEvent({ id: 'a', data: note(1) }));
      setTimeout(() => response.socket?.resetAndDestroy(), 20);
    });
    const { send } = await httpClient(server.url, { clock });
    const call = send();
    await until(() => clock.pendingTimers === 1);
    await clock.advance(1000);
    await call.result;
    expect(server.of('GET')[0]?.headers['last-event-id']).toBe('a');
  });

  it('goes on as long as each attempt brings something new, with the newest id', async () => {
    const clock = new FakeClock();
    let round = 0;
    const client = await cutServer(
      sseEvent({ id: 'p-0', retry: 500, data: '' }),
      (_request, response) => {
        round++;
        openStream(response);
        const last = round === 12;
        response.end(sseEvent({ id: `p-${round}`, data: last ? resultFor(client.lastBody()) : note(round) }));
      },
      { clock },
    );
    const call = client.send();
    for (let index = 0; index < 12; index++) {
      await until(() => clock.nextTimerIn !== undefined);
      expect(clock.nextTimerIn).toBe(500);
      await clock.advance(500);
      await until(() => client.server.of('GET').length === index + 1);
    }
    await call.result;
    expect(client.server.of('GET').map(({ headers }) => headers['last-event-id'])).toEqual(
      Array.from({ length: 12 }, (_, index) => `p-${index}`),
    );
  });

  it('gives up after five attempts that bring nothing, ever further apart', async () => {
    const clock = new FakeClock();
    const client = await cutServer(
      sseEvent({ id: 'a', data: '' }),
      (_request, response) => {
        openStream(response);
        response.end(': nothing\n\n');
      },
      { clock, random: () => 0.5 },
    );
    const call = client.send();
    const delays: number[] = [];
    for (let index = 0; index < 5; index++) {
      await until(() => clock.nextTimerIn !== undefined);
      delays.push(clock.nextTimerIn!);
      await clock.advance(delays.at(-1)!);
      await until(() => client.server.of('GET').length === index + 1);
    }
    await expect(call.failure()).resolves.toMatchObject({ code: 'CONNECTION_LOST', delivered: 'unknown' });
    expect(delays).toEqual([250, 750, 1500, 3000, 6000]);
    expect(call.exchange).toBeUndefined();
  });

  it('servers that are busy or gone count as attempts', async () => {
    const clock = new FakeClock();
    const answers = [500, 429, 0];
    const client = await cutServer(
      sseEvent({ id: 'a', data: '' }),
      (_request, response) => {
        const status = answers.shift();
        if (status === undefined) {
          openStream(response);
          response.end(sseEvent({ data: resultFor(client.lastBody()) }));
        } else if (status === 0) response.destroy();
        else response.writeHead(status).end();
      },
      { clock },
    );
    const call = client.send();
    for (let index = 0; index < 4; index++) {
      await until(() => clock.nextTimerIn !== undefined);
      await clock.advance(60_000);
      await until(() => client.server.of('GET').length === index + 1);
    }
    await call.result;
  });

  it('abandoning stops it while it waits', async () => {
    const clock = new FakeClock();
    const client = await cutServer(sseEvent({ id: 'a', data: '' }), () => {}, { clock });
    const call = client.send();
    await until(() => clock.pendingTimers === 1);
    client.transport.abandon(call);
    expect(clock.pendingTimers).toBe(0);
    expect(call.exchange).toBeUndefined();
    expect(client.server.of('GET')).toEqual([]);
  });

  it('destroying fails it as CONNECTION_CLOSED, delivered unknown', async () => {
    const client = await cutServer(sseEvent({ id: 'a', retry: 500, data: '' }), () => {});
    const call = client.send();
    await until(() => client.server.of('GET').length === 1);
    client.transport.destroy();
    await expect(call.failure()).resolves.toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'unknown' });
  });

  it('F-111 a resumed stream that stays open after the answer is closed after 1 s', async () => {
    let gone = false;
    const clock = new FakeClock();
    const client = await cutServer(
      sseEvent({ id: 'a', data: '' }),
      (_request, response) => {
        openStream(response);
        response.on('close', () => {
          gone = true;
        });
        response.write(sseEvent({ data: resultFor(client.lastBody()) }));
      },
      { clock },
    );
    const call = client.send();
    await until(() => clock.pendingTimers === 1);
    await clock.advance(0);
    await call.result;
    await clock.advance(1000);
    await until(() => gone);
    expect(call.exchange).toBeUndefined();
  });

  it('S19 an event over the limit on a resumed stream fails as FRAME_TOO_LARGE', async () => {
    const client = await cutServer(
      sseEvent({ id: 'a', data: '' }),
      (_request, response) => {
        openStream(response);
        response.write(`data: ${'x'.repeat(5000)}`);
      },
      { limits: { frameBytes: 4096 } },
    );
    await expect(client.send().failure()).resolves.toMatchObject({ code: 'FRAME_TOO_LARGE' });
  });
});

describe('F-102 what a server repeats is dropped', () => {
  it('by event id, also when only some events have ids', async () => {
    const clock = new FakeClock();
    const client = await cutServer(
      sseEvent({ id: '1', data: note(1) }) + sseEvent({ id: '2', data: note(2) }),
      (_request, response) => {
        openStream(response);
        response.write(sseEvent({ id: '1', data: note(1) }) + sseEvent({ id: '2', data: note(2) }));
        response.write(sseEvent({ data: note(3) }) + sseEvent({ data: note(4) }));
        const answer = sseEvent({ id: '5', data: resultFor(client.lastBody()) });
        response.end(answer + answer);
      },
      { clock },
    );
    const call = client.send();
    await until(() => clock.pendingTimers === 1);
    await clock.advance(1000);
    await call.result;
    await until(() => call.exchange === undefined);
    const numbers = client.receiver.messages.map(
      ({ text }) => (JSON.parse(text) as { params?: { n: number } }).params?.n,
    );
    expect(numbers).toEqual([1, 2, 3, 4, undefined]);
  });
});

describe('F-103 a server that does not resume', () => {
  it.each([400, 401, 403, 404, 405])(
    'HTTP %i fails the request once as CONNECTION_LOST, delivered unknown',
    async (status) => {
      const clock = new FakeClock();
      const client = await cutServer(
        sseEvent({ id: 'a', data: '' }),
        (_request, response) => void response.writeHead(status).end(),
        { clock },
      );
      const call = client.send();
      await until(() => clock.pendingTimers === 1);
      await clock.advance(1000);
      await expect(call.failure()).resolves.toMatchObject({
        code: 'CONNECTION_LOST',
        delivered: 'unknown',
        details: { status },
      });
      await clock.advance(600_000);
      expect(client.server.of('GET')).toHaveLength(1);
      expect(clock.pendingTimers).toBe(0);
    },
  );

  it('an answer that is no event stream does the same', async () => {
    const clock = new FakeClock();
    const client = await cutServer(
      sseEvent({ id: 'a', data: '' }),
      (_request, response) => sendJson(response, {}),
      { clock },
    );
    const call = client.send();
    await until(() => clock.pendingTimers === 1);
    await clock.advance(1000);
    await expect(call.failure()).resolves.toMatchObject({ code: 'CONNECTION_LOST', delivered: 'unknown' });
  });
});

describe('F-104 odd retry times', () => {
  it.each([
    ['0', 500],
    ['1', 500],
    ['2000', 2000],
    ['300000', 300_000],
    ['abc', 0],
    ['-5', 0],
  ])('retry: %s waits %i ms', async (retry, delayMs) => {
    const clock = new FakeClock();
    const client = await cutServer(
      sseEvent({ id: 'a', retry, data: '' }),
      (_request, response) => {
        openStream(response);
        response.end(sseEvent({ data: resultFor(client.lastBody()) }));
      },
      { clock, random: () => 0 },
    );
    const call = client.send();
    await until(() => clock.nextTimerIn !== undefined);
    expect(clock.nextTimerIn).toBe(delayMs);
    await clock.advance(delayMs);
    await call.result;
  });

  it('up to a tenth is added by chance', async () => {
    const clock = new FakeClock();
    const client = await cutServer(sseEvent({ id: 'a', retry: 1000, data: '' }), () => {}, {
      clock,
      random: () => 0.999,
    });
    client.send();
    await until(() => clock.nextTimerIn !== undefined);
    expect(clock.nextTimerIn).toBeCloseTo(1099.9);
  });

  it('retry: 1000000000000 means never: CONNECTION_LOST at once', async () => {
    const clock = new FakeClock();
    const client = await cutServer(sseEvent({ id: 'a', retry: 1e12, data: '' }), () => {}, { clock });
    await expect(client.send().failure()).resolves.toMatchObject({
      code: 'CONNECTION_LOST',
      delivered: 'unknown',
    });
    expect(clock.pendingTimers).toBe(0);
    expect(client.server.of('GET')).toEqual([]);
  });
});

describe('F-115 event ids that cannot be used', () => {
  it.each([
    ['NUL', 'a\u0000b'],
    ['10 KB', 'x'.repeat(10_240)],
  ])('%s: the id before it is resumed from', async (_name, id) => {
    const clock = new FakeClock();
    const client = await cutServer(
      sseEvent({ id: 'good', data: note(1) }) + sseEvent({ id, data: note(2) }),
      (_request, response) => {
        openStream(response);
        response.end(sseEvent({ data: resultFor(client.lastBody()) }));
      },
      { clock },
    );
    const call = client.send();
    await until(() => clock.pendingTimers === 1);
    await clock.advance(1000);
    await call.result;
    expect(client.server.of('GET')[0]?.headers['last-event-id']).toBe('good');
    expect(client.receiver.messages).toHaveLength(3);
  });

  it('an id beyond ASCII travels as UTF-8', async () => {
    const client = await cutServer(sseEvent({ id: 'é漢', data: '' }), (_request, response) => {
      openStream(response);
      response.end(sseEvent({ data: resultFor(client.lastBody()) }));
    });
    await client.send().result;
    const header = client.server.of('GET')[0]?.headers['last-event-id'];
    expect(Buffer.from(String(header), 'latin1').toString('utf8')).toBe('é漢');
  });
});
