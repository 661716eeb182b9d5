import { describe, expect, it } from 'vitest';
import { rejection, testFactories } from '../helpers/clients.ts';
import { EVERYWHERE, LEGACY_WIRES, testPeers } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

describe.each(EVERYWHERE)('the health of a $era server over $wire', ({ era, wire }) => {
  const method = era === 'modern' ? 'server/discover' : 'ping';

  it('H25-16b is asked for again and again while nothing else is said', async () => {
    const peer = await startPeer({ era, wire });
    const client = makeFactory().create('s', peer.entry({ health: { intervalMs: 20 } }));
    await client.connect();
    const before = peer.of(method).length;
    await until('it has been asked five times', () => peer.of(method).length >= before + 5);
    expect(client.state).toBe('connected');
    expect(client.health.latencyMs).toBeGreaterThan(0);
    expect(peer.connections).toBeLessThanOrEqual(1);
    await client.disconnect();
  });

  it('gives a connection up on which nobody answers, and fails what was in flight', async () => {
    const peer = await startPeer({ era, wire });
    const health = {
      intervalMs: 50,
      degradedIntervalMs: 20,
      timeoutMs: 150,
      unhealthyAfter: 2,
      slowMs: false,
    } as const;
    const client = makeFactory().create('s', peer.entry({ health }));
    await client.connect();
    const changes: string[] = [];
    client.on('state', ({ to, reason }) => changes.push(`${to}: ${reason}`));
    client.on('health', ({ to, cause }) => changes.push(`${to}: ${cause}`));
    let asked = 0;
    peer.on.set(method, (exchange) => {
      // The third is of the new connection, where the method sets it up.
      if (++asked > 2) exchange.proceed();
    });
    peer.on.set('tools/call', () => {});
    await until('the first check was missed', () => changes.includes('degraded: missed'));
    const call = rejection(client.callTool('echo', {}, { timeoutMs: 160 }));
    await until('it is connected again', () => changes.some((change) => change.startsWith('connected')));
    expect(await call).toMatchObject({ delivered: 'unknown' });
    const lost = changes.findIndex((change) => change.startsWith('reconnecting'));
    expect(changes[lost]).toMatch(/[2-9] health checks in a row had no answer within 150 ms/u);
    expect(changes.slice(0, lost)).toEqual(['degraded: missed', 'unhealthy: missed']);
    await until('it has recovered', () => client.health.state === 'healthy');
    peer.on.delete('tools/call');
    expect(await client.callTool('echo')).toMatchObject({ content: [{ type: 'text' }] });
    await client.disconnect();
  });

  it("is nobody's business with health: false", async () => {
    const peer = await startPeer({ era, wire });
    const factory = makeFactory();
    const client = factory.create('s', peer.entry({ health: false }));
    // Of the same factory, and asked many times meanwhile.
    const other = factory.create('other', peer.entry({ health: { intervalMs: 10 } }));
    await client.connect();
    expect(client.health).toMatchObject({ state: 'healthy', nextCheckMs: null, checkedAt: null });
    await other.connect();
    await until('the other was checked', () => other.stats().requestsSent >= 10);
    expect([client.stats().requestsSent, client.health.checkedAt]).toEqual([0, null]);
    await factory.shutdownAll();
  });

  it('is told by healthCheck() whatever happens', async () => {
    const peer = await startPeer({ era, wire });
    const client = makeFactory().create('s', peer.entry({ health: { timeoutMs: 1500, intervalMs: false } }));
    await client.connect();
    expect(await client.healthCheck()).toMatchObject({ healthy: true, error: undefined });
    peer.on.set(method, () => {});
    expect(await client.healthCheck()).toMatchObject({
      healthy: false,
      latencyMs: undefined,
      error: { code: 'REQUEST_TIMEOUT' },
    });
    await client.disconnect();
  });
});

describe.each(LEGACY_WIRES)('a legacy server over %s that does not know ping', (wire) => {
  const LISTS = ['prompts/list', 'tools/list', 'resources/list'];

  it.each([
    [{ tools: {}, resources: {}, prompts: {} }, 'prompts/list'],
    [{ tools: {}, resources: {} }, 'tools/list'],
    [{ resources: {} }, 'resources/list'],
  ])('and declares %j is asked for one page of %s, on this connection', async (capabilities, list) => {
    const peer = await startPeer({ era: 'legacy', wire, capabilities });
    peer.on.set('ping', (exchange) => exchange.error(-32601));
    peer.on.set(list, (exchange) => exchange.reply({ [list.split('/')[0]!]: [], nextCursor: 'more' }));
    const client = makeFactory().create('s', peer.entry({ health: false }));
    await client.connect();
    for (let pings = 0; pings < 3; pings++) expect(await client.ping()).toBeGreaterThan(0);
    const asked = (): string[] =>
      peer.methods().filter((method) => method === 'ping' || LISTS.includes(method));
    expect(asked()).toEqual(['ping', list, list, list]);
    // The server may have been replaced by a better one.
    await client.reconnect();
    await client.ping();
    expect(asked().slice(4)).toEqual(['ping', list]);
    await client.disconnect();
  });

  it('and declares nothing lives as long as it says so', async () => {
    const peer = await startPeer({ era: 'legacy', wire, capabilities: {} });
    peer.on.set('ping', (exchange) => exchange.error(-32601));
    const client = makeFactory().create('s', peer.entry({ health: { intervalMs: 20 } }));
    await client.connect();
    expect(await client.ping()).toBeGreaterThan(0);
    await until('it was checked four times', () => peer.of('ping').length >= 5);
    expect(peer.received.filter(({ message }) => LISTS.includes(message.method ?? ''))).toEqual([]);
    expect(client.health.state).toBe('healthy');
    await client.disconnect();
  });

  it('stays healthy by its lists', async () => {
    const peer = await startPeer({ era: 'legacy', wire });
    peer.on.set('ping', (exchange) => exchange.error(-32601));
    const client = makeFactory().create('s', peer.entry({ health: { intervalMs: 20 } }));
    await client.connect();
    await until('it was checked four times', () => peer.of('prompts/list').length >= 4);
    expect([client.health.state, peer.of('ping').length]).toEqual(['healthy', 1]);
    await client.disconnect();
  });
});

describe('servers that have forgotten their sessions', () => {
  it('are no trouble: they have said so', async () => {
    const factory = makeFactory();
    const peers = await Promise.all([1, 2, 3].map(() => startPeer({ era: 'legacy', wire: 'http' })));
    const clients = peers.map((peer, index) => factory.create(`s${index}`, peer.entry()));
    await Promise.all(clients.map((client) => client.connect()));
    for (const peer of peers) {
      peer.on.set('initialize', () => {});
      peer.drop();
    }
    const pings = clients.map((client) => rejection(client.ping({ timeoutMs: 300 })));
    await until('all are renewed', () => clients.every(({ isConnected }) => !isConnected));
    expect(clients[0]!.health.panic).toBe(false);
    await Promise.all(pings);
    await factory.shutdownAll({ drainMs: 0 });
  });
});

describe('ping', () => {
  it('outlives the loss of the session, once', async () => {
    const peer = await startPeer({ era: 'legacy', wire: 'http' });
    const client = makeFactory().create('s', peer.entry({ health: false }));
    await client.connect();
    peer.drop();
    expect(await client.ping()).toBeGreaterThan(0);
    expect([peer.connections, peer.of('initialize').length]).toEqual([2, 2]);
    // It loses each session again.
    peer.on.set('ping', (exchange) => exchange.error(-32001, 'Session not found', undefined, 404));
    expect(await rejection(client.ping())).toMatchObject({ code: 'SESSION_LOST' });
    expect(peer.of('ping').length).toBe(3);
    peer.on.clear();
    await client.disconnect();
  });

  it('takes no longer than its time, the renewal of the session included', async () => {
    const peer = await startPeer({ era: 'legacy', wire: 'http' });
    const client = makeFactory().create('s', peer.entry({ health: false }));
    await client.connect();
    peer.on.set('initialize', () => {});
    peer.drop();
    expect(await rejection(client.ping({ timeoutMs: 200 }))).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    await client.disconnect({ drainMs: 0 });
  });

  it('asks a modern server past what is kept of it', async () => {
    const peer = await startPeer({ era: 'modern', wire: 'http' });
    peer.ttlMs = 60_000;
    const client = makeFactory().create('s', peer.entry({ health: false }));
    await client.connect();
    const before = peer.of('server/discover').length;
    await client.ping();
    await client.ping();
    expect(peer.of('server/discover')).toHaveLength(before + 2);
    await client.disconnect();
  });

  it('gets through where calls are refused and places are taken', async () => {
    const peer = await startPeer({ era: 'modern', wire: 'http' });
    const concurrency = { maxInFlight: 1, maxQueued: 0 };
    const client = makeFactory().create('s', peer.entry({ health: false, concurrency }));
    await client.connect();
    peer.on.set('tools/call', () => {});
    const abort = new AbortController();
    const call = rejection(client.callTool('echo', {}, { signal: abort.signal }));
    await peer.nth('tools/call');
    expect(await client.ping()).toBeGreaterThan(0);
    client.circuit!.isolate();
    expect(await client.ping()).toBeGreaterThan(0);
    abort.abort();
    await call;
    await client.disconnect();
  });
});

describe('health and the circuit', () => {
  it('believes the circuit as it is, when a listener changes it while it is told of a change', async () => {
    const peer = await startPeer({ era: 'modern', wire: 'http' });
    const client = makeFactory().create('s', peer.entry({ breaker: { consecutiveFailures: 1 } }));
    await client.connect();
    const changes: string[] = [];
    client.on('circuit', ({ to }) => {
      changes.push(to);
      if (to === 'open') client.circuit!.reset();
    });
    peer.on.set('tools/call', () => {});
    await rejection(client.callTool('echo', {}, { timeoutMs: 50 }));
    expect(changes).toEqual(['open', 'closed']);
    expect(client.health.cause).not.toBe('breaker');
    await client.disconnect();
  });
});
