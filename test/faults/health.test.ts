import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { faultyEntry, recordStates, rejection, testFactories } from '../helpers/clients.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { isRunning } from '../helpers/processes.ts';
import { testPeers } from '../helpers/protocol-peer.ts';
import { RecordingLogger } from '../helpers/stdio-probe.ts';
import { until } from '../helpers/until.ts';

const processes = trackProcesses();
const startPeer = testPeers();
const makeFactory = testFactories();

/** Often enough for a test, patient enough for a busy machine. */
const HEALTH = { intervalMs: 50, degradedIntervalMs: 50, timeoutMs: 1500, slowMs: false } as const;
const settings = (health: SignalboxSettings['health'] = {}): SignalboxSettings => ({
  health: health === false ? false : { ...HEALTH, ...health },
});

function pidOf(client: McpClient): number {
  return processes.track(client.diagnostics().transport.pid!);
}

describe('a stdio server that is stopped (SIGSTOP)', () => {
  it('F-019 misses its checks, is restarted, and its calls fail with what is known', async () => {
    const client = makeFactory().create('s', faultyEntry({}, settings()));
    await client.connect();
    const stopped = pidOf(client);
    const states = recordStates(client);
    process.kill(stopped, 'SIGSTOP');
    await until('it is in doubt', () => client.health.state !== 'healthy');
    const call = rejection(client.callTool('echo', {}, { timeoutMs: 1500 }));
    await until('there is another process', () => states.some(({ to }) => to === 'connected'));
    expect(await call).toMatchObject({ delivered: 'unknown' });
    expect(pidOf(client)).not.toBe(stopped);
    expect(isRunning(stopped)).toBe(false);
    expect(states[0]).toMatchObject({ to: 'reconnecting', error: { code: 'CONNECTION_LOST' } });
    expect(await client.callTool('echo', { message: 'again' })).toMatchObject({
      content: [{ text: 'again' }],
    });
    await until('it has proved itself', () => client.health.state === 'healthy');
    expect(client.stats().connections).toBe(2);
    await client.disconnect();
  });

  it('F-019 is not restarted if it goes on in time, and its late answers harm nobody', async () => {
    const client = makeFactory().create('s', faultyEntry({}, settings({ unhealthyAfter: 50 })));
    await client.connect();
    const pid = pidOf(client);
    process.kill(pid, 'SIGSTOP');
    await until('it is in doubt', () => client.health.state === 'degraded');
    expect(client.health.cause).toBe('missed');
    process.kill(pid, 'SIGCONT');
    await until('it has recovered', () => client.health.state === 'healthy');
    expect([client.stats().connections, pidOf(client)]).toEqual([1, pid]);
    expect(await client.callTool('echo', { message: 'x' })).toMatchObject({ content: [{ text: 'x' }] });
    await client.disconnect();
  });

  it('F-019 is left alone with health: false', async () => {
    const factory = makeFactory();
    const client = factory.create('s', faultyEntry({}, settings(false)));
    const other = factory.create('other', faultyEntry({}, settings()));
    await Promise.all([client.connect(), other.connect()]);
    const pid = pidOf(client);
    process.kill(pidOf(other), 'SIGSTOP');
    process.kill(pid, 'SIGSTOP');
    await until('the other is restarted', () => other.stats().connections === 2);
    pidOf(other);
    expect([client.stats().connections, isRunning(pid), client.health.state]).toEqual([1, true, 'healthy']);
    process.kill(pid, 'SIGCONT');
    await factory.shutdownAll();
  });

  it('is not restarted while most others are silent too, but when it is the only one', async () => {
    const logger = new RecordingLogger();
    const factory = makeFactory({ logger });
    const quick = settings({ unhealthyAfter: 2, recoverAfter: 1 });
    const clients = ['a', 'b', 'c'].map((name) => factory.create(name, faultyEntry({}, quick)));
    await Promise.all(clients.map((client) => client.connect()));
    const pids = clients.map(pidOf);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await until(
      'all are unhealthy',
      () => clients.every(({ health }) => health.state === 'unhealthy'),
      20_000,
    );
    expect(clients.map((client) => [client.health.panic, client.state])).toEqual(
      Array(3).fill([true, 'connected']),
    );
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await until(
      'all have recovered',
      () => clients.every(({ health }) => health.state === 'healthy'),
      20_000,
    );
    expect(clients.map((client) => [client.health.panic, client.stats().connections])).toEqual(
      Array(3).fill([false, 1]),
    );
    const told = logger.lines.filter(({ fields }) => fields?.['event'] === 'health.panic');
    expect(told).toMatchObject([{ level: 'warn' }]);

    process.kill(pids[0]!, 'SIGSTOP');
    await until('it is restarted', () => clients[0]!.stats().connections === 2);
    pidOf(clients[0]!);
    expect(clients.slice(1).map((client) => client.stats().connections)).toEqual([1, 1]);
    await factory.shutdownAll();
  });
});

describe('an HTTP server', () => {
  it.each(['legacy', 'modern'] as const)(
    'of the %s era that goes silent gets a new connection when it is back',
    async (era) => {
      const peer = await startPeer({ era, wire: 'http' });
      // An attempt that meets the silence shall end soon.
      const entry = peer.entry({ ...settings(), timeouts: { connect: 3000 } });
      const client = makeFactory().create('s', entry);
      await client.connect();
      const healths: string[] = [];
      const states = recordStates(client);
      client.on('health', ({ to, recovered }) => healths.push(recovered ? `${to}!` : to));
      const all = ['server/discover', 'initialize', 'ping', 'tools/list'];
      for (const method of all) peer.on.set(method, () => {});
      await until('its connection is given up', () => states[0]?.to === 'reconnecting');
      expect(healths).toEqual(['degraded', 'unhealthy']);
      peer.on.clear();
      await until('it has recovered', () => healths.at(-1) === 'healthy!');
      expect(healths).toEqual(['degraded', 'unhealthy', 'degraded', 'healthy!']);
      expect(await client.listTools()).toHaveLength(1);
      await client.disconnect();
    },
  );

  it('that becomes slow is degraded, used all the same, and recovers', async () => {
    const peer = await startPeer({ era: 'modern', wire: 'http' });
    const client = makeFactory().create('s', peer.entry(settings({ slowMs: 200, timeoutMs: 5000 })));
    await client.connect();
    peer.on.set('server/discover', async (exchange) => {
      await new Promise((resolve) => setTimeout(resolve, 220));
      exchange.proceed();
    });
    await until('it is degraded', () => client.health.state === 'degraded');
    expect(client.health.cause).toBe('slow');
    expect(client.health.latencyMs).toBeGreaterThanOrEqual(200);
    expect(await client.callTool('echo')).toMatchObject({ content: [{ type: 'text' }] });
    peer.on.clear();
    await until('it has recovered', () => client.health.state === 'healthy');
    expect(client.stats().connections).toBe(1);
    await client.disconnect();
  });

  it('that answers with errors is degraded for its errors and keeps its connection', async () => {
    const peer = await startPeer({ era: 'modern', wire: 'http' });
    const client = makeFactory().create('s', peer.entry({ ...settings(), breaker: false }));
    await client.connect();
    peer.on.set('tools/call', (exchange) => exchange.error(-32603, 'broken', undefined, 500));
    for (let call = 0; call < 12; call++) await rejection(client.callTool('echo'));
    const { failures, errorRate } = client.stats().recent;
    // A JSON-RPC error is an answer, whatever its HTTP status.
    expect([failures, errorRate, client.health.state]).toEqual([0, 0, 'healthy']);
    peer.on.set('tools/call', (exchange) => exchange.end());
    for (let call = 0; call < 12; call++) await rejection(client.callTool('echo'));
    await until('it is unhealthy', () => client.health.state === 'unhealthy');
    expect([client.health.cause, client.state, client.stats().connections]).toEqual([
      'errors',
      'connected',
      1,
    ]);
    await client.disconnect();
  });
});
