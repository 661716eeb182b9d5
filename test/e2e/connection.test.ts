import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { recordStates, rejection, testFactories } from '../helpers/clients.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';

const makeFactory = testFactories();

interface Bench {
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  readonly client: McpClient;
}

function bench(settings: SignalboxSettings = {}, random: () => number = () => 0.5): Bench {
  const clock = new FakeClock();
  const server = new MemoryServer();
  const factory = makeFactory({ clock, random });
  registerMemory(factory, { here: server });
  const client = factory.create('s', { type: 'memory', url: 'here', 'x-signalbox': settings });
  return { clock, server, client };
}

describe('connecting', () => {
  it('retries with full jitter and gives up after the attempts allowed', async () => {
    const { clock, server, client } = bench({ retry: { maxAttempts: 3, baseMs: 1000, maxMs: 10_000 } });
    server.isDown = true;
    const states = recordStates(client);
    const connecting = rejection(client.connect());
    await clock.advance(0);
    expect(server.connections).toBe(1);
    expect(client.connectionState).toMatchObject({ kind: 'connecting', attempt: 2 });
    await clock.advance(499);
    expect(server.connections).toBe(1);
    await clock.advance(1);
    expect(server.connections).toBe(2);
    await clock.advance(1000);
    expect(await connecting).toMatchObject({ code: 'CONNECT_FAILED', server: 's' });
    expect(server.connections).toBe(3);
    expect(client.state).toBe('error');
    expect(states.at(-1)).toMatchObject({ to: 'error', error: { code: 'CONNECT_FAILED' } });
    // Nothing but the pause before an attempt in the background.
    expect(clock.pendingTimers).toBe(1);
    expect(clock.nextTimerIn).toBeGreaterThan(50_000);
    await client.disconnect();
    expect(clock.pendingTimers).toBe(0);
  });

  it('is shared by everybody who asks for it', async () => {
    const { server, client } = bench();
    const results = await Promise.all([client.connect(), client.connect(), client.initialize()]);
    expect(server.connections).toBe(1);
    expect(results[0]).toEqual(results[2]);
    expect(await client.connect()).toMatchObject({ success: true });
    expect(server.connections).toBe(1);
  });

  it('F-137 is given up when the only one who asked aborts, and goes on while another waits', async () => {
    const { clock, server, client } = bench();
    server.silent.add('server/discover').add('initialize');
    const one = new AbortController();
    const two = new AbortController();
    const first = rejection(client.connect({ signal: one.signal }));
    const second = rejection(client.connect({ signal: two.signal }));
    await clock.advance(10);
    one.abort();
    expect(await first).toMatchObject({ code: 'REQUEST_ABORTED' });
    expect(client.state).toBe('initializing');
    two.abort();
    expect(await second).toMatchObject({ code: 'REQUEST_ABORTED' });
    await clock.advance(10);
    expect(client.state).toBe('disconnected');
    expect(clock.pendingTimers).toBe(0);
  });

  it('F-005 ends with CONNECT_TIMEOUT', async () => {
    const { clock, server, client } = bench({ timeouts: { connect: 5000 }, retry: false });
    server.silent.add('server/discover').add('initialize');
    const connecting = rejection(client.connect());
    await clock.advance(5000);
    expect(await connecting).toMatchObject({ code: 'CONNECT_TIMEOUT', details: { connectMs: 5000 } });
  });

  it('calls before connect() say so', async () => {
    const { client } = bench();
    expect(await rejection(client.callTool('echo'))).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await client.healthCheck()).toMatchObject({
      healthy: false,
      error: { code: 'CONNECTION_CLOSED' },
    });
  });
});

describe('reconnecting', () => {
  it('a call that finds the connection broken waits for the new one', async () => {
    const { clock, server, client } = bench();
    await client.connect();
    server.drop();
    await clock.advance(0);
    expect(client.state).toBe('reconnecting');
    const call = client.callTool('echo', { n: 1 });
    await clock.advance(250);
    expect(await call).toMatchObject({ content: [{ text: '{"n":1}' }] });
    expect(server.methods().filter((method) => method === 'tools/call')).toHaveLength(1);
  });

  it('a call does not wait longer than its time, and was not sent then', async () => {
    const { clock, server, client } = bench();
    await client.connect();
    server.isDown = true;
    server.drop();
    await clock.advance(0);
    const call = rejection(client.callTool('echo', {}, { timeoutMs: 3000 }));
    await clock.advance(3000);
    expect(await call).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'no' });
  });

  it('goes on until the server is back, with growing delays', async () => {
    const { clock, server, client } = bench(
      { retry: { maxAttempts: 1, baseMs: 1000, maxMs: 8000 } },
      () => 0.999_999,
    );
    await client.connect();
    server.isDown = true;
    server.drop();
    await clock.advance(60_000);
    // 0.25, then up to 2, 4, 8, 8, 8, … seconds: a minute holds about ten attempts, not hundreds.
    expect(server.connections).toBeGreaterThan(6);
    expect(server.connections).toBeLessThan(14);
    server.isDown = false;
    await clock.advance(8000);
    expect(client.state).toBe('connected');
  });

  it('F-017 a server that dies only once a minute is brought back every time, without growing delays', async () => {
    const { clock, server, client } = bench();
    await client.connect();
    for (let round = 0; round < 10; round++) {
      await clock.advance(61_000);
      server.drop();
      await clock.advance(250);
      expect(client.state).toBe('connected');
    }
    expect(client.stats().connections).toBe(11);
  });

  it('F-105 a connection that breaks at once does not become a hot loop', async () => {
    const { clock, server, client } = bench({}, () => 0.999_999);
    client.on('state', ({ to }) => {
      if (to === 'connected') queueMicrotask(() => server.drop());
    });
    await client.connect();
    await clock.advance(60_000);
    expect(server.connections).toBeLessThan(12);
  });

  it('F-134 a jump of the wall clock changes nothing', async () => {
    const { clock, client } = bench();
    await client.connect();
    clock.setWall(clock.wallNow() - 86_400_000);
    await clock.advance(1000);
    expect(client.stats().uptimeMs).toBe(1000);
    expect(client.isConnected).toBe(true);
  });

  it('disconnect lets calls in flight finish, and ends those that do not', async () => {
    const { clock, server, client } = bench();
    await client.connect();
    server.silent.add('tools/call');
    const hanging = rejection(client.callTool('echo'));
    await clock.advance(0);
    const leaving = client.disconnect({ drainMs: 1000 });
    expect(client.state).toBe('closing');
    await clock.advance(1000);
    expect(await hanging).toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'unknown' });
    await leaving;
    expect(client.state).toBe('disconnected');
    await clock.advance(100);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('calls and time', () => {
  it('F-060 progress extends the time of a call, but not beyond the total', async () => {
    const { clock, server, client } = bench();
    await client.connect();
    server.silent.add('tools/call');
    const call = rejection(
      client.callTool('echo', {}, { timeoutMs: 1000, totalTimeoutMs: 3500, onProgress: () => {} }),
    );
    await clock.advance(0);
    const progressToken = server.received.at(-1)!.id;
    for (let progress = 1; progress <= 5; progress++) {
      await clock.advance(700);
      server.notify('notifications/progress', { progressToken, progress });
    }
    await clock.advance(100);
    expect(await call).toMatchObject({ code: 'REQUEST_TIMEOUT', details: { method: 'tools/call' } });
    expect(clock.now()).toBeLessThan(3700);
  });

  it('F-138 a listener that throws harms nobody', async () => {
    const { server, client } = bench();
    client.on('state', () => {
      throw new Error('listener');
    });
    client.on('listChanged', () => Promise.reject(new Error('async listener')) as never);
    await client.connect();
    server.notify('notifications/tools/list_changed');
    expect(await client.listTools()).toHaveLength(1);
  });

  it('list entries without a name are left out, with a warning', async () => {
    const { server, client } = bench();
    await client.connect();
    const warnings: string[] = [];
    client.on('warning', ({ message }) => warnings.push(message));
    server.tools = [{ name: 'a' }, { title: 'nameless' }];
    expect(await client.listTools()).toEqual([{ name: 'a' }]);
    expect(warnings).toEqual(['1 entries of tools/list lack "name" or nest too deep, and were left out']);
  });
});
