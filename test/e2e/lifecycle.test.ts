import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { ServerEntry, SignalboxSettings } from '../../src/config/entry.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { faultyEntry, QUICK, recordStates, rejection, testFactories } from '../helpers/clients.ts';
import { readJournal } from '../helpers/faulty-server.ts';
import { checkHttpFixtures, openStream, sendJson, startHttpFixture } from '../helpers/http-fixture.ts';
import { startMcpHttp } from '../helpers/mcp-http.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

checkHttpFixtures();
const makeFactory = testFactories();
const directory = temporaryDirectory();
const http = (url: string): ServerEntry => ({ type: 'http', url, 'x-signalbox': QUICK });

interface Bench {
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  readonly client: McpClient;
}

function bench(settings: SignalboxSettings = {}): Bench {
  const clock = new FakeClock();
  const server = new MemoryServer();
  const factory = makeFactory({ clock, random: () => 0.5 });
  registerMemory(factory, { here: server });
  return {
    clock,
    server,
    client: factory.create('s', { type: 'memory', url: 'here', 'x-signalbox': settings }),
  };
}

describe('a listener that acts at once', () => {
  it('disconnects in the middle of a loss: nothing is connected afterwards', async () => {
    const { clock, server, client } = bench();
    await client.connect();
    let left: Promise<void> | undefined;
    client.on('state', ({ to }) => {
      if (to === 'reconnecting') left = client.disconnect();
    });
    server.drop();
    await clock.advance(10_000);
    await left;
    expect(client.state).toBe('disconnected');
    expect(server.connections).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('calls and connects in the middle of a loss: both are served by the repair', async () => {
    const { clock, server, client } = bench();
    await client.connect();
    const work: Promise<unknown>[] = [];
    client.on('state', ({ to }) => {
      if (to === 'reconnecting') work.push(client.connect(), client.callTool('echo', { n: 1 }));
    });
    server.drop();
    await clock.advance(1000);
    expect(await Promise.all(work)).toMatchObject([{ success: true }, { content: [{ text: '{"n":1}' }] }]);
    expect(server.connections).toBe(2);
  });

  it('disconnects while connecting: the attempt ends with CONNECTION_CLOSED', async () => {
    const { clock, server, client } = bench();
    client.on('state', ({ to }) => {
      if (to === 'connecting') void client.disconnect();
    });
    const connecting = rejection(client.connect());
    await clock.advance(100);
    expect(await connecting).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(client.state).toBe('disconnected');
    expect(server.connections).toBe(0);
  });

  it('connects anew when the last attempt was given up', async () => {
    const { clock, server, client } = bench({ retry: false });
    server.isDown = true;
    let again: Promise<unknown> | undefined;
    client.on('state', ({ to }) => {
      if (to !== 'error') return;
      server.isDown = false;
      again ??= client.connect();
    });
    const first = rejection(client.connect());
    await clock.advance(1000);
    expect(await first).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(await again).toMatchObject({ success: true });
  });
});

describe('waiting is bounded', () => {
  it('connect() joins a repair for timeouts.connect, and tells what is wrong', async () => {
    const { clock, server, client } = bench({ timeouts: { connect: 2000 } });
    await client.connect();
    server.isDown = true;
    server.drop();
    await clock.advance(0);
    const joining = rejection(client.connect());
    await clock.advance(2000);
    expect(await joining).toMatchObject({ code: 'CONNECT_TIMEOUT', cause: { code: 'CONNECT_FAILED' } });
    expect(client.state).not.toBe('error');
  });

  it('ping and lists keep their own time while the connection is down', async () => {
    const { clock, server, client } = bench();
    await client.connect();
    server.isDown = true;
    server.drop();
    await clock.advance(0);
    const health = client.healthCheck({ timeoutMs: 300 });
    const tools = rejection(client.listTools({ timeoutMs: 300 }));
    await clock.advance(300);
    expect(await health).toMatchObject({ healthy: false });
    expect(await tools).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'no' });
  });

  it('a released client is not connected again', async () => {
    const { client } = bench();
    await client.connect();
    await client.end();
    expect(await rejection(client.connect())).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await rejection(client.callTool('echo'))).toMatchObject({ code: 'CONNECTION_CLOSED' });
  });

  it.each([Number.NaN, -1])('a time-out of %d is refused and leaves nothing behind', async (timeoutMs) => {
    const { client } = bench();
    await client.connect();
    expect(await rejection(client.callTool('echo', {}, { timeoutMs }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await client.disconnect();
  });

  it('arguments that are no JSON are refused and leave nothing behind', async () => {
    const { client } = bench();
    await client.connect();
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    for (const args of [circular, { big: 1n }]) {
      expect(await rejection(client.callTool('echo', args))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    await client.disconnect();
  });

  it('F-138 a progress listener that rejects harms nobody', async () => {
    const { server, client } = bench();
    await client.connect();
    server.silent.add('tools/call');
    const controller = new AbortController();
    const onProgress = (() => Promise.reject(new Error('async listener'))) as () => void;
    const call = rejection(client.callTool('echo', {}, { onProgress, signal: controller.signal }));
    await until('it was sent', () => server.methods().includes('tools/call'));
    server.notify('notifications/progress', { progressToken: server.received.at(-1)!.id, progress: 1 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    expect(await call).toMatchObject({ code: 'REQUEST_ABORTED' });
  });
});

describe('hostile messages', () => {
  it.each([
    [
      'an id nested 100 000 deep',
      `{"jsonrpc":"2.0","id":${'['.repeat(100_000)}${']'.repeat(100_000)},"result":{}}`,
    ],
    ['an id that cannot be text', '{"jsonrpc":"2.0","id":{"toString":1},"result":{}}'],
  ])('F-054 %s is counted and nothing more', async (_what, raw) => {
    const { server, client } = bench();
    await client.connect();
    server.raw(raw);
    expect(await client.callTool('echo', { n: 1 })).toMatchObject({ content: [{ text: '{"n":1}' }] });
    expect(client.diagnostics().wire).toMatchObject({ unknownResponses: 1 });
  });

  it('F-052 a resultType that cannot be text is a typed error', async () => {
    const entry = faultyEntry({
      era: 'modern',
      on: { 'tools/call': ['result:{"resultType":{"toString":1}}'] },
    });
    const client = await makeFactory().createAndConnect('s', entry);
    expect(await rejection(client.callTool('echo'))).toMatchObject({ code: 'INVALID_RESULT' });
  });

  it('S16 versions of a server reach no message unfiltered', async () => {
    const server = await startHttpFixture((request, response) => {
      const { id } = JSON.parse(request.body) as { id: number };
      sendJson(response, { jsonrpc: '2.0', id, result: { supportedVersions: ['\u001B[2J\u001B[31mX\n'] } });
    });
    const error = await rejection(makeFactory().create('s', http(server.url)).connect());
    expect(error).toMatchObject({ code: 'PROTOCOL_UNSUPPORTED' });
    // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
    expect(error.message).not.toMatch(/[\u0000-\u001F]/u);
    expect(JSON.stringify((error as unknown as { details: unknown }).details)).not.toContain('\\u001b');
  });
});

describe('a session that the server forgot', () => {
  it('F-088 seen by a message without answer: the next call is served in a new session', async () => {
    let hang = true;
    const server = await startMcpHttp({
      onCall: (_params, response, id) => {
        if (hang) openStream(response);
        else sendJson(response, { jsonrpc: '2.0', id, result: { content: [] } });
      },
    });
    const client = makeFactory().create('s', http(server.url));
    await client.connect();
    const call = rejection(client.callTool('echo', {}, { timeoutMs: 200 }));
    await until('the call arrived', () => server.calls === 1);
    server.sessions.clear();
    expect(await call).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    hang = false;
    expect(await client.callTool('echo')).toMatchObject({ content: [] });
    expect(server.methods().filter((method) => method === 'initialize')).toHaveLength(2);
  });

  it('F-088 calls in flight go on while the session is renewed', async () => {
    const waiting: (() => void)[] = [];
    const server = await startMcpHttp({
      onCall: (params, response, id) => {
        const answer = (): void => sendJson(response, { jsonrpc: '2.0', id, result: { content: [] } });
        if (JSON.stringify(params).includes('slow')) waiting.push(answer);
        else answer();
      },
    });
    const client = makeFactory().create('s', http(server.url));
    await client.connect();
    const slow = client.callTool('echo', { kind: 'slow' });
    await until('the slow call arrived', () => waiting.length === 1);
    server.sessions.clear();
    await client.callTool('echo', { kind: 'quick' });
    for (const answer of waiting) answer();
    expect(await slow).toMatchObject({ content: [] });
    await client.disconnect();
  });

  it('a launched server is not started again for it', async () => {
    const journal = join(directory, 'launched');
    const factory = makeFactory();
    const client = factory.create('s', {
      type: 'http',
      url: 'http://127.0.0.1:{port}/mcp',
      'x-signalbox': {
        ...QUICK,
        restart: false,
        launch: {
          command: process.execPath,
          args: [join(import.meta.dirname, '../fixtures/servers/forgetful-http.mjs'), '{port}', journal],
          port: 'auto',
        },
      },
    });
    await client.connect();
    const pid = client.diagnostics().transport.pid;
    expect(await client.callTool('forget')).toMatchObject({ content: [] });
    expect(await client.callTool('echo')).toMatchObject({ content: [] });
    expect(client.diagnostics().transport.pid).toBe(pid);
    expect(readJournal(journal).filter(({ started }) => started !== undefined)).toHaveLength(1);
    expect(client.stats().connections).toBe(2);
  });

  it('H25-12 an idle client learns of it on its stream', async () => {
    let known = '';
    const server = await startHttpFixture((request, response) => {
      if (request.method === 'GET') {
        if (request.headers['mcp-session-id'] === known) openStream(response);
        else response.writeHead(404).end();
        return;
      }
      if (request.method === 'DELETE') {
        response.writeHead(200).end();
        return;
      }
      const { id, method } = JSON.parse(request.body) as { id?: number; method: string };
      if (id === undefined) response.writeHead(202).end();
      else if (method === 'server/discover') response.writeHead(404).end();
      else {
        known = `session-${Math.random()}`;
        const result = {
          protocolVersion: '2025-11-25',
          capabilities: {},
          serverInfo: { name: 's', version: '1' },
        };
        sendJson(response, { jsonrpc: '2.0', id, result }, 200, { 'mcp-session-id': known });
      }
    });
    const client = makeFactory().create('s', http(server.url));
    await client.connect();
    await until('the stream stands', () => server.of('GET').length === 1);
    const states = recordStates(client);
    known = 'another';
    server.resetAll();
    await until('the session was renewed', () => states.some(({ to }) => to === 'connected'));
    await until('the stream stands again', () => server.of('GET').length >= 3);
    await client.disconnect();
  });

  it('F-090 a passing 404 does not pin an entry to HTTP+SSE', async () => {
    let isStarting = true;
    const server = await startMcpHttp();
    const front = await startHttpFixture((request, response) => {
      if (isStarting || request.method === 'GET') {
        response.writeHead(404).end();
        return;
      }
      server.server.emit(
        'request',
        Object.assign(fakeRequest(request), { method: request.method }),
        response,
      );
    });
    const client = makeFactory().create('s', { url: front.url, 'x-signalbox': QUICK });
    // The refusal of initialize is told, not that there is no event stream either.
    expect(await rejection(client.connect())).toMatchObject({ code: 'HTTP_ERROR', details: { status: 404 } });
    isStarting = false;
    expect((await client.connect()).metadata).toMatchObject({ transport: 'http' });
    await client.disconnect();
  });
});

/** A request of one fixture, handed to another. */
function fakeRequest(request: {
  readonly path: string;
  readonly headers: object;
  readonly body: string;
}): object {
  return {
    url: request.path,
    headers: request.headers,
    rawHeaders: [],
    async *[Symbol.asyncIterator]() {
      yield await Promise.resolve(Buffer.from(request.body));
    },
  };
}

describe('the registry, under the same conditions', () => {
  function fleet(
    names: readonly string[],
    settings: SignalboxSettings = {},
  ): { registry: ServerRegistry; servers: Record<string, MemoryServer> } {
    const factory = makeFactory();
    const servers = Object.fromEntries(names.map((name) => [name, new MemoryServer()]));
    registerMemory(factory, servers);
    const registry = new ServerRegistry({ factory });
    for (const name of names) registry.register(name, { type: 'memory', url: name, 'x-signalbox': settings });
    return { registry, servers };
  }

  it('a call has its own time while the server is away', async () => {
    const { registry, servers } = fleet(['a']);
    await registry.connectAll();
    servers['a']!.isDown = true;
    servers['a']!.drop();
    await until('it is away', () => !registry.getServer('a')!.isConnected);
    for (const name of ['a__echo', 'a__unknown']) {
      expect(await rejection(registry.callTool(name, {}, { timeoutMs: 100 }))).toMatchObject({ server: 'a' });
    }
    await registry.shutdown();
  });

  it('connectAll settles although a server stays away', async () => {
    const { registry, servers } = fleet(['a', 'b'], { timeouts: { connect: 200 } });
    await registry.connectAll();
    servers['a']!.isDown = true;
    servers['a']!.drop();
    await until('it is away', () => !registry.getServer('a')!.isConnected);
    const outcomes = await registry.connectAll();
    expect(outcomes.get('a')).toMatchObject({ success: false, error: { code: 'CONNECT_TIMEOUT' } });
    expect(outcomes.get('b')).toMatchObject({ success: true });
    await registry.shutdown();
  });

  it('shutdown during connectAll: nothing is connected afterwards', async () => {
    const names = Array.from({ length: 24 }, (_, index) => `s${index}`);
    const { registry, servers } = fleet(names);
    for (const server of Object.values(servers)) server.silent.add('tools/list');
    const connecting = registry.connectAll();
    await until('some are connected', () => registry.getConnectedServers().length > 0);
    await registry.shutdown({ drainMs: 0 });
    const outcomes = await connecting;
    expect([...outcomes.values()].some(({ error }) => error?.code === 'CONNECTION_CLOSED')).toBe(true);
    const connections = (): number => Object.values(servers).reduce((sum, server) => sum + server.open, 0);
    expect(connections()).toBe(0);
  });

  it('F-016 calls do not drive a crash loop', async () => {
    const journal = join(directory, 'crash-loop');
    const factory = makeFactory();
    const registry = new ServerRegistry({ factory });
    registry.register('s', faultyEntry({ journal, era: 'legacy', start: ['exit:1'] }, { retry: false }));
    await registry.connectAll();
    const starts = (): number => readJournal(journal).filter(({ started }) => started !== undefined).length;
    const before = starts();
    for (let call = 0; call < 5; call++) {
      expect(await rejection(registry.callTool('s__x'))).toMatchObject({
        code: 'SERVER_UNAVAILABLE',
        cause: { code: 'CONNECT_FAILED' },
      });
    }
    expect(starts()).toBe(before);
    await registry.shutdown();
  });

  it('a list that could not be read is missing, not empty', async () => {
    const { registry, servers } = fleet(['a'], { timeouts: { request: 100 } });
    servers['a']!.silent.add('tools/list');
    await registry.connectAll();
    const { items, missing, complete } = await registry.listTools();
    expect(items).toEqual([]);
    expect(missing).toEqual([
      { server: 'a', reason: expect.stringContaining('tools could not be listed') as string },
    ]);
    expect(complete).toBe(false);
    expect((await registry.listPrompts()).complete).toBe(true);
    await registry.shutdown();
  });

  it('a disabled server stays disabled', async () => {
    const { registry } = fleet(['a']);
    registry.register('off', { type: 'memory', url: 'a', disabled: true });
    expect(await registry.markAvailable('off')).toMatchObject({
      success: false,
      error: { code: 'SERVER_UNAVAILABLE' },
    });
    await registry.shutdown();
  });
});
