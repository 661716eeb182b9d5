import { afterEach, describe, expect, it } from 'vitest';
import { ServerRegistry, type ServerRegistryOptions } from '../../src/registry/server-registry.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { QUICK, rejection, testFactories } from '../helpers/clients.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { until } from '../helpers/until.ts';

trackProcesses();
const makeFactory = testFactories();
const registries: ServerRegistry[] = [];
afterEach(() => Promise.all(registries.splice(0).map((registry) => registry.shutdown({ drainMs: 0 }))));

interface Fleet {
  readonly registry: ServerRegistry;
  readonly servers: Record<string, MemoryServer>;
}

function fleet(names: readonly string[], options: ServerRegistryOptions = {}, clock?: FakeClock): Fleet {
  const factory = makeFactory(clock === undefined ? {} : { clock });
  const servers = Object.fromEntries(names.map((name) => [name, new MemoryServer()]));
  registerMemory(factory, servers);
  const registry = new ServerRegistry({ factory, ...(clock === undefined ? {} : { clock }), ...options });
  registries.push(registry);
  for (const name of names) registry.register(name, { type: 'memory', url: name, 'x-signalbox': QUICK });
  return { registry, servers };
}

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

describe('connecting many servers', () => {
  it('20 servers that hang in connecting do not hold up 20 good ones behind them', async () => {
    const clock = new FakeClock();
    const { registry, servers } = fleet([...numbered('hung', 20), ...numbered('good', 20)], {}, clock);
    for (const name of numbered('hung', 20)) servers[name]!.hang();
    const startedAt = clock.now();
    let isOver = false;
    const outcomes = registry.connectAll().finally(() => {
      isOver = true;
    });
    const good = (): number => registry.getConnectedServers().length;
    while (good() < 20 && clock.now() - startedAt < 60_000) await clock.advance(100);
    const usableMs = clock.now() - startedAt;
    // Each of the hanging ones has timeouts.connect (20 s): 20 of them in 8 places would hold the others up for 40 s.
    expect(usableMs).toBeLessThanOrEqual(5000);
    expect(isOver).toBe(false);
    expect((await registry.listTools()).items).toHaveLength(20);
    while (!isOver && clock.now() - startedAt < 200_000) await clock.advance(500);
    const failed = [...(await outcomes)].filter(([, { success }]) => !success);
    expect(failed.map(([name]) => name)).toEqual(numbered('hung', 20));
    expect(failed.every(([, { error }]) => error?.code === 'CONNECT_TIMEOUT')).toBe(true);
  });

  it('begins with no more servers at once than there are places', async () => {
    const { registry, servers } = fleet(numbered('s', 6), { parallelConnects: 2 });
    for (const server of Object.values(servers)) server.hang();
    const over = new AbortController();
    const outcomes = registry.connectAll({ signal: over.signal });
    await until('two have begun', () => servers['s2']!.connections === 1);
    expect(Object.values(servers).map(({ connections }) => connections)).toEqual([1, 1, 0, 0, 0, 0]);
    over.abort();
    expect([...(await outcomes).values()].map(({ error }) => error?.code)).toEqual(
      Array.from({ length: 6 }, () => 'REQUEST_ABORTED'),
    );
  });

  it('begins with those that are required, and ends with those that have just failed', async () => {
    const { registry, servers } = fleet(['bad', 'plain'], { parallelConnects: 1, connectPatienceMs: 60_000 });
    const order: string[] = [];
    registry.on('server', ({ server, from, to }) => {
      if (from !== to && to === 'connecting') order.push(server);
    });
    registry.register('needed', {
      type: 'memory',
      url: 'plain',
      'x-signalbox': { ...QUICK, required: true },
    });
    servers['bad']!.isDown = true;
    await registry.connectAll();
    expect(order).toEqual(['needed', 'bad', 'plain']);
    order.length = 0;
    await registry.disconnectAll();
    // Disconnected, the bad one is like any other; having failed again it comes last.
    await registry.updateState('bad', 'connected', 'again').catch(() => undefined);
    order.length = 0;
    const outcomes = await registry.connectAll({ parallel: 1 });
    expect(order).toEqual(['needed', 'plain', 'bad']);
    expect([...outcomes.keys()]).toEqual(['bad', 'plain', 'needed']);
  });

  it('drops all connections and makes them anew, each with its outcome; what was subscribed is kept, once', async () => {
    const { registry, servers } = fleet(['a', 'b']);
    servers['a']!.takesSubscriptions = true;
    await registry.connectAll();
    const renewed: string[] = [];
    await registry
      .getServer('a')!
      .client.subscribe({ toolsListChanged: true }, ({ type }) => renewed.push(type));
    const listening = (): number =>
      servers['a']!.methods().filter((method) => method === 'subscriptions/listen').length;
    expect(listening()).toBe(2);
    servers['b']!.isDown = true;
    for (const round of [1, 2, 3]) {
      const outcomes = await registry.reconnectAll();
      expect([...outcomes].map(([name, { success }]) => [name, success])).toEqual([
        ['a', true],
        ['b', false],
      ]);
      await until(
        'both are subscribed again',
        () => renewed.length === round && listening() >= 2 + 2 * round,
      );
    }
    expect(servers['a']!.connections).toBe(4);
    // Its own, that of the lists, and what of the latter was renewed before it was closed.
    expect(listening()).toBeLessThanOrEqual(2 + 3 * 3);
  });

  it('disconnects all with their outcomes, those out of service too', async () => {
    const { registry, servers } = fleet(['a', 'b']);
    await registry.connectAll();
    registry.markUnavailable('b', 'maintenance');
    const outcomes = await registry.disconnectAll({ drainMs: 0 });
    expect([...outcomes]).toEqual([
      ['a', { success: true, error: undefined }],
      ['b', { success: true, error: undefined }],
    ]);
    expect([servers['a']!.open, servers['b']!.open]).toEqual([0, 0]);
    expect(registry.getServer('b')!.state).toBe('unavailable');
  });
});

describe('callAll', () => {
  it('calls the tool on every server that offers it and keeps each outcome', async () => {
    const { registry, servers } = fleet(['a', 'other', 'odd', 'hung', 'away']);
    servers['other']!.tools = [{ name: 'something' }];
    await registry.connectAll();
    servers['hung']!.silent.add('tools/call');
    servers['odd']!.drop();
    servers['odd']!.isDown = true;
    registry.markUnavailable('away', 'maintenance');
    const outcomes = await registry.callAll('echo', { n: 1 }, { timeoutMs: 300 });
    expect([...outcomes.keys()]).toEqual(['a', 'odd', 'hung']);
    expect(outcomes.get('a')).toMatchObject({ success: true, result: { content: [{ text: '{"n":1}' }] } });
    expect(outcomes.get('odd')).toMatchObject({ success: false, result: undefined });
    expect(outcomes.get('hung')).toMatchObject({ success: false, error: { code: 'REQUEST_TIMEOUT' } });
    expect(await registry.callAll('nothing')).toEqual(new Map());
  });

  it('makes no more calls at once than there are places, but does not wait for those that hang', async () => {
    const clock = new FakeClock();
    const names = numbered('s', 4);
    const { registry, servers } = fleet(names, {}, clock);
    const connecting = registry.connectAll();
    await clock.advance(100);
    await connecting;
    const called = (): number =>
      Object.values(servers).filter((server) => server.methods().includes('tools/call')).length;
    for (const server of Object.values(servers)) server.silent.add('tools/call');
    const outcomes = registry.callAll('echo', {}, { parallel: 2 });
    await clock.advance(100);
    expect(called()).toBe(2);
    await clock.advance(1000);
    expect(called()).toBe(4);
    await clock.advance(50_000);
    expect([...(await outcomes).values()].map(({ error }) => (error as { code?: unknown }).code)).toEqual(
      names.map(() => 'REQUEST_TIMEOUT'),
    );
  });

  it('can be aborted, and is refused after the shutdown', async () => {
    const { registry, servers } = fleet(['a']);
    await registry.connectAll();
    servers['a']!.silent.add('tools/call');
    const over = new AbortController();
    const outcomes = registry.callAll('echo', {}, { signal: over.signal });
    await until('the call is there', () => servers['a']!.methods().includes('tools/call'));
    over.abort();
    expect((await outcomes).get('a')).toMatchObject({ success: false, error: { code: 'REQUEST_ABORTED' } });
    await registry.shutdown();
    expect(await rejection(registry.callAll('echo'))).toMatchObject({ code: 'CONNECTION_CLOSED' });
  });
});

describe('waitForReady', () => {
  it('waits for a quorum, and for lists that are being read', async () => {
    const { registry, servers } = fleet(['a', 'b', 'c']);
    servers['c']!.isDown = true;
    servers['b']!.silent.add('tools/list');
    let isReady = false;
    const ready = registry.waitForReady({ quorum: 2 }).then(() => {
      isReady = true;
    });
    void registry.connectAll();
    await until('two are connected', () => registry.getConnectedServers().length === 2);
    await until('one has read its lists', () => registry.findTool('a__echo') !== undefined);
    expect(isReady).toBe(false);
    servers['b']!.silent.clear();
    servers['b']!.drop();
    await ready;
    expect(registry.getServer('b')!.tools).toHaveLength(1);
    await registry.waitForReady({ quorum: 2, timeoutMs: 1000 });
  });

  it('names what is missing when the time is over', async () => {
    const { registry, servers } = fleet(['a', 'b']);
    servers['b']!.isDown = true;
    await registry.connectAll();
    const late = await rejection(registry.waitForReady({ required: ['a', 'b'], quorum: 3, timeoutMs: 20 }));
    expect(late).toMatchObject({
      code: 'CONNECT_TIMEOUT',
      details: { missing: ['b'], ready: 1, quorum: 3 },
    });
    expect(late.message).toMatch(/b \(error: .*\), 1 of the 3 servers/u);
  });

  it('does not wait for a server that has gone, nor for a registry that is shut down', async () => {
    const { registry } = fleet(['a', 'b']);
    const one = rejection(registry.waitForReady({ required: ['a'] }));
    const other = rejection(registry.waitForReady({ required: ['b'] }));
    await registry.unregister('a');
    expect(await one).toMatchObject({ code: 'UNKNOWN_SERVER', server: 'a' });
    await registry.shutdown();
    expect(await other).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await rejection(registry.waitForReady())).toMatchObject({ code: 'CONNECTION_CLOSED' });
  });

  it.each([
    { quorum: -1 },
    { quorum: 1.5 },
    { quorum: Number.NaN },
    { timeoutMs: Number.NaN },
    { timeoutMs: -1 },
  ])('refuses %j', async (options) => {
    const { registry } = fleet(['a']);
    expect(await rejection(registry.waitForReady(options))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('is ready at once where nothing is required', async () => {
    const { registry } = fleet(['a']);
    await registry.waitForReady();
  });
});
