import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { recordStates, rejection, testFactories } from '../helpers/clients.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { type Exchange, testPeers } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

const processes = trackProcesses();
const startPeer = testPeers();
const makeFactory = testFactories();
const NIGHT = 8 * 3_600_000;

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
  const client = factory.create('s', {
    type: 'memory',
    url: 'here',
    'x-signalbox': { health: false, ...settings },
  });
  return { clock, server, client };
}

/** The machine sleeps, and the process runs again. */
async function sleepAndWake(clock: FakeClock, ms: number = NIGHT): Promise<void> {
  clock.jump(ms);
  await clock.advance(0);
}

function answer(server: MemoryServer, index: number): void {
  const call = server.received.filter(({ method }) => method === 'tools/call')[index]!;
  server.raw(JSON.stringify({ jsonrpc: '2.0', id: call.id, result: { content: [] } }));
}

describe('F-135 a laptop sleeps for hours', () => {
  it('calls in flight keep the time they had left', async () => {
    const { clock, server, client } = bench();
    await client.connect();
    server.silent.add('tools/call');
    const answered = client.callTool('echo', { n: 1 }, { timeoutMs: 5000 });
    const forgotten = rejection(client.callTool('echo', { n: 2 }, { timeoutMs: 5000 }));
    await clock.advance(3000);
    await sleepAndWake(clock);
    await clock.advance(1500);
    expect(client.isConnected).toBe(true);
    answer(server, 0);
    expect(await answered).toMatchObject({ content: [] });
    let isOver = false;
    void forgotten.then(() => {
      isOver = true;
    });
    await clock.advance(400);
    expect(isOver).toBe(false);
    await clock.advance(200);
    expect(await forgotten).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    expect(client.isConnected).toBe(true);
    expect(server.connections).toBe(1);
  });

  it('the total time of a call with progress does not run either', async () => {
    const { clock, server, client } = bench();
    await client.connect();
    server.silent.add('tools/call');
    const call = client.callTool(
      'echo',
      {},
      { timeoutMs: 2000, totalTimeoutMs: 10_000, onProgress: () => {} },
    );
    await clock.advance(1000);
    await sleepAndWake(clock);
    const { id: progressToken } = server.received.at(-1)!;
    for (let progress = 1; progress <= 4; progress++) {
      await clock.advance(progress === 1 ? 900 : 1800);
      server.notify('notifications/progress', { progressToken, progress });
    }
    await clock.advance(100);
    answer(server, 0);
    expect(await call).toMatchObject({ content: [] });
  });

  it('a call that is made anew between rounds or attempts has its time, too', async () => {
    const { clock, server, client } = bench();
    await client.connect();
    server.isDown = true;
    server.drop();
    await clock.advance(0);
    const waiting = client.callTool('echo', { n: 3 }, { timeoutMs: 20_000 });
    await clock.advance(1000);
    server.isDown = false;
    await sleepAndWake(clock);
    await clock.advance(10_000);
    expect(await waiting).toMatchObject({ content: [{ text: '{"n":3}' }] });
  });

  it('a connection that is being set up keeps its time', async () => {
    const { clock, server, client } = bench({ timeouts: { connect: 10_000 }, retry: false });
    server.silent.add('server/discover').add('initialize');
    const connecting = rejection(client.connect());
    await clock.advance(4000);
    await sleepAndWake(clock);
    await clock.advance(5000);
    expect(client.state).toBe('initializing');
    await clock.advance(1000);
    expect(await connecting).toMatchObject({ code: 'CONNECT_TIMEOUT' });
  });

  it('attempts that were due are made once, not for every hour', async () => {
    const { clock, server, client } = bench({ retry: { baseMs: 1000, maxMs: 4000 } });
    await client.connect();
    server.isDown = true;
    server.drop();
    await clock.advance(20_000);
    const before = server.connections;
    await sleepAndWake(clock);
    expect(server.connections).toBe(before + 1);
    // Then in pauses of half of 4 s, as if nothing had been.
    await clock.advance(8000);
    expect(server.connections).toBe(before + 1 + 4);
    server.isDown = false;
    await clock.advance(2000);
    expect(client.isConnected).toBe(true);
  });

  it('an attempt in the background that was due is made once', async () => {
    const { clock, server, client } = bench({ retry: { maxAttempts: 1, pauseMs: 60_000 } });
    server.isDown = true;
    await rejection(client.connect());
    await clock.advance(50_000);
    await sleepAndWake(clock);
    expect(server.connections).toBe(2);
    await clock.advance(59_000);
    expect(server.connections).toBe(2);
    await clock.advance(1000);
    expect(server.connections).toBe(3);
  });

  it('many clients: nobody times out, nobody connects anew', async () => {
    const clock = new FakeClock();
    const factory = makeFactory({ clock, random: () => 0.5 });
    const servers = Array.from({ length: 20 }, () => new MemoryServer());
    registerMemory(factory, Object.fromEntries(servers.entries()));
    const clients = servers.map((_, index) =>
      factory.create(`s${index}`, {
        type: 'memory',
        url: String(index),
        'x-signalbox': { health: false, timeouts: { request: 1000 + 10 * index } },
      }),
    );
    await Promise.all(clients.map((client) => client.connect()));
    const changes = clients.map((client) => recordStates(client));
    for (const server of servers) server.silent.add('tools/call');
    const calls = clients.map((client) => client.callTool('echo'));
    await clock.advance(500);
    await sleepAndWake(clock);
    await clock.advance(400);
    for (const server of servers) answer(server, 0);
    expect(await Promise.all(calls)).toHaveLength(20);
    expect(changes.flat()).toEqual([]);
  });

  it('a rate limit goes on as if nothing had been: no burst, no refusal', async () => {
    const { clock, server, client } = bench({ rateLimit: { perSecond: 1, burst: 1 } });
    await client.connect();
    const served = (): number => server.methods().filter((method) => method === 'tools/call').length;
    const calls = Array.from({ length: 5 }, () => client.callTool('echo', {}, { timeoutMs: 10_000 }));
    await clock.advance(1500);
    const before = served();
    expect(before).toBeLessThan(5);
    await sleepAndWake(clock);
    expect(served() - before).toBeLessThanOrEqual(1);
    await clock.advance(6000);
    expect(await Promise.all(calls)).toHaveLength(5);
  });

  it('a breaker that is open tries the server once, in its own time', async () => {
    const { clock, server, client } = bench({
      breaker: { consecutiveFailures: 2, openMs: 10_000 },
      timeouts: { request: 100 },
    });
    await client.connect();
    server.silent.add('tools/call').add('server/discover');
    for (let failure = 0; failure < 2; failure++) {
      const failed = rejection(client.callTool('echo'));
      await clock.advance(200);
      await failed;
    }
    expect(await rejection(client.callTool('echo'))).toMatchObject({ code: 'CIRCUIT_OPEN' });
    const probes = (): number => server.methods().filter((method) => method === 'server/discover').length;
    const before = probes();
    await sleepAndWake(clock);
    await clock.advance(400);
    expect(probes() - before).toBeLessThanOrEqual(1);
    server.silent.clear();
    await clock.advance(60_000);
    const call = client.callTool('echo', { n: 4 });
    await clock.advance(1000);
    expect(await call).toMatchObject({ content: [{ text: '{"n":4}' }] });
  });
});

describe('F-134 the wall clock is set', () => {
  it.each([86_400_000, -86_400_000])('by %d ms: nothing times out and nothing is due', async (ms) => {
    const { clock, server, client } = bench();
    await client.connect();
    server.silent.add('tools/call');
    const call = client.callTool('echo', {}, { timeoutMs: 5000 });
    await clock.advance(1000);
    clock.setWall(clock.wallNow() + ms);
    await clock.advance(3000);
    answer(server, 0);
    expect(await call).toMatchObject({ content: [] });
  });
});

describe('a process that is stopped and goes on (SIGSTOP, SIGCONT)', () => {
  it('F-135 does not count the time: its call is answered after it woke up, long after its time-out', async () => {
    const held: Exchange[] = [];
    const peer = await startPeer({
      wire: 'http',
      on: { 'tools/call': (exchange) => void held.push(exchange) },
    });
    const program = join(import.meta.dirname, '../fixtures/programs/patient-caller.ts');
    const timeoutMs = 4000;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', program, (peer.entry() as { url: string }).url, String(timeoutMs)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    processes.track(child.pid!);
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await until('the call is there', () => held.length === 1, 20_000);
    child.kill('SIGSTOP');
    const stoppedAt = performance.now();
    const ticksBefore = printed.length;
    // The one thing that takes real time: longer than the call has.
    while (performance.now() - stoppedAt < timeoutMs + 500) await pause(100);
    child.kill('SIGCONT');
    // It has run for some turns, and would have given the call up in the first.
    await until('it runs', () => printed.length >= ticksBefore + 4 * 'tick\n'.length);
    held[0]!.reply({ content: [{ type: 'text', text: 'late' }] });
    expect(await ended).toBe(0);
    expect(JSON.parse(printed.trimEnd().split('\n').at(-1)!)).toEqual({
      content: [{ type: 'text', text: 'late' }],
    });
  });
});
