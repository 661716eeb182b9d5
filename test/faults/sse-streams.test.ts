import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { checkHttpClients, httpClient, resultFor } from '../helpers/http-client.ts';
import { openStream, sseEvent, startHttpFixture, until } from '../helpers/http-fixture.ts';
import { chunk, head, startRawHttp } from '../helpers/raw-http.ts';

checkHttpClients();

const STREAM_HEAD = head('200 OK', { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' });
const note = { jsonrpc: '2.0', method: 'notifications/message', params: {} };

describe('answers as event streams', () => {
  it('F-099 events cut into single bytes, CRLF, BOM and comments arrive whole', async () => {
    const answer = JSON.stringify({ jsonrpc: '2.0', id: 1, result: 'é漢😀' });
    const text = `\uFEFF: hello\r\n\r\ndata:${JSON.stringify(note)}\r\r: ping\n\nevent: message\ndata: ${answer.slice(0, 17)}\r\ndata:${answer.slice(17)}\r\n\r\n`;
    const bytes = Buffer.from(text);
    const server = await startRawHttp([
      { send: STREAM_HEAD },
      ...[...bytes].map((byte) => ({
        send: Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]),
      })),
      { send: '0\r\n\r\n' },
    ]);
    const { receiver, send } = await httpClient(server.url);
    const call = send({ id: 1 });
    await expect(call.result).resolves.toMatchObject({ result: 'é漢😀' });
    expect(receiver.messages.map((message) => message.exchange)).toEqual([call, call]);
    expect(receiver.messages[0]?.text).toBe(JSON.stringify(note));
  });

  it('F-100 RST before the answer, without event id: CONNECTION_LOST at once', async () => {
    const server = await startRawHttp([
      { send: STREAM_HEAD + chunk(sseEvent({ data: note })) },
      { wait: 20 },
      { reset: true },
    ]);
    const { receiver, send } = await httpClient(server.url);
    const started = performance.now();
    await expect(send().failure()).resolves.toMatchObject({
      code: 'CONNECTION_LOST',
      retryable: true,
      delivered: 'unknown',
    });
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(receiver.messages).toHaveLength(1);
    expect(server.received.join('')).not.toContain('GET ');
  });

  it.each([
    ['without event id', {}, { data: note }],
    [
      'with ids in the modern era, which never resumes (H26-15)',
      { headers: { 'mcp-method': 'tools/call' } },
      { id: '1', data: note },
    ],
    ['with ids on a stream that is long-lived', { longLived: true }, { id: '1', data: note }],
    ['with an empty id, which means none', {}, { id: '', data: note }],
  ])('F-101 a clean end before the answer, %s: CONNECTION_LOST at once', async (_name, options, event) => {
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      response.end(sseEvent(event));
    });
    const { send } = await httpClient(server.url);
    await expect(send(options).failure()).resolves.toMatchObject({
      code: 'CONNECTION_LOST',
      delivered: 'unknown',
      details: { status: 200 },
    });
    expect(server.of('GET')).toEqual([]);
  });

  it('F-106 endless comments keep a stream open and bring nothing; abandoning it closes it', async () => {
    let gone = false;
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      const timer = setInterval(() => response.write(': still here\n\n'), 2);
      response.on('close', () => {
        clearInterval(timer);
        gone = true;
      });
    });
    const { transport, receiver, send } = await httpClient(server.url);
    const call = send();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(call.settled).toBe(false);
    expect(receiver.messages).toEqual([]);
    expect(receiver.noises).toEqual([]);
    transport.abandon(call);
    await until(() => gone);
  });

  it('F-107 a silent stream is not killed by undici: it lives until its request gives it up', async () => {
    let finish: (() => void) | undefined;
    const server = await startHttpFixture((request, response) => {
      openStream(response);
      finish = () => void response.end(sseEvent({ data: resultFor(request.body) }));
    });
    const clock = new FakeClock();
    const { send } = await httpClient(server.url, { clock });
    const call = send();
    await until(() => finish !== undefined);
    await clock.advance(3_600_000);
    expect(call.settled).toBe(false);
    finish!();
    await call.result;
  });

  it('F-108 S19 an event over limits.frameBytes fails as FRAME_TOO_LARGE, with flat memory', async () => {
    let gone = false;
    let written = 0;
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      response.on('close', () => {
        gone = true;
      });
      response.write('data: ');
      const block = 'x'.repeat(65_536);
      const more = (): void => {
        if (gone || written > 40 * 1024 * 1024) return;
        written += block.length;
        if (response.write(block)) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    });
    const { receiver, send } = await httpClient(server.url, { limits: { frameBytes: 1024 * 1024 } });
    const before = process.memoryUsage().rss;
    await expect(send().failure()).resolves.toMatchObject({ code: 'FRAME_TOO_LARGE', retryable: false });
    await until(() => gone);
    expect(written).toBeLessThan(20 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    expect(receiver.messages).toEqual([]);
  });

  it('F-109 unknown events are noise, empty data is nothing, invalid JSON is handed on', async () => {
    const server = await startHttpFixture((request, response) => {
      openStream(response);
      response.write(sseEvent({ event: 'heartbeat', data: '{}' }));
      response.write(sseEvent({ data: '' }));
      response.write(sseEvent({ id: '7' }));
      response.write(sseEvent({ data: '{not json' }));
      response.end(sseEvent({ event: 'message', data: resultFor(request.body) }));
    });
    const { receiver, send } = await httpClient(server.url);
    await send().result;
    expect(receiver.noises).toEqual([{ kind: 'ignored-event', sample: 'heartbeat' }]);
    expect(receiver.messages.map(({ text }) => text).slice(0, 1)).toEqual(['{not json']);
    expect(receiver.messages).toHaveLength(2);
  });

  it('F-110 an answer to another request on this stream does not settle this one', async () => {
    const server = await startHttpFixture((request, response) => {
      openStream(response);
      response.write(sseEvent({ data: { jsonrpc: '2.0', id: 999_999, result: {} } }));
      setTimeout(() => response.end(sseEvent({ data: resultFor(request.body, 'mine') })), 20);
    });
    const { receiver, send } = await httpClient(server.url);
    const call = send();
    await expect(call.result).resolves.toMatchObject({ result: 'mine' });
    expect(receiver.messages.map(({ exchange }) => exchange)).toEqual([call, call]);
  });

  it('F-111 a stream that stays open after its answer is closed by us after 1 s', async () => {
    const closed: number[] = [];
    const server = await startHttpFixture((request, response) => {
      openStream(response);
      response.on('close', () => closed.push((JSON.parse(request.body) as { id: number }).id));
      response.write(sseEvent({ data: resultFor(request.body) }));
    });
    const clock = new FakeClock();
    const { transport, send } = await httpClient(server.url, { clock });
    const first = send({ id: 1 });
    await first.result;
    await clock.advance(600);
    const second = send({ id: 2 });
    await second.result;
    await clock.advance(399);
    expect(first.exchange).toBeDefined();
    await clock.advance(1);
    expect(first.exchange).toBeUndefined();
    await until(() => closed.length === 1);
    await clock.advance(600);
    await until(() => closed.length === 2);
    expect(closed).toEqual([1, 2]);
    expect(second.exchange).toBeUndefined();
    await transport.close();
  });

  it('F-111 a stream that ends by itself leaves its socket for the next request', async () => {
    const server = await startHttpFixture((request, response) => {
      openStream(response);
      response.write(sseEvent({ data: resultFor(request.body) }));
      setTimeout(() => response.end(), 10);
    });
    const { send } = await httpClient(server.url);
    for (let index = 0; index < 3; index++) {
      const call = send();
      await call.result;
      await until(() => call.exchange === undefined);
    }
    expect(await server.connections()).toBe(1);
  });
});
