import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerEntry, SignalboxSettings } from '../../src/config/entry.ts';
import type { ServerEvent } from '../../src/registry/events/registry-events.ts';
import { ServerRegistry, type ServerRegistryOptions } from '../../src/registry/server-registry.ts';
import { MemoryStateStore } from '../../src/registry/store/state-store.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { faultyEntry, rejection, testFactories } from '../helpers/clients.ts';
import { readJournal } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { isRunning, temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const makeFactory = testFactories();
const registries: ServerRegistry[] = [];
afterEach(() => Promise.all(registries.splice(0).map((registry) => registry.shutdown({ drainMs: 0 }))));
const tracker = trackProcesses();
const directory = temporaryDirectory();

const IDLE_MS = 60_000;

const lazy = (url: string, settings: SignalboxSettings = {}): ServerEntry => ({
  type: 'memory',
  url,
  // Nothing is asked of the server but what the test asks.
  'x-signalbox': { lazy: true, health: false, timeouts: { idle: IDLE_MS }, ...settings },
});

interface Fleet {
  readonly registry: ServerRegistry;
  readonly server: MemoryServer;
  readonly clock: FakeClock;
  readonly events: ServerEvent[];
  readonly states: () => string[];
}

/** One registered lazy server `a`, on a clock of the test. */
function one(settings: SignalboxSettings = {}, options: ServerRegistryOptions = {}): Fleet {
  const clock = new FakeClock();
  const factory = makeFactory({ clock });
  const server = new MemoryServer();
  registerMemory(factory, { a: server });
  const registry = new ServerRegistry({ factory, clock, ...options });
  registries.push(registry);
  const events: ServerEvent[] = [];
  registry.on('server', (event) => events.push(event));
  registry.register('a', lazy('a', settings));
  const states = (): string[] => events.filter(({ type }) => type === 'state').map(({ to }) => to);
  return { registry, server, clock, events, states };
}

/** A lazy server that was connected to learn what it offers, and sleeps. */
async function asleep(settings: SignalboxSettings = {}): Promise<Fleet> {
  const fleet = one(settings);
  await fleet.registry.connectAll();
  await fleet.clock.advance(IDLE_MS);
  expect(fleet.registry.getServer('a')!.state).toBe('sleeping');
  return fleet;
}

const instanceOf = ({ registry }: Fleet) => registry.getServer('a')!;

describe('a lazy server', () => {
  it('is connected once to learn what it offers, and sleeps when nobody has used it for timeouts.idle', async () => {
    const fleet = one();
    const { registry, server, clock } = fleet;
    expect((await registry.connectAll()).get('a')).toMatchObject({
      success: true,
      metadata: { server: 'a' },
    });
    await clock.advance(IDLE_MS - 1);
    expect(instanceOf(fleet).state).toBe('connected');
    await clock.advance(1);
    expect(instanceOf(fleet).status()).toMatchObject({
      state: 'sleeping',
      reason: 'idle: nobody used it for 60 s',
      tools: 1,
    });
    expect(server.open).toBe(0);
  });

  it('that sleeps keeps its tools in the lists, marked stale, and nothing is missing', async () => {
    const { registry, server } = await asleep();
    server.received.length = 0;
    const { items, missing, complete } = await registry.listTools();
    expect(items).toMatchObject([{ name: 'a__echo', server: 'a', stale: true }]);
    expect({ missing, complete }).toEqual({ missing: [], complete: true });
    expect(registry.findTool('a__echo')).toMatchObject({ stale: true });
    expect(server.received).toEqual([]);
  });

  it('wakes for a call, is confirmed by its lists, and sleeps again', async () => {
    const fleet = await asleep();
    const { registry, server, clock, states } = fleet;
    const before = states().length;
    expect(await registry.callTool('a__echo', { n: 1 })).toMatchObject({ content: [{ text: '{"n":1}' }] });
    await until('the lists are confirmed', () => registry.findTool('a__echo')?.stale === false);
    expect(server.connections).toBe(2);
    await clock.advance(IDLE_MS);
    expect(states().slice(before)).toEqual([
      'connecting',
      'initializing',
      'connected',
      'closing',
      'disconnected',
      'sleeping',
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('wakes for a prompt and for a resource too', async () => {
    const fleet = one();
    const { registry, server, clock } = fleet;
    server.resources = [{ uri: 'x://a', name: 'a' }];
    server.prompts = [{ name: 'greet' }];
    await registry.connectAll();
    await clock.advance(IDLE_MS);
    expect(await registry.getPrompt('a__greet')).toMatchObject({
      messages: [{ content: { text: 'greet' } }],
    });
    await clock.advance(IDLE_MS);
    expect(instanceOf(fleet).state).toBe('sleeping');
    expect(await registry.readResource('x://a')).toMatchObject({ contents: [{ text: 'x' }] });
    expect(server.connections).toBe(3);
  });

  it('wakes once for many calls at the same time', async () => {
    const { registry, server } = await asleep();
    await Promise.all(Array.from({ length: 20 }, (_, n) => registry.callTool('a__echo', { n })));
    expect(server.connections).toBe(2);
  });

  it('that cannot be woken fails the call within its time, and says why', async () => {
    const { registry, server, clock } = await asleep({ retry: { maxAttempts: 1, pauseMs: false } });
    server.hang();
    const call = rejection(registry.callTool('a__echo', {}, { timeoutMs: 500 }));
    await clock.advance(500);
    expect(await call).toMatchObject({ code: 'SERVER_UNAVAILABLE', delivered: 'no', server: 'a' });
  });

  it('that is down says so to whoever calls it, and its tools leave the lists', async () => {
    const { registry, server } = await asleep({ retry: { maxAttempts: 1, pauseMs: false } });
    server.isDown = true;
    expect(await rejection(registry.callTool('a__echo'))).toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    const { items, missing } = await registry.listTools();
    expect(items).toEqual([]);
    expect(missing).toMatchObject([{ server: 'a', reason: expect.stringMatching(/^error: /u) as string }]);
  });

  it('keeps its tools in the lists while it falls asleep and while it is being woken', async () => {
    const fleet = await asleep();
    const { registry, states, clock } = fleet;
    const seen: string[] = [];
    registry.on('server', ({ type, to }) => {
      if (type === 'state')
        seen.push(`${to} ${registry.findTool('a__echo') === undefined ? 'away' : 'there'}`);
    });
    await registry.callTool('a__echo');
    await clock.advance(IDLE_MS);
    expect(states().at(-1)).toBe('sleeping');
    expect(seen).toEqual([
      'connecting there',
      'initializing there',
      'connected there',
      'closing there',
      'disconnected there',
      'sleeping there',
    ]);
  });

  it('without timeouts.idle stays awake', async () => {
    const fleet = one({ timeouts: { idle: false } });
    await fleet.registry.connectAll();
    await fleet.clock.advance(24 * 3_600_000);
    expect(instanceOf(fleet).state).toBe('connected');
    expect(fleet.clock.pendingTimers).toBe(0);
  });

  it('leaves no timer behind when it is unregistered while it is awake', async () => {
    const { registry, clock } = one();
    await registry.connectAll();
    await registry.unregister('a', { drainMs: 0 });
    // That of the deadlines runs out by itself.
    await clock.advance(1000);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a lazy server is in use', () => {
  it('for as long as a call takes, and the time begins behind it', async () => {
    const fleet = one({ timeouts: { idle: IDLE_MS, request: false, total: false } });
    const { registry, server, clock } = fleet;
    await registry.connectAll();
    server.silent.add('tools/call');
    const call = registry.callTool('a__echo');
    await until('the call is there', () => server.methods().includes('tools/call'));
    await clock.advance(10.5 * IDLE_MS);
    expect(instanceOf(fleet).state).toBe('connected');
    const { id } = server.received.find(({ method }) => method === 'tools/call')!;
    server.raw(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } }));
    await call;
    await clock.advance(IDLE_MS - 1);
    expect(instanceOf(fleet).state).toBe('connected');
    await clock.advance(1);
    expect(instanceOf(fleet).state).toBe('sleeping');
  });

  it('while an application subscribes to it, but not because its lists are listened to', async () => {
    const fleet = one();
    const { registry, server, clock } = fleet;
    server.takesSubscriptions = true;
    await registry.connectAll();
    const { client } = instanceOf(fleet);
    await until('its lists are listened to', () => server.methods().includes('subscriptions/listen'));
    const subscription = await client.subscribe({ resources: ['x://a'] }, () => {});
    await clock.advance(10.5 * IDLE_MS);
    expect(client.activity).toMatchObject({ isBusy: true, subscriptions: 1 });
    expect(instanceOf(fleet).state).toBe('connected');
    await subscription.close();
    await clock.advance(IDLE_MS - 1);
    expect(instanceOf(fleet).state).toBe('connected');
    await clock.advance(1);
    expect(instanceOf(fleet).state).toBe('sleeping');
    // Awake again, its changes are listened to again.
    server.received.length = 0;
    await registry.callTool('a__echo');
    await until('its lists are listened to again', () => server.methods().includes('subscriptions/listen'));
  });

  it('not by whoever only asks for lists or whether it is alive', async () => {
    const fleet = one();
    const { registry, clock } = fleet;
    await registry.connectAll();
    const { client } = instanceOf(fleet);
    for (let asked = 0; asked < 3; asked++) {
      await clock.advance(IDLE_MS / 4);
      await client.listTools({ cache: 'reload' });
      await client.ping();
    }
    await clock.advance(IDLE_MS / 4);
    expect(instanceOf(fleet).state).toBe('sleeping');
  });

  it('a call that comes while it falls asleep wakes it', async () => {
    const fleet = one();
    const { registry, server, clock } = fleet;
    await registry.connectAll();
    const { client } = instanceOf(fleet);
    const calls: Promise<unknown>[] = [];
    const stop = registry.on('server', ({ to }) => {
      // By the client itself and by the name: both are let in when it has closed.
      if (to === 'closing') calls.push(client.callTool('echo'), registry.callTool('a__echo'));
    });
    await clock.advance(IDLE_MS);
    stop();
    expect(calls).toHaveLength(2);
    await Promise.all(calls);
    expect(instanceOf(fleet).state).toBe('connected');
    expect(server.connections).toBe(2);
  });
});

describe('connectAll and waitForReady', () => {
  it('leave a lazy server asleep whose offer was kept by an earlier run', async () => {
    const store = new MemoryStateStore();
    const first = one({}, { store });
    await first.registry.connectAll();
    await first.registry.shutdown({ drainMs: 0 });

    const second = one({ required: true }, { store });
    const outcomes = await second.registry.connectAll();
    expect(outcomes.get('a')).toEqual({ success: true, error: undefined, metadata: undefined, asleep: true });
    await second.registry.waitForReady({ quorum: 1 });
    expect(second.server.connections).toBe(0);
    expect(instanceOf(second).status()).toMatchObject({
      state: 'sleeping',
      reason: 'lazy: the first call starts it',
      tools: 1,
    });
    expect((await second.registry.listTools()).items).toMatchObject([{ name: 'a__echo', stale: true }]);
    await second.registry.callTool('a__echo');
    expect(second.server.connections).toBe(1);
  });

  it('leave one asleep that has been read before in this process', async () => {
    const { registry, server } = await asleep();
    await registry.disconnectAll();
    expect((await registry.connectAll()).get('a')).toMatchObject({ asleep: true });
    expect((await registry.reconnectAll()).get('a')).toMatchObject({ asleep: true });
    expect(server.connections).toBe(1);
    await registry.waitForReady({ required: ['a'] });
  });

  it('do not count one as ready that was put to sleep before anybody knew what it offers', async () => {
    const { registry, clock } = one();
    await registry.updateState('a', 'sleeping', 'later');
    expect((await registry.listTools()).missing).toEqual([{ server: 'a', reason: 'sleeping: later' }]);
    const waited = rejection(registry.waitForReady({ required: ['a'], timeoutMs: 100 }));
    await clock.advance(100);
    expect(await waited).toMatchObject({ code: 'CONNECT_TIMEOUT' });
    expect(await registry.callTool('a__echo')).toMatchObject({ content: [{ text: '{}' }] });
  });
});

it('a lazy stdio server has no process while it sleeps', async () => {
  const registry = new ServerRegistry({ factory: makeFactory() });
  registries.push(registry);
  const journal = join(directory, 'lazy.journal');
  registry.register('real', faultyEntry({ journal }, { lazy: true, timeouts: { idle: 50 } }));
  const instance = registry.getServer('real')!;
  const started = (): number[] => readJournal(journal).flatMap(({ started: pid }) => pid ?? []);
  await registry.connectAll();
  await until('it sleeps', () => instance.state === 'sleeping');
  const [first] = started();
  expect(isRunning(tracker.track(first!))).toBe(false);
  await registry.callTool('real__echo', { text: 'hi' });
  const pid = tracker.track(started()[1]!);
  await until('it sleeps again', () => instance.state === 'sleeping');
  expect(isRunning(pid)).toBe(false);
  expect(started()).toHaveLength(2);
});
