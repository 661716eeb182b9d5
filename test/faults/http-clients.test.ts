import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { ServerEntry } from '../../src/config/entry.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { QUICK, recordStates, rejection, testFactories } from '../helpers/clients.ts';
import { openStream, sseEvent, startHttpFixture } from '../helpers/http-fixture.ts';
import { startMcpHttp } from '../helpers/mcp-http.ts';
import { EVERYWHERE, testPeers } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

const holes: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(holes.splice(0).map((hole) => hole.close()));
});

/** An address that accepts connections and never says a word. */
async function blackHole(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  holes.push({
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

const within = (type: string, url: string, connect: number): ServerEntry => ({
  type,
  url,
  'x-signalbox': { ...QUICK, timeouts: { ...QUICK.timeouts, connect } },
});

describe('a server that is silent while it is connected to', () => {
  it.each(['http', 'sse'])('F-069 accepts and says nothing (%s): CONNECT_TIMEOUT', async (type) => {
    const client = makeFactory().create('s', within(type, await blackHole(), 400));
    expect(await rejection(client.connect())).toMatchObject({ code: 'CONNECT_TIMEOUT', delivered: 'no' });
    expect(client.state).toBe('error');
  });

  it.each([
    ['nothing', ''],
    ['a megabyte of other events', sseEvent({ event: 'noise', data: 'x'.repeat(1000) }).repeat(1000)],
  ])(
    'F-117 says %s in place of its endpoint: CONNECT_TIMEOUT, and the stream is closed',
    async (_what, text) => {
      const server = await startHttpFixture((_request, response) => {
        openStream(response);
        response.write(text);
      });
      const client = makeFactory().create('s', within('sse', server.url, 400));
      expect(await rejection(client.connect())).toMatchObject({ code: 'CONNECT_TIMEOUT' });
      expect(server.of('POST')).toEqual([]);
    },
  );
});

describe('a server that asks for another attempt', () => {
  it.each([408, 425])('F-078 HTTP %i: the call is made once more, and executed once', async (status) => {
    const server = await startMcpHttp({ era: 'modern' });
    const client = await makeFactory().createAndConnect('s', within('http', server.url, 8000));
    server.faults.push((_request, response) => void response.writeHead(status).end());
    expect(await client.callTool('echo', { n: 1 })).toMatchObject({ content: [{ text: '{"n":1}' }] });
    expect(server.calls).toBe(1);
    // Not for ever: who always says so is believed in the end.
    server.faults.push(
      ...Array.from(
        { length: 50 },
        () => (_: number, response: { writeHead(code: number): { end(): void } }) =>
          response.writeHead(status).end(),
      ),
    );
    const error = await rejection(client.callTool('echo', {}, { timeoutMs: 4000 }));
    expect(error).toMatchObject({ code: 'HTTP_ERROR', delivered: 'no', details: { status } });
    expect(server.calls).toBe(1);
    expect(server.faults.length).toBeGreaterThan(30);
  });
});

describe('a server of HTTP+SSE', () => {
  async function connected(): Promise<{ peer: Awaited<ReturnType<typeof startPeer>>; client: McpClient }> {
    const peer = await startPeer({ wire: 'sse', on: { 'tools/call': () => {} } });
    const client = await makeFactory().createAndConnect('s', peer.entry({ restart: { limit: 5 } }));
    return { peer, client };
  }

  it('F-119 accepts a call and never answers: REQUEST_TIMEOUT', async () => {
    const { client } = await connected();
    const error = await rejection(client.callTool('echo', {}, { timeoutMs: 200 }));
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'unknown' });
    expect(client.state).toBe('connected');
  });

  it('F-120 loses its stream: all calls fail at once, and a new session is begun', async () => {
    const { peer, client } = await connected();
    const states = recordStates(client);
    const calls = Array.from({ length: 5 }, () => rejection(client.callTool('echo')));
    await peer.nth('tools/call', 5);
    peer.drop();
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', cause: { code: 'CONNECTION_LOST' } });
    }
    expect(await client.listTools()).toHaveLength(1);
    expect(states.map(({ to }) => to)).toEqual(['reconnecting', 'initializing', 'connected']);
    expect(peer.of('initialize')).toHaveLength(2);
    expect(peer.connections).toBe(2);
    // What was in flight was not made again by itself.
    expect(peer.of('tools/call')).toHaveLength(5);
  });
});

describe.each(EVERYWHERE)('lists of a server of the $era era over $wire', ({ era, wire }) => {
  it('F-122 cursors without end: the list ends at the pages allowed, with a warning', async () => {
    const peer = await startPeer({ era, wire });
    let pages = 0;
    peer.on.set('tools/list', (exchange) => {
      pages++;
      exchange.reply({ tools: [{ name: `t${pages}`, inputSchema: {} }], nextCursor: `fresh-${pages}` });
    });
    const client = await makeFactory().createAndConnect('s', peer.entry());
    const warnings: string[] = [];
    client.on('warning', ({ message }) => warnings.push(message));
    expect(await client.listTools()).toHaveLength(100);
    expect(pages).toBe(100);
    expect(warnings).toEqual(['the answer to tools/list was cut: it has more than 100 pages']);
  });

  it('F-124 a name that stands twice: the first counts, with a warning', async () => {
    const peer = await startPeer({ era, wire });
    peer.tools = ['a', 'b', 'a', 'a'].map((name, index) => ({
      name,
      description: String(index),
      inputSchema: { type: 'object' },
    }));
    const registry = new ServerRegistry({ factory: makeFactory() });
    const warnings: string[] = [];
    registry.on('server', ({ type, reason }) => type === 'warning' && warnings.push(reason));
    registry.register('s', peer.entry());
    await registry.connectAll();
    const { items } = await registry.listTools();
    expect(items.map(({ name, tool }) => [name, tool.description])).toEqual([
      ['s__a', '0'],
      ['s__b', '1'],
    ]);
    expect(warnings).toEqual(['2 entries of tools/list repeat a "name"; the first one counts']);
    await registry.shutdown({ drainMs: 0 });
  });

  it('F-127 one that hangs: the others are listed, and what is missing is said', async () => {
    const peer = await startPeer({ era, wire });
    const slow = await startPeer({ era, wire, on: { 'tools/list': () => {} } });
    const registry = new ServerRegistry({ factory: makeFactory(), listWaitMs: 100 });
    registry.register('good', peer.entry());
    registry.register('slow', slow.entry());
    void registry.connectAll();
    await until('both are connected', () => registry.getConnectedServers().length === 2);
    await peer.nth('tools/list');
    await until('the good one is listed', () => registry.findTool('good__echo') !== undefined);
    const { items, missing, complete } = await registry.listTools();
    expect(items.map(({ name }) => name)).toEqual(['good__echo']);
    expect(missing).toEqual([{ server: 'slow', reason: 'it has not been read yet' }]);
    expect(complete).toBe(false);
    expect(await registry.callTool('good__echo')).toMatchObject({ content: [{ text: '{}' }] });
    await registry.shutdown({ drainMs: 0 });
  });
});
