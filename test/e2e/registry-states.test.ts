import { afterEach, describe, expect, it } from 'vitest';
import type { ServerEvent } from '../../src/registry/events/registry-events.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import type { WantedState } from '../../src/registry/servers/server-machine.ts';
import { QUICK, rejection, testFactories } from '../helpers/clients.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { until } from '../helpers/until.ts';

trackProcesses();
const makeFactory = testFactories();
const registries: ServerRegistry[] = [];
afterEach(() => Promise.all(registries.splice(0).map((registry) => registry.shutdown({ drainMs: 0 }))));

const entry = { type: 'memory', url: 'a', 'x-signalbox': QUICK };

function one(more: Readonly<Record<string, unknown>> = {}): {
  registry: ServerRegistry;
  server: MemoryServer;
  events: ServerEvent[];
} {
  const factory = makeFactory();
  const server = new MemoryServer();
  registerMemory(factory, { a: server });
  const registry = new ServerRegistry({ factory });
  registries.push(registry);
  const events: ServerEvent[] = [];
  registry.on('server', (event) => events.push(event));
  registry.register('a', { ...entry, ...more });
  return { registry, server, events };
}

const steps = (events: readonly ServerEvent[]): string[] =>
  events.filter(({ type }) => type === 'state').map(({ to, reason }) => `${to}: ${reason}`);

describe('the state of a server', () => {
  it('is told with everything that belongs to it', async () => {
    const { registry, server } = one();
    server.resources = [{ uri: 'x://a', name: 'a' }];
    await registry.connectAll();
    await registry.callTool('a__echo');
    const instance = registry.getServer('a')!;
    expect(instance).toMatchObject({ name: 'a', state: 'connected', attempt: undefined, retryAt: undefined });
    expect(instance.tools.map(({ name }) => name)).toEqual(['echo']);
    expect(instance.resources).toHaveLength(1);
    expect(instance.prompts).toEqual([]);
    expect(instance.health.state).toBe('healthy');
    expect(instance.stats()).toMatchObject({ toolCalls: 1, connections: 1 });
    const status = instance.status();
    expect(status).toMatchObject({
      name: 'a',
      state: 'connected',
      tools: 1,
      resources: 1,
      prompts: 0,
      attempt: undefined,
      health: { state: 'healthy' },
      stats: { toolCalls: 1 },
    });
    expect(Date.parse(status.since)).toBe(instance.since);
    expect(JSON.parse(JSON.stringify(status))).toMatchObject({ name: 'a', stats: { toolCalls: 1 } });
  });

  it('says which attempt is under way, why the last one failed, and when the next one is made', async () => {
    const { registry, server } = one({
      'x-signalbox': { ...QUICK, retry: { maxAttempts: 2, baseMs: 60_000, maxMs: 60_000, pauseMs: 60_000 } },
    });
    server.isDown = true;
    const connecting = registry.connectAll();
    const instance = registry.getServer('a')!;
    await until('the first attempt has failed', () => instance.attempt === 2);
    expect(instance.status()).toMatchObject({
      state: 'connecting',
      attempt: 2,
      error: { code: 'CONNECT_FAILED' },
    });
    await registry.updateState('a', 'disconnected', 'enough');
    expect((await connecting).get('a')).toMatchObject({ success: false });
    expect(instance.status()).toMatchObject({ state: 'disconnected', attempt: undefined, reason: 'enough' });
  });

  it('keeps the time at which it came into a state over further attempts', async () => {
    const { registry, server, events } = one({
      'x-signalbox': { ...QUICK, retry: { maxAttempts: 4, baseMs: 20, maxMs: 20, pauseMs: 60_000 } },
    });
    server.isDown = true;
    await registry.connectAll();
    const instance = registry.getServer('a')!;
    expect(steps(events).filter((step) => step.startsWith('connecting'))).toHaveLength(4);
    expect(instance.status()).toMatchObject({ state: 'error', attempt: undefined });
    expect(Date.parse(instance.status().retryAt!)).toBeGreaterThan(instance.since);
  });
});

describe('updateState', () => {
  it('moves a server wherever it is wanted, with the reason that was given', async () => {
    const { registry, server, events } = one();
    const move = (state: WantedState, reason: string) => registry.updateState('a', state, reason);
    expect(await move('connected', 'morning')).toMatchObject({ state: 'connected', tools: 1 });
    expect(await move('disconnected', 'lunch')).toMatchObject({ state: 'disconnected', reason: 'lunch' });
    expect(await move('connected', 'afternoon')).toMatchObject({ state: 'connected' });
    expect(await move('sleeping', 'nobody asks')).toMatchObject({ state: 'sleeping', reason: 'nobody asks' });
    expect(server.open).toBe(0);
    await registry.callTool('a__echo');
    expect(registry.getServer('a')!.state).toBe('connected');
    expect(await move('unavailable', 'repair')).toMatchObject({ state: 'unavailable', reason: 'repair' });
    expect(server.open).toBe(0);
    expect(await move('connected', 'repaired')).toMatchObject({ state: 'connected' });
    expect(await move('disabled', 'night')).toMatchObject({ state: 'disabled', reason: 'night' });
    expect(await move('disconnected', 'enabled')).toMatchObject({ state: 'disconnected', reason: 'enabled' });
    expect(server.open).toBe(0);
    expect(steps(events).slice(0, 5)).toEqual([
      'connecting: morning',
      'initializing: opened',
      'connected: ready',
      'closing: lunch',
      'disconnected: lunch',
    ]);
    events
      .filter(({ type }) => type === 'state')
      .reduce((before, event) => {
        expect(event.from).toBe(before.to);
        return event;
      });
  });

  it('takes a server out of service at once, while calls that are in flight go on', async () => {
    const { registry, server } = one();
    await registry.connectAll();
    server.silent.add('tools/call');
    const call = registry.callTool('a__echo');
    await until('the call is there', () => server.methods().includes('tools/call'));
    const off = registry.updateState('a', 'disabled', 'off', { drainMs: 50 });
    expect(registry.getServer('a')!.state).toBe('disabled');
    expect(await rejection(registry.callTool('a__echo'))).toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    expect(server.open).toBe(1);
    expect(await rejection(call)).toMatchObject({ delivered: 'unknown' });
    await off;
    expect(server.open).toBe(0);
  });

  it.each([
    ['disabled', 'connected'],
    ['disabled', 'sleeping'],
    ['disabled', 'unavailable'],
    ['unavailable', 'sleeping'],
  ] as const)('refuses what the machine refuses: %s to %s', async (from, to) => {
    const { registry, events } = one();
    await registry.updateState('a', from, 'first');
    const before = events.length;
    expect(await rejection(registry.updateState('a', to, 'then'))).toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      server: 'a',
      details: { from, to },
    });
    expect(registry.getServer('a')!.status()).toMatchObject({ state: from, reason: 'first' });
    expect(events).toHaveLength(before);
  });

  it.each([
    ['connecting', 'because', 'ILLEGAL_TRANSITION'],
    ['error', 'because', 'ILLEGAL_TRANSITION'],
    ['asleep', 'because', 'INVALID_ARGUMENT'],
    ['__proto__', 'because', 'INVALID_ARGUMENT'],
    ['connected', ' ', 'INVALID_ARGUMENT'],
    ['connected', undefined, 'INVALID_ARGUMENT'],
  ])('refuses the state %s for the reason %s', async (state, reason, code) => {
    const { registry } = one();
    const moved = registry.updateState('a', state as WantedState, reason as string);
    expect(await rejection(moved)).toMatchObject({ code });
    expect(registry.getServer('a')!.state).toBe('disconnected');
  });

  it('knows the servers that there are, and none after a shutdown', async () => {
    const { registry } = one();
    expect(await rejection(registry.updateState('b', 'connected', 'x'))).toMatchObject({
      code: 'UNKNOWN_SERVER',
    });
    await registry.shutdown();
    expect(await rejection(registry.updateState('a', 'connected', 'x'))).toMatchObject({
      code: 'CONNECTION_CLOSED',
    });
  });

  it('tells whoever waits for a wish that another one has overtaken it', async () => {
    const { registry, server } = one();
    server.hang();
    const connecting = registry.updateState('a', 'connected', 'come');
    await registry.updateState('a', 'disabled', 'go');
    expect(await rejection(connecting)).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(registry.getServer('a')!.state).toBe('disabled');
  });

  it('does not connect what is still closing if it is not wanted any more by then', async () => {
    const { registry, server } = one();
    await registry.connectAll();
    server.silent.add('tools/call');
    const call = rejection(registry.callTool('a__echo', {}, { timeoutMs: 200 }));
    await until('the call is there', () => server.methods().includes('tools/call'));
    const first = registry.updateState('a', 'disconnected', 'away');
    const second = rejection(registry.updateState('a', 'connected', 'no, here'));
    const third = registry.updateState('a', 'disconnected', 'away after all');
    expect(await Promise.all([first, third])).toMatchObject([
      { state: 'disconnected' },
      { state: 'disconnected' },
    ]);
    expect(await second).toMatchObject({ code: 'CONNECTION_CLOSED' });
    await call;
    expect(registry.getServer('a')!.state).toBe('disconnected');
    expect(server.connections).toBe(1);
  });

  it('carries out what a listener wants at once, and not what it was told of', async () => {
    const { registry, server } = one();
    await registry.connectAll();
    const back: Promise<unknown>[] = [];
    registry.on('server', ({ to, reason }) => {
      if (to === 'unavailable') back.push(registry.updateState('a', 'connected', `no ${reason}`));
    });
    const away = rejection(registry.updateState('a', 'unavailable', 'pause'));
    expect(await away).toMatchObject({
      code: 'CONNECTION_CLOSED',
      message: expect.stringContaining('meanwhile'),
    });
    expect(await Promise.all(back)).toMatchObject([{ state: 'connected' }]);
    expect(server.connections).toBe(1);
  });

  it('rejects with the cause if a server that is wanted cannot be connected', async () => {
    const { registry, server } = one();
    server.isDown = true;
    expect(await rejection(registry.updateState('a', 'connected', 'come'))).toMatchObject({
      code: 'CONNECT_FAILED',
    });
    expect(registry.getServer('a')!.state).toBe('error');
  });
});

describe('a listener of the client that acts before the registry has heard', () => {
  it('does not mix up the order of states', async () => {
    const factory = makeFactory();
    const server = new MemoryServer();
    registerMemory(factory, { a: server });
    factory.onCreate((client) => {
      client.on('state', ({ to }) => {
        if (to === 'connected') void client.disconnect();
      });
    });
    const registry = new ServerRegistry({ factory });
    registries.push(registry);
    const told: string[] = [];
    registry.on('server', ({ type, from, to }) => type === 'state' && told.push(`${from} → ${to}`));
    registry.register('a', entry);
    await registry.connectAll();
    await until('it is disconnected', () => registry.getServer('a')!.state === 'disconnected');
    expect(told).toEqual([
      'disconnected → connecting',
      'connecting → initializing',
      // That it was connected was over before it could be told.
      'initializing → closing',
      'closing → disconnected',
    ]);
    expect(server.methods()).not.toContain('tools/list');
  });
});

describe('a server out of service', () => {
  it('stays closed whoever connects its client', async () => {
    const { registry, server } = one({ disabled: true });
    const { client } = registry.getServer('a')!;
    expect(await rejection(client.connect())).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(server.connections).toBe(0);
    expect(client.state).toBe('disconnected');
    expect(registry.getServer('a')!.status()).toMatchObject({
      state: 'disabled',
      reason: 'disabled in the configuration',
    });
    expect(() => registry.markUnavailable('a', 'x')).toThrow(/ILLEGAL_TRANSITION/u);
    expect(await registry.markAvailable('a')).toMatchObject({
      success: false,
      error: { code: 'SERVER_UNAVAILABLE' },
    });
  });

  it('comes back at once although its connection is still being closed', async () => {
    const { registry, server } = one();
    await registry.connectAll();
    server.silent.add('tools/call');
    const call = rejection(registry.callTool('a__echo', {}, { timeoutMs: 300 }));
    await until('the call is there', () => server.methods().includes('tools/call'));
    registry.markUnavailable('a', 'a moment');
    const back = registry.markAvailable('a');
    expect(registry.getServer('a')!.state).toBe('closing');
    expect(await call).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    expect(await back).toMatchObject({ success: true });
    expect(server.open).toBe(1);
    expect(server.connections).toBe(2);
  });
});

describe('a name', () => {
  it('is taken until nothing of the server is left', async () => {
    const { registry, server, events } = one();
    await registry.connectAll();
    server.silent.add('tools/call');
    const call = rejection(registry.callTool('a__echo'));
    await until('the call is there', () => server.methods().includes('tools/call'));
    const gone = registry.unregister('a');
    expect(registry.getServer('a')).toBeUndefined();
    expect(() => registry.register('a', entry)).toThrow(/ALREADY_REGISTERED.*being unregistered/u);
    // A second call hurries.
    await Promise.all([gone, registry.unregister('a', { drainMs: 0 })]);
    expect(await call).toMatchObject({ delivered: 'unknown' });
    expect(server.open).toBe(0);
    expect(events.at(-1)).toMatchObject({ type: 'unregistered', from: 'disconnected', to: 'disconnected' });
    registry.register('a', entry);
    expect((await registry.connectAll()).get('a')).toMatchObject({ success: true });
  });

  it.each(['', ' ', 'a\u0000b', 'a\u200Bb', 'x'.repeat(65)])('%j is refused', (name) => {
    const { registry } = one();
    expect(() => registry.register(name, entry)).toThrow(/CONFIG_INVALID/u);
  });

  it('leaves a client alone that somebody else has made under it meanwhile', async () => {
    const factory = makeFactory();
    const server = new MemoryServer();
    registerMemory(factory, { a: server });
    const registry = new ServerRegistry({ factory });
    registries.push(registry);
    registry.register('a', entry);
    const other = factory.create('a', entry);
    await other.connect();
    await registry.unregister('a');
    expect(other.isConnected).toBe(true);
    expect(factory.getClient('a')).toBe(other);
  });
});
