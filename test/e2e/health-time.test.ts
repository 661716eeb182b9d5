import { describe, expect, it } from 'vitest';
import type { HealthChange } from '../../src/client/health/health-snapshot.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { recordStates, rejection, testFactories } from '../helpers/clients.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { RecordingLogger } from '../helpers/stdio-probe.ts';

const makeFactory = testFactories();
/** What a modern server is pinged with. */
const PING = 'server/discover';

interface Bench {
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;
  readonly servers: readonly MemoryServer[];
  readonly clients: readonly McpClient[];
  /** Of the first server. */
  readonly server: MemoryServer;
  readonly client: McpClient;
  readonly changes: HealthChange[];
  readonly pings: () => number;
}

/** Connected servers whose checks have no jitter. */
async function connected(
  health: SignalboxSettings['health'] = {},
  more: SignalboxSettings = {},
  count = 1,
): Promise<Bench> {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const servers = Array.from({ length: count }, () => new MemoryServer());
  const factory = makeFactory({ clock, logger, random: () => 0.5 });
  registerMemory(factory, Object.fromEntries(servers.map((server, index) => [`s${index}`, server])));
  const clients = servers.map((_server, index) =>
    factory.create(`s${index}`, { type: 'memory', url: `s${index}`, 'x-signalbox': { health, ...more } }),
  );
  await Promise.all(clients.map((client) => client.connect()));
  const [server, client] = [servers[0]!, clients[0]!];
  const changes: HealthChange[] = [];
  client.on('health', (change) => changes.push(change));
  const before = server.methods().filter((method) => method === PING).length;
  const pings = (): number => server.methods().filter((method) => method === PING).length - before;
  return { clock, logger, servers, clients, server, client, changes, pings };
}

/** Answers the last ping, late. */
function answerPing(server: MemoryServer): void {
  const { id } = server.received.findLast(({ method }) => method === PING)!;
  server.raw(
    JSON.stringify({ jsonrpc: '2.0', id, result: { supportedVersions: ['2026-07-28'], capabilities: {} } }),
  );
}

describe('a server that nobody uses', () => {
  it('is asked from time to time, and stays healthy however long that goes on', async () => {
    const { clock, client, changes, pings, server } = await connected();
    await clock.advance(29_999);
    expect(pings()).toBe(0);
    await clock.advance(1);
    expect(pings()).toBe(1);
    expect(client.health).toMatchObject({
      state: 'healthy',
      cause: null,
      latencyMs: 0,
      ewmaMs: 0,
      nextCheckMs: 30_000,
    });
    await clock.advance(3_600_000);
    expect(pings()).toBe(121);
    expect([changes, server.connections, client.health.state]).toEqual([[], 1, 'healthy']);
  });

  it.each<[SignalboxSettings['health']]>([[false], [{ intervalMs: false }]])(
    'is left alone with health: %j',
    async (health) => {
      const { clock, client, server, pings } = await connected(health);
      server.silent.add(PING);
      await clock.advance(100);
      expect(clock.pendingTimers).toBe(0);
      await clock.advance(3_600_000);
      expect([pings(), client.health.state, client.health.nextCheckMs]).toEqual([0, 'healthy', null]);
    },
  );
});

describe('a server that speaks', () => {
  it('is not asked: its answers are signs of life', async () => {
    const { clock, client, pings } = await connected();
    for (let calls = 0; calls < 20; calls++) {
      await client.callTool('echo');
      await clock.advance(15_000);
    }
    expect([pings(), client.health.state, client.health.latencyMs]).toEqual([0, 'healthy', null]);
    expect(client.health.checkedAt).not.toBeNull();
    await clock.advance(60_000);
    expect(pings()).toBeGreaterThan(0);
  });

  it('is not asked: whatever it tells by itself is one, too', async () => {
    const { clock, server, pings } = await connected();
    for (let notes = 0; notes < 20; notes++) {
      server.notify('notifications/message', { level: 'info', data: 'working' });
      await clock.advance(15_000);
    }
    expect(pings()).toBe(0);
  });

  it('is taken for alive, but slow, if it says something else while it is asked', async () => {
    const { clock, server, client } = await connected({ unhealthyAfter: 1 });
    server.silent.add(PING);
    await clock.advance(32_000);
    server.notify('notifications/message', { level: 'info', data: 'busy' });
    await clock.advance(3100);
    expect(client.health).toMatchObject({ state: 'degraded', cause: 'slow' });
    expect(server.connections).toBe(1);
  });
});

describe('a server that falls silent', () => {
  it('is asked more often, then gets a new connection, and proves itself on it', async () => {
    const { clock, server, client, changes, pings } = await connected();
    const states = recordStates(client);
    server.silent.add(PING);
    await clock.advance(35_020);
    expect(client.health).toMatchObject({ state: 'degraded', cause: 'missed' });
    expect(client.health.nextCheckMs).toBeLessThanOrEqual(5000);
    await clock.advance(10_000);
    expect(client.health).toMatchObject({ state: 'degraded', cause: 'missed' });
    expect(pings()).toBe(2);
    // The third one fails: the connection is given up at once.
    await clock.advance(9990);
    server.silent.clear();
    await clock.advance(1000);
    expect(states.map(({ to }) => to)).toEqual(['reconnecting', 'initializing', 'connected']);
    expect(states[0]!.error).toMatchObject({
      code: 'CONNECTION_LOST',
      retryable: true,
      details: { misses: 3, timeoutMs: 5000 },
    });
    expect(server.connections).toBe(2);
    expect(client.health).toMatchObject({ state: 'degraded', cause: 'missed' });
    await clock.advance(10_000);
    expect(client.health).toMatchObject({ state: 'healthy', cause: null, nextCheckMs: expect.any(Number) });
    expect(client.health.nextCheckMs).toBeGreaterThan(5000);
    expect(changes).toEqual([
      { from: 'healthy', to: 'degraded', cause: 'missed', recovered: false },
      { from: 'degraded', to: 'unhealthy', cause: 'missed', recovered: false },
      { from: 'unhealthy', to: 'degraded', cause: 'missed', recovered: false },
      { from: 'degraded', to: 'healthy', cause: undefined, recovered: true },
    ]);
  });

  it('gets its full number of checks on the new connection, too', async () => {
    const { clock, server, client } = await connected();
    server.silent.add(PING);
    await clock.advance(54_900);
    server.silent.clear();
    await clock.advance(1000);
    expect([client.state, server.connections]).toEqual(['connected', 2]);
    server.silent.add(PING);
    await clock.advance(21_000);
    expect([client.health.state, server.connections]).toEqual(['degraded', 2]);
    await clock.advance(10_000);
    expect([client.health.state, server.connections]).toEqual(['unhealthy', 3]);
  });

  it('recovers by itself where it answers in time', async () => {
    const { clock, server, client, changes } = await connected();
    server.silent.add(PING);
    await clock.advance(46_000);
    server.silent.clear();
    await clock.advance(10_000);
    expect([client.health.state, server.connections]).toEqual(['healthy', 1]);
    expect(changes.map(({ to }) => to)).toEqual(['degraded', 'healthy']);
  });

  it('is left to its work as long as a call may take', async () => {
    const { clock, server, client, changes } = await connected();
    server.silent.add(PING).add('tools/call');
    const call = client.callTool('echo', {}, { timeoutMs: 200_000 });
    await clock.advance(100_000);
    expect([client.health.state, server.connections]).toEqual(['unhealthy', 1]);
    const { id } = server.received.find(({ method }) => method === 'tools/call')!;
    server.raw(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } }));
    expect(await call).toMatchObject({ content: [] });
    server.silent.clear();
    await clock.advance(60_000);
    expect([client.health.state, server.connections]).toEqual(['healthy', 1]);
    expect(changes.at(-1)).toMatchObject({ recovered: true });
  });

  it('is given up after that time, and what is in flight fails with what is known', async () => {
    const { clock, server, client } = await connected();
    server.silent.add(PING).add('tools/call');
    await clock.advance(25_000);
    const call = rejection(client.callTool('echo', {}, { timeoutMs: 100_000 }));
    await clock.advance(74_000);
    expect([client.health.state, server.connections]).toEqual(['unhealthy', 1]);
    await clock.advance(25_000);
    expect(await call).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      delivered: 'unknown',
      cause: { code: 'CONNECTION_LOST' },
    });
    expect(server.connections).toBe(2);
  });
});

describe('a slow server', () => {
  it('is degraded, however much it says, until it is measured to be quick', async () => {
    const { clock, server, client, changes } = await connected();
    server.silent.add(PING);
    const answerLate = async (ms: number): Promise<void> => {
      await clock.advance(ms);
      answerPing(server);
      await clock.advance(0);
    };
    await clock.advance(30_000);
    await answerLate(2500);
    expect(client.health).toMatchObject({ state: 'degraded', cause: 'slow', latencyMs: 2500, ewmaMs: 2500 });
    for (let checks = 0; checks < 4; checks++) {
      server.notify('notifications/message', { level: 'info', data: 'chatter' });
      await clock.advance(5000);
      // Above half of what made it slow.
      await answerLate(1200);
      expect(client.health).toMatchObject({ state: 'degraded', cause: 'slow', latencyMs: 1200 });
    }
    server.silent.clear();
    await clock.advance(10_000);
    expect(client.health).toMatchObject({ state: 'healthy', latencyMs: 0, nextCheckMs: 30_000 });
    expect(client.health.ewmaMs).toBeGreaterThan(0);
    expect(changes.map(({ to, cause }) => [to, cause])).toEqual([
      ['degraded', 'slow'],
      ['healthy', undefined],
    ]);
    expect(server.connections).toBe(1);
  });
});

describe('a server whose calls fail', () => {
  /** Calls that have no answer within 100 ms each. */
  async function failing({ clock, client, server }: Bench, calls: number): Promise<void> {
    server.silent.add('tools/call');
    for (let call = 0; call < calls; call++) {
      const failed = rejection(client.callTool('echo', {}, { timeoutMs: 100 }));
      await clock.advance(120);
      await failed;
    }
    server.silent.delete('tools/call');
  }

  it('is degraded at once, then unhealthy, keeps its connection, and recovers when the window has passed', async () => {
    const bench = await connected({}, { breaker: false });
    const { clock, client, server, changes } = bench;
    await failing(bench, 9);
    expect(client.health.state).toBe('healthy');
    await failing(bench, 1);
    expect(client.health).toMatchObject({ state: 'degraded', cause: 'errors' });
    expect(client.health.nextCheckMs).toBeLessThanOrEqual(5000);
    expect(client.stats().recent).toEqual({ requests: 10, failures: 10, errorRate: 1 });
    await clock.advance(16_000);
    expect(client.health).toMatchObject({ state: 'unhealthy', cause: 'errors' });
    await clock.advance(60_000);
    expect([client.health.state, server.connections, client.stats().recent.requests]).toEqual([
      'healthy',
      1,
      0,
    ]);
    expect(changes.map(({ to }) => to)).toEqual(['degraded', 'unhealthy', 'healthy']);
  });

  it('is not blamed for what are answers: tools that fail, JSON-RPC errors, calls that are aborted', async () => {
    const { client, server } = await connected({}, { breaker: false });
    for (let call = 0; call < 20; call++) await rejection(client.request('no/such', {}));
    server.silent.add('tools/call');
    for (let call = 0; call < 20; call++) {
      const abort = new AbortController();
      const aborted = rejection(client.callTool('echo', {}, { signal: abort.signal }));
      abort.abort();
      await aborted;
    }
    expect(client.stats().recent).toEqual({ requests: 20, failures: 0, errorRate: 0 });
    expect(client.health.state).toBe('healthy');
  });

  it('is degraded when its breaker opens, then unhealthy, and used again when the breaker closes', async () => {
    const bench = await connected(
      { unhealthyAfter: 2, degradedIntervalMs: 1000 },
      { breaker: { openMs: 20_000 } },
    );
    const { clock, client, server, changes } = bench;
    await failing(bench, 5);
    expect(client.circuit!.state).toBe('open');
    expect(client.health).toMatchObject({ state: 'degraded', cause: 'breaker' });
    await clock.advance(2500);
    expect(client.health).toMatchObject({ state: 'unhealthy', cause: 'breaker' });
    // Its time is over and nobody has called: that is doubt, no more.
    await clock.advance(20_000);
    expect(client.circuit!.state).toBe('open');
    expect(client.health).toMatchObject({ state: 'degraded', cause: 'breaker' });
    for (let call = 0; call < 4; call++) await client.callTool('echo');
    expect(client.circuit!.state).toBe('closed');
    await clock.advance(3000);
    expect([client.health.state, server.connections]).toEqual(['healthy', 1]);
    expect(changes.map(({ to }) => to)).toEqual(['degraded', 'unhealthy', 'degraded', 'healthy']);
  });
});

describe('many servers that fall silent together', () => {
  const events = (logger: RecordingLogger): unknown[] =>
    logger.lines.flatMap(({ level, fields }) =>
      String(fields?.['event']).startsWith('health.panic') ? [`${level} ${String(fields?.['event'])}`] : [],
    );

  it('keep their connections: we suspect ourselves, ask once a second in all, and say so once', async () => {
    const { clock, servers, clients, logger } = await connected(
      { degradedIntervalMs: 100, timeoutMs: 50 },
      {},
      4,
    );
    for (const server of servers.slice(0, 3)) server.silent.add(PING);
    await clock.advance(60_000);
    expect(clients.map(({ health }) => [health.state, health.panic])).toEqual([
      ['unhealthy', true],
      ['unhealthy', true],
      ['unhealthy', true],
      ['healthy', true],
    ]);
    expect(servers.map(({ connections }) => connections)).toEqual([1, 1, 1, 1]);
    expect(events(logger)).toEqual(['warn health.panic']);
    for (const server of servers) server.received.length = 0;
    await clock.advance(60_000);
    const asked = servers.reduce((sum, { received }) => sum + received.length, 0);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(60 * 2); // each with its cancellation
    for (const server of servers) server.silent.clear();
    await clock.advance(120_000);
    expect(clients.map(({ health }) => [health.state, health.panic])).toEqual(
      Array(4).fill(['healthy', false]),
    );
    expect(servers.map(({ connections }) => connections)).toEqual([1, 1, 1, 1]);
    expect(events(logger)).toEqual(['warn health.panic', 'info health.panic_over']);
  });

  it('get new connections when that does not pass: the suspicion ends after five minutes', async () => {
    const { clock, servers } = await connected({}, {}, 3);
    for (const server of servers) server.silent.add(PING);
    await clock.advance(300_000);
    expect(servers.map(({ connections }) => connections)).toEqual([1, 1, 1]);
    await clock.advance(120_000);
    expect(servers.every(({ connections }) => connections > 1)).toBe(true);
  });

  it('count as such when they are lost, as long as they are wanted', async () => {
    const { clock, servers, clients } = await connected({}, {}, 3);
    const panic = (): boolean => clients[2]!.health.panic;
    for (const server of servers.slice(0, 2)) {
      server.isDown = true;
      server.drop();
    }
    await clock.advance(10_000);
    expect([clients[0]!.state, panic()]).toEqual(['reconnecting', true]);
    await clients[0]!.disconnect({ drainMs: 0 });
    expect(panic()).toBe(false);
  });

  it('and the one of two that is silent is the one to blame', async () => {
    const { clock, servers, clients } = await connected({}, {}, 2);
    servers[0]!.silent.add(PING);
    await clock.advance(60_000);
    expect(servers.map(({ connections }) => connections > 1)).toEqual([true, false]);
    expect(clients[1]!.health).toMatchObject({ state: 'healthy', panic: false });
  });
});

describe('F-135 a machine that sleeps', () => {
  it('asks each server once when it wakes', async () => {
    const { clock, servers, clients } = await connected({}, {}, 5);
    for (const server of servers) server.received.length = 0;
    clock.jump(9 * 3_600_000);
    await clock.advance(2000);
    expect(servers.map((server) => server.methods())).toEqual(Array(5).fill([PING]));
    expect(clients.map(({ health }) => health.state)).toEqual(Array(5).fill('healthy'));
  });

  it('takes what was heard before for no evidence', async () => {
    const { clock, client, pings } = await connected();
    await client.callTool('echo');
    clock.jump(9 * 3_600_000);
    await clock.advance(2000);
    expect(pings()).toBe(1);
  });

  it('does not hold it against a server that an answer was not awaited', async () => {
    const { clock, server, client, changes, pings } = await connected({ unhealthyAfter: 1 });
    server.silent.add(PING);
    await clock.advance(30_000);
    expect(pings()).toBe(1);
    clock.jump(9 * 3_600_000);
    await clock.advance(1000);
    answerPing(server);
    server.silent.clear();
    await clock.advance(60_000);
    expect([changes, client.health.state, server.connections]).toEqual([[], 'healthy', 1]);
    expect(pings()).toBeGreaterThan(1);
  });
});

describe('nothing is left of a check', () => {
  it('when the client is disconnected, before or while it is made', async () => {
    const { clock, server, client, changes, pings } = await connected();
    await clock.advance(100);
    expect(clock.pendingTimers).toBe(1);
    await client.disconnect();
    expect(clock.pendingTimers).toBe(0);
    await client.connect();
    server.silent.add(PING);
    await clock.advance(31_000);
    expect(pings()).toBeGreaterThan(0);
    const leaving = client.disconnect();
    await clock.advance(20);
    await leaving;
    expect(clock.pendingTimers).toBe(0);
    const asked = pings();
    await clock.advance(3_600_000);
    expect([pings(), changes, client.health.nextCheckMs]).toEqual([asked, [], null]);
  });

  it('when its connection is lost, until there is another', async () => {
    const { clock, server, client, pings } = await connected();
    server.isDown = true;
    server.drop();
    await clock.advance(1);
    expect(client.health.nextCheckMs).toBeNull();
    await clock.advance(3_600_000);
    const asked = pings();
    server.isDown = false;
    await clock.advance(40_000);
    expect(client.state).toBe('connected');
    expect(client.health.nextCheckMs).not.toBeNull();
    await clock.advance(60_000);
    expect(pings()).toBeGreaterThan(asked);
  });
});
