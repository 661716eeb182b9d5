import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StateChange } from '../../src/client/client-events.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SubscriptionEvent } from '../../src/client/subscriptions/subscription.ts';
import type { ServerEntry, SignalboxSettings } from '../../src/config/entry.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { faultyEntry, QUICK, recordStates, rejection, testFactories } from '../helpers/clients.ts';
import { readJournal } from '../helpers/faulty-server.ts';
import { checkHttpFixtures, sendJson, startHttpFixture } from '../helpers/http-fixture.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { testPeers } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

checkHttpFixtures();
const startPeer = testPeers();
const makeFactory = testFactories();
const directory = temporaryDirectory();

interface Bench {
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  readonly client: McpClient;
}

/** A client whose server is away, and which has been given up after its attempts. */
async function givenUp(settings: SignalboxSettings = {}): Promise<Bench> {
  const clock = new FakeClock();
  const server = new MemoryServer();
  server.isDown = true;
  const factory = makeFactory({ clock, random: () => 0.5 });
  registerMemory(factory, { here: server });
  const client = factory.create('s', { type: 'memory', url: 'here', 'x-signalbox': settings });
  const failed = rejection(client.connect());
  await clock.advance(2000);
  expect(await failed).toMatchObject({ code: 'CONNECT_FAILED', retryable: true });
  expect(client.state).toBe('error');
  server.connections = 0;
  return { clock, server, client };
}

/** Until the next attempt in the background. */
async function pause({ clock }: Bench): Promise<void> {
  await clock.advance(clock.nextTimerIn!);
}

describe('a server that was given up', () => {
  it('is unavailable and says why, and when it is tried again', async () => {
    const { clock, server, client } = await givenUp();
    // Two pauses of half of 500 and 1 000 ms lay between the attempts.
    const retryAt = clock.wallNow() - 2000 + 750 + 60_000;
    expect(client.connectionState).toEqual({
      kind: 'error',
      cause: expect.objectContaining({ code: 'CONNECT_FAILED' }) as unknown,
      retryAt,
    });
    // A call does not wait a minute for what may not come, and drives nothing.
    const call = rejection(client.callTool('echo'));
    const health = client.healthCheck();
    await clock.advance(10_000);
    expect(await call).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(await health).toMatchObject({ healthy: false, error: { code: 'CONNECT_FAILED' } });
    expect(server.connections).toBe(0);
    expect(clock.pendingTimers).toBe(1);
  });

  it('is tried once after each pause, until it is back', async () => {
    const bench = await givenUp();
    const { clock, server, client } = bench;
    const states = recordStates(client);
    for (let round = 1; round <= 3; round++) {
      await clock.advance(60_000);
      expect(server.connections).toBe(round);
      expect(client.state).toBe('error');
    }
    expect(states.at(-1)).toMatchObject({
      from: 'initializing',
      to: 'error',
      error: { code: 'CONNECT_FAILED' },
      retryAt: clock.wallNow() + clock.nextTimerIn!,
    });
    server.isDown = false;
    await pause(bench);
    expect(client.state).toBe('connected');
    expect(states.at(-1)).toMatchObject({ to: 'connected', retryAt: undefined });
    expect(await client.callTool('echo', { n: 1 })).toMatchObject({ content: [{ text: '{"n":1}' }] });
    expect(server.connections).toBe(4);
    await clock.advance(600_000);
    expect(server.connections).toBe(4);
  });

  it('a call that comes while it is tried is served by that attempt', async () => {
    const bench = await givenUp();
    const { clock, server, client } = bench;
    server.isDown = false;
    let call: Promise<unknown> | undefined;
    client.on('state', ({ to }) => {
      if (to === 'connecting') call = client.callTool('echo', { n: 2 });
    });
    await pause(bench);
    await clock.advance(0);
    expect(await call).toMatchObject({ content: [{ text: '{"n":2}' }] });
    expect(server.connections).toBe(1);
  });

  it.each<[string, SignalboxSettings]>([
    ['retry: false', { retry: false }],
    ['retry.pauseMs: false', { retry: { pauseMs: false } }],
  ])('is left alone with %s', async (_what, settings) => {
    const { clock, server, client } = await givenUp(settings);
    expect(client.connectionState).toMatchObject({ kind: 'error', retryAt: undefined });
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(86_400_000);
    expect(server.connections).toBe(0);
  });

  it('is repaired as any other if the connection made in the background breaks', async () => {
    const bench = await givenUp();
    const { clock, server, client } = bench;
    server.isDown = false;
    await pause(bench);
    server.drop();
    // What failed before still counts, so soon after.
    await clock.advance(10_000);
    expect(client.state).toBe('connected');
    expect(client.stats().connections).toBe(2);
  });
});

describe('somebody who does not wait for the next attempt', () => {
  it('connects at once, and no second run comes of the pause', async () => {
    const { clock, server, client } = await givenUp();
    server.isDown = false;
    await client.connect();
    expect(server.connections).toBe(1);
    await clock.advance(600_000);
    expect(server.connections).toBe(1);
  });

  it('begins a new run, with a new pause behind it', async () => {
    const { clock, server, client } = await givenUp();
    await clock.advance(30_000);
    const failed = rejection(client.connect());
    await clock.advance(2000);
    expect(await failed).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(server.connections).toBe(3);
    expect(clock.pendingTimers).toBe(1);
    expect(clock.nextTimerIn).toBeGreaterThan(58_000);
  });

  it('reconnects at once', async () => {
    const { clock, server, client } = await givenUp();
    server.isDown = false;
    const again = client.reconnect();
    await clock.advance(0);
    expect(await again).toMatchObject({ success: true });
    await clock.advance(600_000);
    expect(server.connections).toBe(1);
  });

  it('connects while it is tried: the attempt becomes the first of a whole run', async () => {
    const bench = await givenUp();
    const { clock, server, client } = bench;
    let joined: Promise<Error> | undefined;
    client.on('state', ({ to }) => {
      if (to === 'connecting') joined ??= rejection(client.connect());
    });
    await pause(bench);
    await clock.advance(2000);
    expect(await joined).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(server.connections).toBe(3);
    expect(clock.pendingTimers).toBe(1);
  });

  it('connects in the very moment it is given up', async () => {
    const bench = await givenUp();
    const { clock, server, client } = bench;
    let again: Promise<unknown> | undefined;
    client.on('state', ({ to }) => {
      if (to !== 'error') return;
      server.isDown = false;
      again ??= client.connect();
    });
    await pause(bench);
    expect(await again).toMatchObject({ success: true });
    expect(server.connections).toBe(2);
    await clock.advance(600_000);
    expect(server.connections).toBe(2);
  });
});

describe('nothing comes after', () => {
  it.each<[string, (client: McpClient) => Promise<void>]>([
    ['disconnect', (client) => client.disconnect()],
    ['release', (client) => client.end()],
  ])('a %s during the pause', async (_what, leave) => {
    const { clock, server, client } = await givenUp();
    await leave(client);
    expect(client.state).toBe('disconnected');
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(600_000);
    expect(server.connections).toBe(0);
  });

  it.each(['connecting', 'initializing', 'error'] as const)(
    'a disconnect by whoever hears "%s" of an attempt in the background',
    async (moment) => {
      const bench = await givenUp();
      const { clock, server, client } = bench;
      let left: Promise<void> | undefined;
      client.on('state', ({ to }) => {
        if (to === moment) left ??= client.disconnect();
      });
      await pause(bench);
      await clock.advance(0);
      await left;
      expect(client.state).toBe('disconnected');
      expect(clock.pendingTimers).toBe(0);
      const { connections } = server;
      server.isDown = false;
      await clock.advance(600_000);
      expect(server.connections).toBe(connections);
      expect(server.open).toBe(0);
    },
  );

  it('a disconnect while the attempt waits for an answer', async () => {
    const bench = await givenUp();
    const { clock, server, client } = bench;
    server.isDown = false;
    server.silent.add('server/discover').add('initialize');
    await pause(bench);
    expect(client.state).toBe('initializing');
    await client.disconnect();
    expect(client.state).toBe('disconnected');
    expect(clock.pendingTimers).toBe(0);
    expect(server.open).toBe(0);
  });

  it('a first connection that failed in createAndConnect', async () => {
    const clock = new FakeClock();
    const server = new MemoryServer();
    server.isDown = true;
    const factory = makeFactory({ clock, random: () => 0.5 });
    registerMemory(factory, { here: server });
    const failed = rejection(factory.createAndConnect('s', { type: 'memory', url: 'here' }));
    await clock.advance(2000);
    expect(await failed).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a cause that cannot pass', () => {
  const notExecutable = (): string => {
    const path = join(directory, 'not-executable');
    writeFileSync(path, '#!/bin/sh\n');
    chmodSync(path, 0o644);
    return path;
  };
  const retry = { maxAttempts: 3, baseMs: 5, maxMs: 5, pauseMs: 10 };
  const settings = { ...QUICK, retry };
  const answering = async (respond: (id: number) => [body: object, status: number]): Promise<ServerEntry> => {
    const server = await startHttpFixture((request, response) => {
      const { id } = JSON.parse(request.body) as { id: number };
      sendJson(response, ...respond(id));
    });
    return { type: 'http', url: server.url, 'x-signalbox': settings };
  };
  const unsupported = { supportedVersions: ['1999-01-01'] };

  it.each<[string, () => ServerEntry | Promise<ServerEntry>, string, string]>([
    [
      'ENOENT',
      () => ({ command: 'no-such-program-anywhere', 'x-signalbox': settings }),
      'error',
      'SPAWN_FAILED',
    ],
    ['EACCES', () => ({ command: notExecutable(), 'x-signalbox': settings }), 'error', 'SPAWN_FAILED'],
    ['exit code 64', () => faultyEntry({ start: ['exit:64'] }, { retry }), 'error', 'CONNECT_FAILED'],
    ['exit code 78', () => faultyEntry({ start: ['exit:78'] }, { retry }), 'error', 'CONNECT_FAILED'],
    ['exit code 126', () => faultyEntry({ start: ['exit:126'] }, { retry }), 'error', 'CONNECT_FAILED'],
    ['exit code 127', () => faultyEntry({ start: ['exit:127'] }, { retry }), 'error', 'CONNECT_FAILED'],
    [
      'an unsupported version',
      () => answering((id) => [{ jsonrpc: '2.0', id, result: unsupported }, 200]),
      'error',
      'PROTOCOL_UNSUPPORTED',
    ],
    ['a missing credential', () => answering(() => [{}, 401]), 'unauthorized', 'AUTH_REQUIRED'],
  ])('%s: no attempt follows, neither at once nor in the background', async (_what, entry, state, code) => {
    const away = new MemoryServer();
    away.isDown = true;
    const factory = makeFactory();
    registerMemory(factory, { away });
    const client = factory.create('s', await entry());
    const states = recordStates(client);
    expect(await rejection(client.connect())).toMatchObject({ code, retryable: false });
    expect(client.state).toBe(state);
    expect(states.at(-1)).toMatchObject({ to: state, retryAt: undefined });
    const passed = states.length;
    // The measure of time is a server whose trouble may pass, under the same settings.
    const other = factory.create('other', { type: 'memory', url: 'away', 'x-signalbox': settings });
    await rejection(other.connect());
    await until('others have been tried again and again', () => away.connections >= 3 + 5);
    expect(states).toHaveLength(passed);
  });

  it('a server that may not be restarted is not restarted in the background either', async () => {
    const clock = new FakeClock();
    const entry = faultyEntry(
      { on: { 'tools/call': ['exit:1'] } },
      { restart: false, retry: { pauseMs: 1000 } },
    );
    const client = makeFactory({ clock }).create('s', entry);
    await client.connect();
    await rejection(client.callTool('echo'));
    await until('the client gave up', () => client.state === 'error');
    expect(client.connectionState).toMatchObject({ cause: { retryable: true }, retryAt: undefined });
  });
});

describe('a restart limit', () => {
  it('has its own pause, begins to count anew after it, and ends when the server stays', async () => {
    const journal = join(directory, 'limit');
    const starts = (): number => readJournal(journal).filter(({ started }) => started !== undefined).length;
    const entry = faultyEntry(
      { journal, era: 'legacy', on: { 'notifications/initialized': ['delay:20', 'exit:1'] } },
      { restart: { limit: 2, pauseMs: 40 }, retry: { baseMs: 5, maxMs: 5, pauseMs: false } },
    );
    const client = makeFactory().create('s', entry);
    const limits: { readonly change: StateChange; readonly starts: number }[] = [];
    client.on('state', (change) => {
      if (change.error?.code === 'RESTART_LIMIT') limits.push({ change, starts: starts() });
    });
    await client.connect();
    await until('the limit was met three times', () => limits.length >= 3);
    expect(limits[0]!.change).toMatchObject({ to: 'error', retryAt: expect.any(Number) as number });
    await client.disconnect();
    // Two starts each time: the limit holds in the background, too.
    expect(limits.slice(0, 3).map((limit) => limit.starts)).toEqual([2, 4, 6]);
  });
});

describe.each(['modern', 'legacy'] as const)('a %s server that comes back in the background', (era) => {
  it('gets its subscriptions and the log level again', async () => {
    const peer = await startPeer({ wire: 'http', era });
    const entry = peer.entry({ retry: { maxAttempts: 1, pauseMs: 20 } });
    const client = makeFactory().create('s', entry);
    await client.connect();
    const heard: SubscriptionEvent[] = [];
    await client.subscribe({ toolsListChanged: true, resources: ['test://a'] }, (event) => heard.push(event));
    await client.setLogLevel('warning');

    for (const method of ['initialize', 'server/discover']) {
      peer.on.set(method, (exchange) => exchange.end());
    }
    expect(await rejection(client.reconnect())).toMatchObject({ retryable: true });
    expect(client.state).toBe('error');
    const before = peer.received.length;
    peer.on.clear();
    await until('it is connected', () => client.isConnected);
    await until('the subscription is renewed', () => heard.some(({ type }) => type === 'renewed'));
    await client.callTool('echo');

    const params = (method: string): unknown[] =>
      peer.received
        .slice(before)
        .filter(({ message }) => message.method === method)
        .map((exchange) => exchange.params);
    if (era === 'modern') {
      expect(params('subscriptions/listen')).toMatchObject([{ notifications: { toolsListChanged: true } }]);
      expect(params('tools/call')).toMatchObject([
        { _meta: { 'io.modelcontextprotocol/logLevel': 'warning' } },
      ]);
    } else {
      await until('the resource is subscribed to', () => params('resources/subscribe').length > 0);
      expect(params('resources/subscribe')).toMatchObject([{ uri: 'test://a' }]);
      await until('the log level is set', () => params('logging/setLevel').length > 0);
      expect(params('logging/setLevel')).toMatchObject([{ level: 'warning' }]);
    }
    await client.disconnect();
  });
});

describe('the registry', () => {
  it('lists what a server offers that was reached in the background only, and says until then what is missing', async () => {
    const clock = new FakeClock();
    const servers = { early: new MemoryServer(), late: new MemoryServer() };
    servers.late.isDown = true;
    const factory = makeFactory({ clock, random: () => 0.5 });
    registerMemory(factory, servers);
    const registry = new ServerRegistry({ factory });
    for (const url of ['early', 'late']) registry.register(url, { type: 'memory', url });
    const connecting = registry.connectAll();
    await clock.advance(2000);
    expect((await connecting).get('late')).toMatchObject({ success: false });

    expect(registry.getServer('late')!.status()).toMatchObject({
      state: 'error',
      error: { code: 'CONNECT_FAILED' },
      retryAt: new Date(Date.UTC(2026, 0, 1) + 750 + 60_000).toISOString(),
    });
    const before = await registry.listTools();
    expect(before.items.map(({ name }) => name)).toEqual(['early__echo']);
    expect(before.missing).toMatchObject([{ server: 'late' }]);
    expect(await rejection(registry.callTool('late__echo'))).toMatchObject({ code: 'SERVER_UNAVAILABLE' });

    servers.late.isDown = false;
    await clock.advance(60_000);
    const after = await registry.listTools();
    expect(after.items.map(({ name }) => name)).toEqual(['early__echo', 'late__echo']);
    expect(after.complete).toBe(true);
    expect(registry.getServer('late')!.status()).toMatchObject({ state: 'connected', retryAt: undefined });
    await registry.shutdown();
    expect(clock.pendingTimers).toBe(0);
  });
});
