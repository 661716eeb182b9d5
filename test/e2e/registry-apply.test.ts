import { afterEach, describe, expect, it } from 'vitest';
import type { ServerEntry } from '../../src/config/entry.ts';
import { SignalboxError } from '../../src/core/errors.ts';
import type { AppliedEvent, AppliedServer } from '../../src/registry/apply/apply-result.ts';
import type { ServerEvent } from '../../src/registry/events/registry-events.ts';
import { ServerRegistry, type ServerRegistryOptions } from '../../src/registry/server-registry.ts';
import { faultyEntry, rejection, testFactories } from '../helpers/clients.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { isRunning } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const makeFactory = testFactories();
const registries: ServerRegistry[] = [];
afterEach(() => Promise.all(registries.splice(0).map((registry) => registry.shutdown({ drainMs: 0 }))));
const tracker = trackProcesses();

interface Fleet {
  readonly registry: ServerRegistry;
  readonly servers: Record<string, MemoryServer>;
  readonly events: ServerEvent[];
  readonly applied: AppliedEvent[];
}

function fleet(names: readonly string[], options: ServerRegistryOptions = {}): Fleet {
  const factory = makeFactory();
  const servers = Object.fromEntries(names.map((name) => [name, new MemoryServer()]));
  registerMemory(factory, servers);
  const registry = new ServerRegistry({ factory, ...options });
  registries.push(registry);
  const events: ServerEvent[] = [];
  const applied: AppliedEvent[] = [];
  registry.on('server', (event) => events.push(event));
  registry.on('applied', (event) => applied.push(event));
  return { registry, servers, events, applied };
}

const memory = (url: string, more: Partial<ServerEntry> = {}): ServerEntry => ({
  type: 'memory',
  url,
  ...more,
});

const config = (servers: Record<string, ServerEntry>): Map<string, ServerEntry> =>
  new Map(Object.entries(servers));

const changes = (results: Map<string, AppliedServer>): Record<string, string> =>
  Object.fromEntries([...results].map(([name, { change }]) => [name, change]));

/** Answers the last call that a server has got and not answered. */
function answer(server: MemoryServer, text: string): void {
  const { id } = server.received.findLast(({ method }) => method === 'tools/call')!;
  server.raw(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } }));
}

describe('registry.apply', () => {
  it('F-139 adds, removes and replaces what has changed, and leaves the rest alone', async () => {
    const { registry, servers, applied } = fleet(['a', 'b', 'c', 'd']);
    const first = await registry.apply(config({ a: memory('a'), b: memory('b'), c: memory('c') }));
    expect(changes(first)).toEqual({ a: 'added', b: 'added', c: 'added' });
    expect([...first.values()].every(({ connection }) => connection?.success === true)).toBe(true);
    const kept = registry.getServer('a')!;

    // The same entry in other words is the same entry.
    const same: ServerEntry = { url: 'a', type: 'memory', disabled: undefined };
    const second = await registry.apply(
      config({ d: memory('d'), b: memory('b', { timeout: 5000 }), a: same }),
    );
    expect(changes(second)).toEqual({ d: 'added', b: 'changed', a: 'unchanged', c: 'removed' });
    expect(second.get('b')).toMatchObject({ connection: { success: true }, error: undefined });
    expect(second.get('a')).toMatchObject({ connection: undefined });
    expect(registry.getServer('a')).toBe(kept);
    expect(registry.getAllServers().map(({ name }) => name)).toEqual(['a', 'b', 'd']);
    expect(Object.values(servers).map(({ connections }) => connections)).toEqual([1, 2, 1, 1]);
    expect(Object.values(servers).map(({ open }) => open)).toEqual([1, 1, 0, 1]);
    expect(applied.at(-1)).toMatchObject({
      added: ['d'],
      changed: ['b'],
      removed: ['c'],
      unchanged: 1,
      reason: 'servers: 1 added, 1 changed, 1 removed, 1 unchanged',
    });
  });

  it('F-139 reports entries that cannot be used, and what runs under their names goes on', async () => {
    const { registry, servers, applied } = fleet(['a', 'b']);
    await registry.apply(config({ a: memory('a'), b: memory('b') }));
    const broken = new SignalboxError('CONFIG_INVALID', '.mcp.json:4: url is no address', { server: 'b' });
    const results = await registry.apply(
      config({ a: { type: 'memory', url: 'a', timeout: 'long' as unknown as number }, new: { command: '' } }),
      { failed: new Map([['b', broken]]) },
    );
    expect(changes(results)).toEqual({ a: 'invalid', new: 'invalid', b: 'invalid' });
    expect(results.get('a')!.error).toMatchObject({ code: 'CONFIG_INVALID', server: 'a' });
    expect(results.get('b')!.error).toBe(broken);
    expect(applied.at(-1)!.invalid.map(({ server }) => server)).toEqual(['a', 'new', 'b']);
    expect(registry.getAllServers().map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await registry.callTool('a__echo')).toMatchObject({ content: [{ text: '{}' }] });
    expect(Object.values(servers).map(({ connections, open }) => [connections, open])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it('a server is replaced under its name while calls are in flight: they end on the old one, new ones go to the new', async () => {
    const { registry, servers, events } = fleet(['old', 'new']);
    await registry.apply(config({ a: memory('old') }));
    servers['old']!.silent.add('tools/call');
    const inFlight = registry.callTool('a__echo', { to: 'old' });
    await until('the call is there', () => servers['old']!.methods().includes('tools/call'));
    events.length = 0;

    let isOver = false;
    const applying = registry.apply(config({ a: memory('new') })).finally(() => {
      isOver = true;
    });
    expect(await registry.callTool('a__echo', { to: 'new' })).toMatchObject({
      content: [{ text: '{"to":"new"}' }],
    });
    expect(isOver).toBe(false);
    answer(servers['old']!, 'late');
    expect(await inFlight).toMatchObject({ content: [{ text: 'late' }] });
    expect((await applying).get('a')).toMatchObject({ change: 'changed', connection: { success: true } });
    expect(servers['old']!.open).toBe(0);
    // Nothing is told of the old one any more, and its end does not end the new one.
    const told = events.filter(({ type }) => type !== 'warning');
    expect(told.map(({ type, to }) => (type === 'state' ? to : type))).toEqual([
      'unregistered',
      'registered',
      'connecting',
      'initializing',
      'connected',
    ]);
    expect(registry.getServer('a')!.isConnected).toBe(true);
  });

  it('a call that is made in the very moment of a replacement is answered, also where the new one waits for its turn', async () => {
    const names = ['slow', 'b', 'c'];
    const { registry, servers } = fleet(names, { parallelConnects: 1, connectPatienceMs: 50 });
    const wanted = (timeout: number): Map<string, ServerEntry> =>
      new Map(names.map((name) => [name, memory(name, { timeout })]));
    await registry.apply(wanted(5000));
    servers['slow']!.hang();
    const before = registry.callTool('b__echo', { to: 'b' });
    const applying = registry.apply(wanted(6000));
    expect(registry.getServer('b')!.state).toBe('disconnected');
    // It has gone out to the old one: nobody has asked for the new one yet.
    expect(await before).toMatchObject({ content: [{ text: '{"to":"b"}' }] });
    expect(await registry.callTool('c__echo', { to: 'c' })).toMatchObject({
      content: [{ text: '{"to":"c"}' }],
    });
    await registry.shutdown({ drainMs: 0 });
    expect(changes(await applying)).toEqual({ slow: 'changed', b: 'changed', c: 'changed' });
  });

  it('calls on a replaced server get drainMs and no more', async () => {
    const { registry, servers } = fleet(['old', 'new']);
    await registry.apply(config({ a: memory('old') }));
    servers['old']!.silent.add('tools/call');
    const inFlight = rejection(registry.callTool('a__echo'));
    await until('the call is there', () => servers['old']!.methods().includes('tools/call'));
    await registry.apply(config({ a: memory('new') }), { drainMs: 30 });
    expect(await inFlight).toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'unknown' });
    expect(servers['old']!.open).toBe(0);
  });

  it('the last one wins, also over one that still waits for a server that hangs', async () => {
    const { registry, servers } = fleet(['hangs', 'b', 'c']);
    servers['hangs']!.hang();
    const first = registry.apply(config({ a: memory('hangs'), b: memory('b') }));
    const second = registry.apply(config({ a: memory('b') }));
    const third = registry.apply(config({ a: memory('c'), b: memory('b') }));
    expect(changes(await third)).toEqual({ a: 'changed', b: 'added' });
    expect((await first).get('a')).toMatchObject({
      change: 'added',
      connection: { success: false, error: { code: 'CONNECTION_CLOSED' } },
    });
    expect(changes(await second)).toEqual({ a: 'changed', b: 'removed' });
    expect(registry.getAllServers().map(({ name, entry, state }) => [name, entry.url, state])).toEqual([
      ['a', 'c', 'connected'],
      ['b', 'b', 'connected'],
    ]);
    expect(servers['hangs']!.open).toBe(0);
  });

  it('asked for by a listener in the middle of another one comes behind it', async () => {
    const { registry } = fleet(['a', 'b', 'c']);
    let nested: Promise<Map<string, AppliedServer>> | undefined;
    const stop = registry.on('server', ({ type, server }) => {
      if (type === 'registered' && server === 'a') nested = registry.apply(config({ c: memory('c') }));
    });
    await registry.apply(config({ a: memory('a'), b: memory('b') }));
    stop();
    expect(changes(await nested!)).toEqual({ c: 'added', a: 'removed', b: 'removed' });
    expect(registry.getAllServers().map(({ name }) => name)).toEqual(['c']);
  });

  it('a name that is just being given back can be taken at once', async () => {
    const { registry, servers } = fleet(['a', 'b']);
    await registry.apply(config({ x: memory('a') }));
    servers['a']!.silent.add('tools/call');
    const inFlight = registry.callTool('x__echo');
    await until('the call is there', () => servers['a']!.methods().includes('tools/call'));
    const gone = registry.apply(config({}));
    await until('it leaves', () => registry.getServer('x') === undefined);
    const back = registry.apply(config({ x: memory('b') }));
    await until('the new one is connected', () => registry.getServer('x')?.isConnected === true);
    answer(servers['a']!, 'late');
    expect(await inFlight).toMatchObject({ content: [{ text: 'late' }] });
    expect(changes(await gone)).toEqual({ x: 'removed' });
    expect(changes(await back)).toEqual({ x: 'added' });
    expect(registry.getServer('x')).toMatchObject({ isConnected: true, entry: { url: 'b' } });
    expect(servers['a']!.open).toBe(0);
  });

  it('connects nobody who is not to be connected: disabled, out of service, or on demand', async () => {
    const { registry, servers } = fleet(['a', 'b', 'c']);
    await registry.apply(config({ a: memory('a'), b: memory('b'), c: memory('c', { disabled: true }) }));
    expect(servers['c']!.connections).toBe(0);
    registry.markUnavailable('a', 'maintenance');
    const more = { timeout: 5000 };
    const results = await registry.apply(
      config({ a: memory('a', more), b: memory('b', { ...more, disabled: true }), c: memory('c') }),
    );
    expect(results.get('a')).toMatchObject({ change: 'changed', connection: undefined });
    expect(registry.getServer('a')!.status()).toMatchObject({ state: 'unavailable', reason: 'maintenance' });
    expect(registry.getServer('b')!.state).toBe('disabled');
    expect(registry.getServer('c')!.state).toBe('connected');
    await registry.apply(config({ b: memory('b') }), { connect: false });
    expect(registry.getServer('b')!.state).toBe('disconnected');
  });

  it('keeps what a lazy server is known to offer over an edit that leads to the same server', async () => {
    const { registry, servers } = fleet(['a', 'b']);
    const lazy = (url: string, idle: number): ServerEntry =>
      memory(url, { 'x-signalbox': { lazy: true, timeouts: { idle } } });
    await registry.apply(config({ a: lazy('a', 60_000) }));
    const same = await registry.apply(config({ a: lazy('a', 30_000) }));
    expect(same.get('a')).toMatchObject({ change: 'changed', connection: { success: true, asleep: true } });
    expect(registry.findTool('a__echo')).toMatchObject({ stale: true });
    expect(servers['a']!.connections).toBe(1);
    // Another address may be another server: it is asked.
    const other = await registry.apply(config({ a: lazy('b', 30_000) }));
    expect(other.get('a')!.connection).not.toHaveProperty('asleep');
    expect(servers['b']!.connections).toBe(1);
  });

  it('a shutdown ends replaced servers that still have calls in flight', async () => {
    const { registry, servers } = fleet(['old', 'new']);
    await registry.apply(config({ a: memory('old') }));
    servers['old']!.silent.add('tools/call');
    const inFlight = rejection(registry.callTool('a__echo'));
    await until('the call is there', () => servers['old']!.methods().includes('tools/call'));
    const applying = registry.apply(config({ a: memory('new') }), { drainMs: 60_000 });
    await until('the new one is there', () => servers['new']!.open === 1);
    await registry.shutdown({ drainMs: 0 });
    expect(await inFlight).toMatchObject({ delivered: 'unknown' });
    expect((await applying).get('a')!.change).toBe('changed');
    expect(servers['old']!.open + servers['new']!.open).toBe(0);
    expect(await rejection(registry.apply(config({})))).toMatchObject({ code: 'CONNECTION_CLOSED' });
  });

  it('leaves no process of a replaced or removed stdio server', async () => {
    const { registry } = fleet([]);
    await registry.apply(config({ a: faultyEntry({}), b: faultyEntry({}) }));
    const pids = registry.getAllServers().map((instance) => tracker.track(instance.status().pid!));
    await registry.apply(config({ a: faultyEntry({}, { trust: true }) }));
    const now = tracker.track(registry.getServer('a')!.status().pid!);
    expect(pids.map((pid) => isRunning(pid))).toEqual([false, false]);
    expect(isRunning(now)).toBe(true);
    expect(pids).not.toContain(now);
    await registry.shutdown({ drainMs: 0 });
  });
});
