import { afterEach, describe, expect, it } from 'vitest';
import type { ServerEvent } from '../../src/registry/events/registry-events.ts';
import { ServerRegistry, type ServerRegistryOptions } from '../../src/registry/server-registry.ts';
import { MemoryStateStore } from '../../src/registry/store/state-store.ts';
import { faultyEntry, rejection, testFactories } from '../helpers/clients.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { isRunning } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const makeFactory = testFactories();
const registries: ServerRegistry[] = [];
afterEach(() => Promise.all(registries.splice(0).map((registry) => registry.shutdown({ drainMs: 0 }))));

interface Fleet {
  readonly registry: ServerRegistry;
  readonly servers: Record<string, MemoryServer>;
  readonly events: ServerEvent[];
}

function fleet(names: readonly string[], options: ServerRegistryOptions = {}): Fleet {
  const factory = makeFactory();
  const servers = Object.fromEntries(names.map((name) => [name, new MemoryServer()]));
  registerMemory(factory, servers);
  const registry = new ServerRegistry({ factory, ...options });
  registries.push(registry);
  const events: ServerEvent[] = [];
  registry.on('server', (event) => events.push(event));
  for (const name of names) registry.register(name, memory(name));
  return { registry, servers, events };
}

const memory = (url: string): { type: string; url: string } => ({ type: 'memory', url });

describe('ServerRegistry', () => {
  it('connects all in parallel and keeps partial failure', async () => {
    const { registry } = fleet(['a', 'b']);
    registry.register('bad-command', { command: 'no-such-program' });
    registry.register('dead', faultyEntry({ start: ['exit:1'] }));
    registry.register('off', { ...memory('a'), disabled: true });
    const outcomes = await registry.connectAll();
    expect([...outcomes].map(([name, { success, error }]) => [name, success, error?.code])).toEqual([
      ['a', true, undefined],
      ['b', true, undefined],
      ['bad-command', false, 'SPAWN_FAILED'],
      ['dead', false, 'CONNECT_FAILED'],
    ]);
    expect(registry.getConnectedServers().map(({ name }) => name)).toEqual(['a', 'b']);
    expect(registry.getAllServers()).toHaveLength(5);
    const { items, missing, complete } = await registry.listTools();
    expect(items.map(({ name }) => name)).toEqual(['a__echo', 'b__echo']);
    expect(missing.map(({ server }) => server)).toEqual(['bad-command', 'dead']);
    expect(missing[0]!.reason).toMatch(/^error: \[SPAWN_FAILED\]/u);
    expect(complete).toBe(false);
  });

  it('routes tools, prompts and resources to their server', async () => {
    const { registry, servers } = fleet(['a', 'b']);
    servers['a']!.resources = [{ uri: 'x://a', name: 'a' }];
    servers['b']!.resources = [{ uri: 'x://b', name: 'b' }];
    servers['b']!.prompts = [{ name: 'greet' }];
    await registry.connectAll();
    expect(await registry.callTool('b__echo', { n: 1 })).toMatchObject({ content: [{ text: '{"n":1}' }] });
    expect(servers['a']!.methods()).not.toContain('tools/call');
    await registry.readResource('x://b');
    expect(servers['b']!.methods()).toContain('resources/read');
    expect(await registry.getPrompt('b__greet')).toMatchObject({
      messages: [{ content: { text: 'greet' } }],
    });
    expect((await registry.listPrompts()).items.map(({ name }) => name)).toEqual(['b__greet']);
    expect((await registry.listResources()).items).toHaveLength(2);
    expect((await registry.listResourceTemplates()).items).toEqual([]);
    expect(registry.findTool('a__echo')).toMatchObject({ server: 'a' });
    expect(registry.findPrompt('a__greet')).toBeUndefined();
  });

  it.each([
    ['a tool of an unknown server', (r: ServerRegistry) => r.callTool('nobody__echo'), 'UNKNOWN_NAME'],
    ['an unknown tool', (r: ServerRegistry) => r.callTool('a__nothing'), 'UNKNOWN_NAME'],
    ['an unknown prompt', (r: ServerRegistry) => r.getPrompt('a__nothing'), 'UNKNOWN_NAME'],
    ['an unknown resource', (r: ServerRegistry) => r.readResource('nowhere://'), 'UNKNOWN_NAME'],
    ['an unknown server', (r: ServerRegistry) => r.readResource('x', { server: 'nobody' }), 'UNKNOWN_SERVER'],
  ])('%s is a typed error', async (_what, call, code) => {
    const { registry } = fleet(['a']);
    await registry.connectAll();
    expect(await rejection(call(registry))).toMatchObject({ code });
  });

  it('connects a server that is not connected yet when one of its tools is called', async () => {
    const { registry, servers } = fleet(['a', 'b']);
    expect(await registry.callTool('b__echo')).toMatchObject({ content: [{ text: '{}' }] });
    expect(servers['a']!.connections).toBe(0);
    expect(await rejection(registry.callTool('b__other'))).toMatchObject({ code: 'UNKNOWN_NAME' });
  });

  it('F-127 a call waits for the lists of its server no longer than its own time', async () => {
    const { registry, servers } = fleet(['a']);
    servers['a']!.silent.add('tools/list');
    const startedAt = performance.now();
    expect(await rejection(registry.callTool('a__echo', {}, { timeoutMs: 200 }))).toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      delivered: 'no',
      message: expect.stringContaining('its lists were not read in time'),
    });
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it('F-127 a call to a known tool of a server that comes back does not wait for its lists', async () => {
    const { registry, servers } = fleet(['a']);
    await registry.connectAll();
    await registry.getServer('a')!.client.disconnect();
    servers['a']!.silent.add('tools/list');
    expect(await registry.callTool('a__echo', {}, { timeoutMs: 5000 })).toMatchObject({
      content: [{ text: '{}' }],
    });
  });

  it('filters tools by enabledTools and disabledTools', async () => {
    const { registry, servers } = fleet(['a']);
    servers['a']!.tools = ['x', 'y', 'z'].map((name) => ({ name }));
    registry.register('some', { ...memory('a'), enabledTools: ['x', 'y'], disabledTools: ['y'] });
    registry.register('most', { ...memory('a'), enabledTools: ['*'], disabledTools: ['z'] });
    await registry.connectAll();
    const names = (await registry.listTools()).items.map(({ name }) => name);
    expect(names).toEqual(['a__x', 'a__y', 'a__z', 'some__x', 'most__x', 'most__y']);
    expect(await rejection(registry.callTool('some__y'))).toMatchObject({ code: 'UNKNOWN_NAME' });
  });

  it('F-125 reads a list again when the server says that it changed, once for a storm', async () => {
    const { registry, servers } = fleet(['a']);
    await registry.connectAll();
    let changes = 0;
    registry.on('catalog', () => changes++);
    servers['a']!.tools = [{ name: 'new' }];
    for (let i = 0; i < 100; i++) servers['a']!.notify('notifications/tools/list_changed');
    await until('the new tool is listed', () => registry.findTool('a__new') !== undefined);
    expect(servers['a']!.methods().filter((method) => method === 'tools/list')).toHaveLength(2);
    expect(changes).toBe(1);
  });

  it('takes a server out of service and back', async () => {
    const { registry, servers } = fleet(['a', 'b']);
    await registry.connectAll();
    registry.markUnavailable('a', 'maintenance');
    expect(registry.getServer('a')!.status()).toMatchObject({ state: 'unavailable', reason: 'maintenance' });
    const { items, missing } = await registry.listTools();
    expect(items.map(({ name }) => name)).toEqual(['b__echo']);
    expect(missing).toEqual([{ server: 'a', reason: 'unavailable: maintenance' }]);
    expect(await rejection(registry.callTool('a__echo'))).toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      server: 'a',
    });
    expect(await registry.connectAll()).toHaveProperty('size', 1);
    expect(await registry.markAvailable('a')).toMatchObject({ success: true });
    expect(servers['a']!.connections).toBe(2);
    expect(() => registry.markUnavailable('nobody', 'x')).toThrow(/UNKNOWN_SERVER/u);
  });

  it('tells what happens to a server, and marks its tools missing while it is gone', async () => {
    const { registry, servers, events } = fleet(['a']);
    await registry.connectAll();
    servers['a']!.isDown = true;
    servers['a']!.drop();
    await until('the loss is seen', () => registry.getServer('a')!.state === 'reconnecting');
    expect((await registry.listTools()).missing[0]).toMatchObject({ server: 'a' });
    servers['a']!.isDown = false;
    await until('it is back', () => registry.getServer('a')!.isConnected);
    await until('its tools are back', () => registry.findTool('a__echo') !== undefined);
    const steps = events.filter(({ type }) => type === 'state').map(({ from, to }) => `${from} → ${to}`);
    expect(steps.slice(0, 4)).toEqual([
      'disconnected → connecting',
      'connecting → initializing',
      'initializing → connected',
      'connected → reconnecting',
    ]);
    expect(events.every(({ at }) => !Number.isNaN(Date.parse(at)))).toBe(true);
  });

  it('registers, unregisters and re-registers under one name', async () => {
    const { registry, events } = fleet(['a']);
    await registry.connectAll();
    expect(() => registry.register('a', memory('a'))).toThrow(/ALREADY_REGISTERED/u);
    expect(() => registry.register('bad', { url: 'not a url' })).toThrow(/CONFIG_INVALID/u);
    await registry.unregister('a');
    await registry.unregister('a');
    expect(registry.getServer('a')).toBeUndefined();
    registry.register('a', memory('a'));
    expect((await registry.connectAll()).get('a')).toMatchObject({ success: true });
    const ends = events.filter(({ type }) => type === 'registered' || type === 'unregistered');
    expect(ends.map(({ type }) => type)).toEqual(['registered', 'unregistered', 'registered']);
  });

  it('waits for the servers that are required', async () => {
    const { registry } = fleet(['a']);
    registry.register('needed', { ...memory('a'), 'x-signalbox': { required: true } });
    const ready = registry.waitForReady({ timeoutMs: 5000 });
    await registry.connectAll();
    await ready;
    await registry.waitForReady({ required: ['a', 'needed'] });
    await registry.disconnectAll();
    const late = await rejection(registry.waitForReady({ required: ['a'], timeoutMs: 20 }));
    expect(late).toMatchObject({ code: 'CONNECT_TIMEOUT', details: { missing: ['a'] } });
    expect(await rejection(registry.waitForReady({ required: ['nobody'] }))).toMatchObject({
      code: 'UNKNOWN_SERVER',
    });
    const aborted = registry.waitForReady({ required: ['a'], signal: AbortSignal.abort() });
    expect(await rejection(aborted)).toMatchObject({ code: 'REQUEST_ABORTED' });
  });

  it('reconnects all', async () => {
    const { registry, servers } = fleet(['a', 'b']);
    await registry.connectAll();
    const outcomes = await registry.reconnectAll();
    expect([...outcomes.values()].every(({ success }) => success)).toBe(true);
    expect(servers['a']!.connections).toBe(2);
  });

  it('F-127 one server whose lists hang delays the others at most for a bounded time', async () => {
    const { registry, servers } = fleet(['a', 'slow'], { listWaitMs: 200 });
    servers['slow']!.silent.add('tools/list');
    void registry.connectAll();
    await until('both are connected', () => registry.getConnectedServers().length === 2);
    const { items } = await registry.listTools();
    expect(items.map(({ name }) => name)).toEqual(['a__echo']);
  });

  it('a list that fails is a warning, and the others are kept', async () => {
    const factory = makeFactory();
    const registry = new ServerRegistry({ factory });
    registries.push(registry);
    const warnings: string[] = [];
    registry.on('server', ({ type, reason }) => type === 'warning' && warnings.push(reason));
    const capabilities = { tools: {}, prompts: {} };
    registry.register('s', faultyEntry({ capabilities, on: { 'prompts/list': ['error:-32603'] } }));
    await registry.connectAll();
    expect((await registry.listTools()).items.length).toBeGreaterThan(0);
    expect(warnings).toEqual([expect.stringContaining('prompts could not be listed')]);
  });

  it('shuts down in good order, saves its state, and takes no more work', async () => {
    const store = new MemoryStateStore();
    const { registry } = fleet(['a'], { store });
    registry.register('proc', faultyEntry({}));
    await registry.connectAll();
    const pid = registry.getServer('proc')!.status().pid!;
    await Promise.all([registry.shutdown(), registry.shutdown()]);
    expect(isRunning(pid)).toBe(false);
    expect(() => registry.register('late', memory('a'))).toThrow(/CONNECTION_CLOSED/u);
    const state = await store.load();
    expect(state?.servers.map(({ name, status }) => [name, status?.state])).toEqual([
      ['a', 'connected'],
      ['proc', 'connected'],
    ]);
    const next = fleet(['a'], { store });
    expect(await next.registry.previousStatus('a')).toMatchObject({ era: 'modern', tools: 1 });
    expect(await next.registry.previousStatus('other')).toBeUndefined();
  });

  it('a store that fails harms nobody', async () => {
    const errors: string[] = [];
    const logger = {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (message: string) => errors.push(message),
    };
    const store = {
      load: () => Promise.reject(new Error('no')),
      save: () => Promise.reject(new Error('no')),
    };
    const { registry } = fleet(['a'], { store, logger });
    expect((await registry.connectAll()).get('a')).toMatchObject({ success: true });
    await registry.shutdown();
    expect(errors).toHaveLength(2);
  });
});
