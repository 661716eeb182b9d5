import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Timer } from '../../src/core/clock.ts';
import type { SignalboxError } from '../../src/core/errors.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { QUICK, rejection, testFactories } from '../helpers/clients.ts';
import { checkHttpClients, httpClient } from '../helpers/http-client.ts';
import { openStream, startHttpFixture, until } from '../helpers/http-fixture.ts';
import { startMcpHttp } from '../helpers/mcp-http.ts';

checkHttpClients();
const makeFactory = testFactories();

/** Sends a text byte by byte, one every `everyMs`, past Node's own idea of a response. */
function trickle(response: ServerResponse, text: string, everyMs: number): void {
  const socket = response.socket!;
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || at === text.length) clearInterval(timer);
    else socket.write(text[at++]!, 'latin1');
  }, everyMs);
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n';

describe('a server that answers byte by byte', () => {
  const ways: readonly (readonly [string, (response: ServerResponse) => void])[] = [
    ['F-070 in the status line', (response) => trickle(response, HEAD, 50)],
    [
      'F-070 in headers without end',
      (response) => {
        response.socket!.write('HTTP/1.1 200 OK\r\n');
        trickle(response, 'a: b\r\n'.repeat(200), 5);
      },
    ],
    [
      'F-071 in the body',
      (response) => {
        response.socket!.write(HEAD);
        trickle(response, '{"jsonrpc":"2.0"', 50);
      },
    ],
    [
      'F-071 in a packed body',
      (response) => {
        response.socket!.write(HEAD.replace('\r\n\r\n', '\r\ncontent-encoding: gzip\r\n\r\n'));
        trickle(response, '\u001F\u008B\u0008', 50);
      },
    ],
    [
      'F-071 F-106 in comments of an event stream',
      (response) => {
        openStream(response);
        const timer = setInterval(
          () => (response.destroyed ? clearInterval(timer) : response.write(':\n')),
          20,
        );
      },
    ],
    ['F-097 in interim answers', (response) => trickle(response, 'HTTP/1.1 103 Early Hints\r\n\r\n', 20)],
  ];
  it.each(ways)(
    '%s ends at the deadline of the request, and its socket is closed',
    async (_where, onCall) => {
      let closed = false;
      const server = await startMcpHttp({
        era: 'modern',
        onCall: (_params, response) => {
          response.socket!.on('close', () => {
            closed = true;
          });
          onCall(response);
        },
      });
      const client = makeFactory().create('s', { url: server.url, 'x-signalbox': QUICK });
      await client.connect();
      const startedAt = performance.now();
      const error = (await rejection(client.callTool('echo', {}, { timeoutMs: 300 }))) as SignalboxError;
      const took = performance.now() - startedAt;
      expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'unknown' });
      expect(took).toBeGreaterThan(280);
      // The time of any request would be far longer.
      expect(took).toBeLessThan(15_000);
      await until(() => closed);
      expect(server.calls).toBe(1);
    },
  );
});

describe('F-092 a server that closes all connections at once', () => {
  const CLIENTS = 50;

  /** Remembers for how long it was asked to wait: that is told exactly, however busy the machine is. */
  class RememberingClock extends FakeClock {
    readonly delays: number[] = [];

    override setTimeout(callback: () => void, delayMs: number): Timer {
      this.delays.push(delayMs);
      return super.setTimeout(callback, delayMs);
    }
  }

  /** How many of the times fall into the fullest window of this length, in ms. */
  function crowd(times: readonly number[], windowMs: number): number {
    return Math.max(
      ...times.map((start) => times.filter((at) => at >= start && at < start + windowMs).length),
    );
  }

  it('its GET streams come back spread over half a second', async () => {
    const server = await startHttpFixture((_request, response) => openStream(response));
    const clock = new RememberingClock();
    const { pools, transport } = await httpClient(server.url, { clock, random: Math.random });
    transport.listen({});
    for (let n = 1; n < CLIENTS; n++) {
      (await httpClient(server.url, { clock, pools, random: Math.random })).transport.listen({});
    }
    await until(() => clock.pendingTimers === CLIENTS);
    clock.delays.length = 0;
    server.resetAll();
    await until(() => clock.delays.length === CLIENTS);
    // A herd would be 50 at once.
    expect(Math.max(...clock.delays) - Math.min(...clock.delays)).toBeGreaterThan(250);
    expect(crowd(clock.delays, 100)).toBeLessThan(40);
    await clock.advance(Math.max(...clock.delays));
    await until(() => server.requests.length === 2 * CLIENTS);
  });

  it('so do the connections of its HTTP+SSE clients', async () => {
    const streams = new Map<string, ServerResponse>();
    const server = await startHttpFixture((request, response) => {
      const client = request.path.split('?')[1]!;
      if (request.method === 'GET') {
        openStream(response);
        streams.set(client, response);
        response.write(`event: endpoint\ndata: /messages?${client}\n\n`);
        return;
      }
      response.writeHead(202).end();
      const { id, method } = JSON.parse(request.body) as { id?: number; method: string };
      if (method !== 'initialize') return;
      const result = {
        protocolVersion: '2024-11-05',
        capabilities: {},
        serverInfo: { name: 'old', version: '1' },
      };
      streams.get(client)!.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
    });
    const clock = new RememberingClock();
    const factory = makeFactory({ clock });
    await Promise.all(
      Array.from({ length: CLIENTS }, (_, n) =>
        factory.createAndConnect(`c${n}`, {
          type: 'sse',
          url: `${server.url}?${n}`,
          'x-signalbox': { retry: { maxAttempts: false } },
        }),
      ),
    );
    server.requests.length = 0;
    clock.delays.length = 0;
    server.resetAll();
    // The first attempt after a good connection comes within 250 ms; what is due later is something else.
    const pauses = (): number[] => clock.delays.filter((ms) => ms <= 250);
    await until(() => pauses().length === CLIENTS);
    expect(Math.max(...pauses()) - Math.min(...pauses())).toBeGreaterThan(125);
    expect(crowd(pauses(), 50)).toBeLessThan(40);
    await clock.advance(250);
    await until(() => server.of('GET').length >= CLIENTS);
  });
});
