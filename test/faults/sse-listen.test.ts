import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { TransportTally } from '../../src/transports/transport-tally.ts';
import { checkHttpClients, httpClient } from '../helpers/http-client.ts';
import { openStream, sendJson, sseEvent, startHttpFixture, until } from '../helpers/http-fixture.ts';
import { type LogLine, recordingLogger } from '../helpers/transport-probe.ts';

checkHttpClients();

const note = (n: number): unknown => ({ jsonrpc: '2.0', method: 'notifications/message', params: { n } });

describe('the GET stream', () => {
  it('delivers what the server says unasked, without an exchange', async () => {
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      response.write(sseEvent({ id: '1', data: note(1) }));
      response.write(sseEvent({ event: 'other', data: 'x' }));
      response.write(sseEvent({ data: '' }));
      response.write(sseEvent({ data: note(2) }));
    });
    const { transport, receiver } = await httpClient(server.url, { headers: { 'x-key': 'k' } });
    transport.listen({ 'mcp-protocol-version': '2025-11-25' });
    await until(() => receiver.messages.length === 2);
    expect(receiver.messages.map(({ exchange }) => exchange)).toEqual([undefined, undefined]);
    expect(receiver.noises).toEqual([{ kind: 'ignored-event', sample: 'other' }]);
    expect(server.requests[0]?.headers).toMatchObject({
      accept: 'text/event-stream',
      'x-key': 'k',
      'mcp-protocol-version': '2025-11-25',
    });
    await transport.close();
  });

  it.each([404, 405, 400, 401, 501])(
    'HTTP %i: it is not offered, and nothing more is said about it',
    async (status) => {
      const clock = new FakeClock();
      const lines: LogLine[] = [];
      const server = await startHttpFixture((_request, response) => void response.writeHead(status).end());
      const { transport } = await httpClient(server.url, { clock, logger: recordingLogger(lines) });
      transport.listen({});
      await until(() => lines.length === 1);
      expect(lines[0]).toMatchObject({ fields: { server: 'probe' } });
      if (status === 404 || status === 405) expect(lines[0]?.level).toBe('debug');
      await clock.advance(3_600_000);
      expect(server.requests).toHaveLength(1);
    },
  );

  it('an answer that is no event stream means the same', async () => {
    const clock = new FakeClock();
    const lines: LogLine[] = [];
    const server = await startHttpFixture((_request, response) => sendJson(response, {}));
    const { transport } = await httpClient(server.url, { clock, logger: recordingLogger(lines) });
    transport.listen({});
    await until(() => lines.length === 1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is opened again after its end, from the last event id', async () => {
    const clock = new FakeClock();
    let round = 0;
    const server = await startHttpFixture((_request, response) => {
      round++;
      openStream(response);
      response.end(sseEvent({ id: `e-${round}`, retry: 700, data: note(round) }));
    });
    const { transport, receiver } = await httpClient(server.url, { clock, random: () => 0 });
    transport.listen({});
    await until(() => clock.nextTimerIn === 700);
    await clock.advance(700);
    await until(() => receiver.messages.length === 2);
    expect(server.requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'e-1']);
    await transport.close();
  });

  it('close and destroy stop it, also while it waits', async () => {
    const clock = new FakeClock();
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      response.end();
    });
    const { transport } = await httpClient(server.url, { clock });
    transport.listen({});
    await until(() => clock.pendingTimers === 1);
    await transport.close();
    expect(clock.pendingTimers).toBe(0);
    transport.listen({});
    expect(server.requests).toHaveLength(1);
  });

  it('listening again replaces the stream', async () => {
    let gone = 0;
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      response.on('close', () => gone++);
    });
    const { transport } = await httpClient(server.url);
    transport.listen({});
    await until(() => server.requests.length === 1);
    transport.listen({ 'x-next': '1' });
    await until(() => server.requests.length === 2 && gone === 1);
    expect(server.requests[1]?.headers['x-next']).toBe('1');
  });

  it('F-104 retry: 0 has a floor of 500 ms', async () => {
    const clock = new FakeClock();
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      response.end('retry: 0\n\n');
    });
    const { transport } = await httpClient(server.url, { clock, random: () => 0 });
    transport.listen({});
    await until(() => clock.nextTimerIn !== undefined && server.requests.length === 1);
    expect(clock.nextTimerIn).toBe(500);
  });

  it('F-104 retry: 1000000000000 closes the stream until it is asked for again', async () => {
    const clock = new FakeClock();
    const lines: LogLine[] = [];
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      response.end('retry: 1000000000000\n\n');
    });
    const { transport } = await httpClient(server.url, { clock, logger: recordingLogger(lines) });
    transport.listen({});
    await until(() => lines.length === 1);
    expect(clock.pendingTimers).toBe(0);
    transport.listen({});
    await until(() => server.requests.length === 2);
  });

  it.each([0, 0.999])(
    'F-105 a stream that closes at once is opened at most 10 times a minute (chance %d)',
    async (chance) => {
      const clock = new FakeClock();
      const server = await startHttpFixture((_request, response) => {
        openStream(response);
        response.end('retry: 0\n\n');
      });
      const { transport } = await httpClient(server.url, { clock, random: () => chance });
      transport.listen({});
      const perMinute = [0, 0, 0];
      let seen = 0;
      while (clock.now() < 180_000) {
        await until(() => server.requests.length > seen && clock.nextTimerIn !== undefined);
        seen = server.requests.length;
        perMinute[Math.floor(clock.now() / 60_000)]!++;
        await clock.advance(clock.nextTimerIn!);
      }
      expect(Math.max(...perMinute)).toBeLessThanOrEqual(10);
      expect(perMinute[2]).toBeLessThanOrEqual(5);
    },
  );

  it('F-105 only a stream that lived for 60 s clears what went before', async () => {
    const clock = new FakeClock();
    let end: (() => void) | undefined;
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      end = () => void response.end();
      if (server.requests.length <= 4) end();
    });
    const { transport } = await httpClient(server.url, { clock, random: () => 0 });
    transport.listen({});
    const reopen = async (count: number): Promise<number> => {
      await until(() => server.requests.length === count && clock.nextTimerIn !== undefined);
      // The idle watch of an open stream is the other timer that may be seen.
      await until(() => (clock.nextTimerIn ?? 0) <= 30_000);
      const delayMs = clock.nextTimerIn!;
      await clock.advance(delayMs);
      return delayMs;
    };
    const delays = [await reopen(1), await reopen(2), await reopen(3), await reopen(4)];
    expect(delays).toEqual([0, 500, 1000, 2000]);
    await until(() => clock.nextTimerIn === 300_000);
    await clock.advance(59_000);
    end!();
    expect(await reopen(5)).toBe(4000);
    await until(() => clock.nextTimerIn === 300_000);
    await clock.advance(60_000);
    end!();
    expect(await reopen(6)).toBe(0);
  });

  it('F-105 servers that are busy or gone are asked again, ever less often', async () => {
    const clock = new FakeClock();
    const server = await startHttpFixture((_request, response) => {
      if (server.requests.length === 1) response.writeHead(503).end();
      else if (server.requests.length === 2) response.destroy();
      else openStream(response);
    });
    const { transport } = await httpClient(server.url, { clock, random: () => 0 });
    transport.listen({});
    await until(() => clock.nextTimerIn === 0);
    await clock.advance(0);
    await until(() => clock.nextTimerIn === 500);
    await clock.advance(500);
    await until(() => clock.nextTimerIn === 300_000);
  });

  it('F-106 F-107 silence for idleMs is taken for death, comments are signs of life', async () => {
    const clock = new FakeClock();
    let comment: (() => void) | undefined;
    let gone = 0;
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      comment = () => void response.write(': alive\n\n');
      response.on('close', () => gone++);
    });
    const tally = new TransportTally();
    const { transport } = await httpClient(server.url, {
      clock,
      http: { streamIdleMs: 10_000 },
      random: () => 0,
      tally,
    });
    transport.listen({});
    await until(() => clock.nextTimerIn === 10_000);
    await clock.advance(9000);
    const before = tally.bytesReceived;
    comment!();
    // The comment must have been read before time moves on.
    await until(() => tally.bytesReceived > before);
    await clock.advance(9000);
    expect(gone).toBe(0);
    await clock.advance(1001);
    await until(() => gone === 1);
    await clock.advance(1000);
    await until(() => server.requests.length === 2);
  });

  it('F-108 S19 an event over the limit ends the stream; it is opened again without the id', async () => {
    const clock = new FakeClock();
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      response.write(sseEvent({ id: '1', data: note(1) }));
      if (server.requests.length === 1) response.write(`data: ${'x'.repeat(8000)}`);
    });
    const { transport, receiver } = await httpClient(server.url, {
      clock,
      limits: { frameBytes: 4096 },
      random: () => 0,
    });
    transport.listen({});
    await until(() => clock.nextTimerIn === 0);
    await clock.advance(0);
    await until(() => receiver.messages.length === 2);
    expect(server.requests[1]?.headers['last-event-id']).toBeUndefined();
  });
});
