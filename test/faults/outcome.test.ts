import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { startFaultServer } from '../../src/testing/index.ts';
import { QUICK, rejection, testFactories } from '../helpers/clients.ts';
import { checkHttpFixtures, sendJson } from '../helpers/http-fixture.ts';
import { type McpHttp, startMcpHttp } from '../helpers/mcp-http.ts';
import { until } from '../helpers/until.ts';

checkHttpFixtures();
const makeFactory = testFactories();

interface Bench {
  readonly server: McpHttp;
  readonly client: McpClient;
}

/** A server that executes each call, journals it, and then does to the answer what the test says. */
async function bench(
  answer: (call: number, response: ServerResponse, ok: () => void) => void,
  settings: SignalboxSettings = {},
  era: 'legacy' | 'modern' = 'modern',
): Promise<Bench> {
  const server = await startMcpHttp({
    era,
    onCall: (_params, response, id) =>
      answer(server.calls, response, () =>
        sendJson(response, { jsonrpc: '2.0', id, result: { content: [] } }),
      ),
  });
  const client = await makeFactory().createAndConnect('s', {
    type: 'http',
    url: server.url,
    'x-signalbox': { ...QUICK, ...settings },
  });
  return { server, client };
}

const drop = (_call: number, response: ServerResponse): void => void response.socket?.resetAndDestroy();
const unavailable = (_call: number, response: ServerResponse): void =>
  void response.writeHead(503).end('busy');

describe('a tool whose outcome is unknown is not run a second time', () => {
  it.each([
    ['F-072 the socket dropped after it was executed', drop, 'CONNECTION_LOST'],
    ['F-076 a 503 after it was executed', unavailable, 'HTTP_ERROR'],
  ])('%s', async (_what, answer, cause) => {
    const { server, client } = await bench(answer);
    const error = await rejection(client.callTool('echo'));
    expect(error).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      server: 's',
      retryable: false,
      delivered: 'unknown',
      cause: { code: cause },
      details: { method: 'tools/call', phase: 'waiting for the answer' },
    });
    const { requestId, elapsedMs } = (error as unknown as { details: Record<string, unknown> }).details;
    // The number that the log of the server has it under.
    expect(requestId).toBe(
      server.requests.findLast(({ body }) => body.includes('tools/call'))?.headers['x-request-id'],
    );
    expect(elapsedMs).toBeGreaterThanOrEqual(0);
    expect(server.calls).toBe(1);
    // The client itself is well.
    expect(await client.listTools()).toHaveLength(1);
  });

  it('a time-out keeps its own name and says that the outcome is unknown', async () => {
    const { server, client } = await bench(() => {});
    const error = await rejection(client.callTool('echo', {}, { timeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'unknown' });
    await until('it ran', () => server.calls > 0);
    expect(server.calls).toBe(1);
  });
});

describe('a second run where it is allowed', () => {
  const onceBroken = (call: number, response: ServerResponse, ok: () => void): void =>
    call === 1 ? drop(call, response) : ok();

  it('by the caller', async () => {
    const { server, client } = await bench(onceBroken);
    expect(await client.callTool('echo', {}, { retry: 'safe' })).toMatchObject({ content: [] });
    expect(server.calls).toBe(2);
  });

  it.each(['readOnlyHint', 'idempotentHint'])('by a trusted %s', async (hint) => {
    const { server, client } = await bench(onceBroken, { trust: true });
    server.tools.splice(0, 1, {
      name: 'echo',
      inputSchema: { type: 'object' },
      annotations: { [hint]: true },
    });
    await client.listTools();
    expect(await client.callTool('echo')).toMatchObject({ content: [] });
    expect(server.calls).toBe(2);
    server.calls = 0;
    expect(await rejection(client.callTool('echo', {}, { retry: 'never' }))).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    });
    expect(server.calls).toBe(1);
  });

  it('not by a hint that nobody trusts', async () => {
    const { server, client } = await bench(onceBroken);
    server.tools.splice(0, 1, {
      name: 'echo',
      inputSchema: { type: 'object' },
      annotations: { readOnlyHint: true },
    });
    await client.listTools();
    expect(await rejection(client.callTool('echo'))).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(server.calls).toBe(1);
  });

  it('F-072 a second run that cannot be made does not deny the first', async () => {
    const server = await startFaultServer({ faults: { 'tools/call': { kind: 'late', delayMs: 60_000 } } });
    try {
      const client = await makeFactory({ random: () => 0 }).createAndConnect('s', {
        ...server.entry,
        'x-signalbox': QUICK,
      });
      const call = rejection(client.callTool('echo', { message: 'm', key: 'k' }, { retry: 'safe' }));
      await until('it runs', () => server.journal.timesRun('k') === 1);
      // Nobody listens any more: each further attempt is refused before anything is sent.
      await server.stop();
      expect(await call).toMatchObject({
        code: 'OUTCOME_UNKNOWN',
        delivered: 'unknown',
        cause: { code: 'CONNECTION_LOST' },
      });
      expect(server.journal.timesRun('k')).toBe(1);
    } finally {
      await server.close();
    }
  });

  it('F-072 nor does an end by the caller while it is waited for', async () => {
    const { server, client } = await bench(
      (_call, response) => void response.writeHead(503, { 'retry-after': '1' }).end(),
    );
    const controller = new AbortController();
    const call = rejection(client.callTool('echo', {}, { retry: 'safe', signal: controller.signal }));
    await until('it ran', () => server.calls === 1);
    setTimeout(() => controller.abort(), 50);
    expect(await call).toMatchObject({ code: 'REQUEST_ABORTED', delivered: 'unknown' });
    expect(server.calls).toBe(1);
  });

  it('at most twice more', async () => {
    const { server, client } = await bench(unavailable);
    expect(await rejection(client.callTool('echo', {}, { retry: 'safe' }))).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    });
    expect(server.calls).toBe(3);
  });

  it('F-076 lists are tried again', async () => {
    const { server, client } = await bench(() => {});
    server.faults.push(unavailable, drop);
    expect(await client.listTools()).toHaveLength(1);
    expect(server.methods().filter((method) => method === 'tools/list')).toHaveLength(3);
    server.faults.push(unavailable, unavailable, unavailable);
    expect(await rejection(client.listTools())).toMatchObject({
      code: 'HTTP_ERROR',
      details: { status: 503 },
    });
  });
});

describe('what was provably not executed is made again', () => {
  it('F-077 a 429 is waited for as long as the server asks, if the call has the time', async () => {
    const { server, client } = await bench((_call, _response, ok) => ok());
    server.faults.push((_call, response) => void response.writeHead(429, { 'retry-after': '1' }).end());
    const startedAt = performance.now();
    expect(await client.callTool('echo')).toMatchObject({ content: [] });
    expect(performance.now() - startedAt).toBeGreaterThan(990);
    expect(server.calls).toBe(1);
  });

  it.each([
    ['longer than the call has', '3', { timeoutMs: 1000 }, 3000],
    ['longer than anybody should wait', '3600', {}, 3_600_000],
  ])(
    'F-077 a 429 that asks for %s fails at once, with the time it asked for',
    async (_what, after, options, retryAfterMs) => {
      const { server, client } = await bench((_call, _response, ok) => ok());
      server.faults.push((_call, response) => void response.writeHead(429, { 'retry-after': after }).end());
      const error = await rejection(client.callTool('echo', {}, options));
      expect(error).toMatchObject({ code: 'RATE_LIMITED', delivered: 'no', details: { retryAfterMs } });
      expect(server.calls).toBe(0);
    },
  );

  it('F-068 a refused connection is tried again until the server is back', async () => {
    const { server, client } = await bench((_call, _response, ok) => ok());
    const { port } = new URL(server.url);
    await new Promise<void>((resolve) => {
      server.server.close(() => resolve());
      server.server.closeAllConnections();
    });
    const call = client.callTool('echo');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise<void>((resolve) => server.server.listen(Number(port), '127.0.0.1', resolve));
    expect(await call).toMatchObject({ content: [] });
    expect(server.calls).toBe(1);
  });

  it('F-068 a server that stays away is told as what it is, and nothing was executed', async () => {
    const { server, client } = await bench(() => {});
    await new Promise<void>((resolve) => {
      server.server.close(() => resolve());
      server.server.closeAllConnections();
    });
    const error = await rejection(client.callTool('echo', {}, { timeoutMs: 600 }));
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', delivered: 'no', retryable: true });
    await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve));
  });
});

describe('a server in trouble is not made worse', () => {
  it('F-077 a 429 with Retry-After holds the calls of everybody, and nobody is refused a second time', async () => {
    const { server, client } = await bench((_call, _response, ok) => ok());
    server.faults.push((_call, response) => void response.writeHead(429, { 'retry-after': '3' }).end());
    const first = client.callTool('echo');
    await until('the server has refused one', () => client.guard().rateLimit!.pausedForMs > 0);
    const hasty = await rejection(client.callTool('echo', {}, { timeoutMs: 200 }));
    expect(hasty).toMatchObject({ code: 'RATE_LIMITED', delivered: 'no', details: { guard: 'rateLimit' } });
    const others = Array.from({ length: 5 }, () => client.callTool('echo'));
    await Promise.all([first, ...others]);
    expect(server.calls).toBe(6);
    const sent = server.of('POST').filter(({ body }) => body.includes('tools/call'));
    expect(sent).toHaveLength(7);
    // Within the pause nothing was sent.
    expect(sent[1]!.at - sent[0]!.at).toBeGreaterThan(2990);
  });

  it('F-076 retries stop when the budget of the server is spent, whatever each call may', async () => {
    const { server, client } = await bench(() => {}, {
      retryBudget: { maxTokens: 10, tokenRatio: 0.1 },
      breaker: false,
    });
    const before = server.requests.length;
    server.faults.push(...Array.from({ length: 200 }, () => unavailable));
    const lists = Array.from({ length: 30 }, () => rejection(client.listTools()));
    for (const error of await Promise.all(lists)) expect(error).toMatchObject({ code: 'HTTP_ERROR' });
    // Thirty first attempts, and retries while more than half of ten tokens were left.
    expect(server.requests.length - before).toBeLessThanOrEqual(30 + 5);
    expect(client.guard().retryTokens).toBe(0);
    // What succeeds gives it back: a tenth each time.
    server.faults.length = 0;
    for (let n = 0; n < 70; n++) await client.listTools({ cache: 'reload' });
    server.faults.push(unavailable);
    expect(await client.listTools({ cache: 'reload' })).toHaveLength(1);
  });
});
