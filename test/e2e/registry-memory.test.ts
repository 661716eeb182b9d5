import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerEntry } from '../../src/config/entry.ts';
import { type LogFields, silentLogger } from '../../src/core/log.ts';
import { ServerRegistry, type ServerRegistryOptions } from '../../src/registry/server-registry.ts';
import { FileStateStore } from '../../src/registry/store/file-state-store.ts';
import { MemoryStateStore, type RegistryState } from '../../src/registry/store/state-store.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { faultyEntry, testFactories } from '../helpers/clients.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { temporaryDirectory } from '../helpers/processes.ts';

trackProcesses();
const directory = temporaryDirectory();
const makeFactory = testFactories();
const registries: ServerRegistry[] = [];
afterEach(() => Promise.all(registries.splice(0).map((registry) => registry.shutdown({ drainMs: 0 }))));

type Servers = Readonly<Record<string, MemoryServer>>;

const memory = (url: string): ServerEntry => ({ type: 'memory', url });

/** A registry of a new run: nothing is shared with the one before but the store and the servers. */
function run(servers: Servers, options: ServerRegistryOptions): ServerRegistry {
  const factory = makeFactory();
  registerMemory(factory, servers);
  const registry = new ServerRegistry({ factory, ...options });
  registries.push(registry);
  return registry;
}

/** A store that holds whatever a test puts into it. */
function holding(state: unknown): { readonly store: MemoryStateStore; readonly saved: () => RegistryState } {
  const saves: RegistryState[] = [];
  const store = new MemoryStateStore();
  store.load = () => Promise.resolve(state as RegistryState);
  store.save = (next) => {
    saves.push(structuredClone(next));
    return Promise.resolve();
  };
  return { store, saved: () => saves.at(-1)! };
}

async function savedState(servers: Servers, prepare?: (registry: ServerRegistry) => Promise<unknown>) {
  const store = new MemoryStateStore();
  const first = run(servers, { store });
  for (const name of Object.keys(servers)) first.register(name, memory(name));
  await first.connectAll();
  await prepare?.(first);
  await first.shutdown();
  return { store, state: (await store.load())! };
}

/** Shuts down what a hanging store holds up, which must not take for ever. */
async function ending(registry: ServerRegistry, clock: FakeClock): Promise<void> {
  let isOver = false;
  const ended = registry.shutdown().then(() => (isOver = true));
  for (let second = 0; second < 20 && !isOver; second++) await clock.advance(1000);
  expect(isOver).toBe(true);
  await ended;
}

const named = (state: RegistryState, name: string) => state.servers.find((server) => server.name === name);

describe('what a registry keeps', () => {
  it('is there in the next run: last state, stale catalog, era, totals, approvals', async () => {
    const servers = { a: new MemoryServer() };
    const { store, state } = await savedState(servers, async (registry) => {
      await registry.callTool('a__echo');
      await registry.callTool('a__echo');
    });
    expect(named(state, 'a')).toMatchObject({
      status: { state: 'connected', era: 'modern', tools: 1 },
      catalog: { tools: [{ name: 'echo' }] },
      client: { era: { era: 'modern' }, totals: { toolCalls: 2, connections: 1 } },
      approvals: [{ name: 'echo' }],
    });
    servers.a.isDown = true;
    servers.a.received.length = 0;
    const second = run(servers, { store });
    const instance = second.register('a', memory('a'));
    await second.restore();
    expect(await second.previousStatus('a')).toMatchObject({ state: 'connected', tools: 1 });
    expect(instance.catalog.tools.map(({ name }) => name)).toEqual(['echo']);
    expect(instance.isStale('tools')).toBe(true);
    expect(instance.client.stats()).toMatchObject({ toolCalls: 2, connections: 1 });
    expect(instance.client.stats().latency.count).toBe(named(state, 'a')!.client!.totals.requestsSent);
    expect(second.approvals()).toMatchObject([{ server: 'a', tools: [{ name: 'echo' }] }]);
    servers.a.isDown = false;
    await second.callTool('a__echo');
    await second.shutdown();
    expect(named((await store.load())!, 'a')!.client!.totals).toMatchObject({ toolCalls: 3, connections: 2 });
  });

  it('saves a verdict of the era, so that a legacy server is not probed again', async () => {
    const file = join(directory, 'era.json');
    const entry = (journal: string): ServerEntry =>
      faultyEntry({ journal: join(directory, journal), era: 'legacy' });
    const first = run({}, { store: new FileStateStore(file) });
    first.register('old', entry('same'));
    await first.connectAll();
    expect(first.getServer('old')!.client.era).toBe('legacy');
    const methods = (): string[] =>
      readFileSync(join(directory, 'same'), 'utf8')
        .trim()
        .split('\n')
        .flatMap((line) => (JSON.parse(line) as { method?: string }).method ?? []);
    await first.shutdown();
    const before = methods();
    const second = run({}, { store: new FileStateStore(file) });
    second.register('old', entry('same'));
    await second.connectAll();
    expect(methods().slice(before.length)[0]).toBe('initialize');
    expect(before[0]).toBe('server/discover');
  });

  it('tells a tool that changed while nobody looked', async () => {
    const servers = { a: new MemoryServer() };
    const { store } = await savedState(servers);
    servers.a.tools = [
      { name: 'echo', description: 'now does something else', inputSchema: { type: 'object' } },
    ];
    const second = run(servers, { store });
    const changed: string[] = [];
    second.on('drift', ({ server, tool }) => void changed.push(`${server} ${tool}`));
    second.register('a', memory('a'));
    await second.connectAll();
    expect(changed).toEqual(['a echo']);
  });

  it('is not given to a server whose entry has changed, but to one with a new secret', async () => {
    const servers = { a: new MemoryServer(), b: new MemoryServer() };
    const store = new MemoryStateStore();
    const first = run(servers, { store });
    const withSecret = (value: string): ServerEntry => ({ ...memory('b'), headers: { 'X-Key': value } });
    first.register('moved', memory('a'));
    first.register('renewed', withSecret('old-secret-1'));
    await first.connectAll();
    await first.shutdown();
    const second = run(servers, { store });
    const moved = second.register('moved', memory('b'));
    const renewed = second.register('renewed', withSecret('new-secret-2'));
    await second.restore();
    expect([moved.catalog.tools.length, renewed.catalog.tools.length]).toEqual([0, 1]);
    expect([moved.client.stats().connections, renewed.client.stats().connections]).toEqual([0, 1]);
    expect(await second.previousStatus('moved')).toBeUndefined();
    expect(await second.previousStatus('renewed')).toMatchObject({ state: 'connected' });
  });

  it('waits for a server that is registered later, for thirty days', async () => {
    const servers = { a: new MemoryServer(), b: new MemoryServer() };
    const { store } = await savedState(servers);
    const clock = new FakeClock(0, Date.now());
    const second = run(servers, { store, clock });
    second.register('a', memory('a'));
    await second.restore();
    await second.save();
    expect(named((await store.load())!, 'b')!.catalog!.tools).toHaveLength(1);
    expect(second.register('b', memory('b')).catalog.tools).toHaveLength(1);
    await second.unregister('b');
    await second.save();
    // Taken away by somebody: nothing is left but what it must not change unseen.
    expect(named((await store.load())!, 'b')).toMatchObject({
      catalog: undefined,
      approvals: [{ name: 'echo' }],
    });
    await clock.advance(31 * 24 * 60 * 60 * 1000);
    await second.save();
    expect((await store.load())!.servers.map(({ name }) => name)).toEqual(['a']);
  });

  it('S18 S27 holds no secret of any part of an entry, not even where a server repeats it', async () => {
    const canary = (where: string): string => `canary-${where}-4711`;
    const servers = { a: new MemoryServer() };
    servers.a.tools = [
      { name: 'plain', inputSchema: { type: 'object' } },
      { name: 'leaky', description: `I run with ${canary('env')}`, inputSchema: { type: 'object' } },
    ];
    servers.a.resources = [
      { uri: `x://${canary('header')}`, name: 'r' },
      { uri: 'x://plain', name: 'p' },
    ];
    const file = join(directory, 'canaries.json');
    const registry = run(servers, { store: new FileStateStore(file) });
    registry.register('a', {
      ...memory('a'),
      env: { ANY: canary('env') },
      headers: { 'X-Any': canary('header') },
    });
    const url = `http://127.0.0.1:1/mcp?q=${canary('query')}`;
    registry.register('http', {
      url,
      headers: { Authorization: `Bearer ${canary('header')}` },
      'x-signalbox': { retry: false },
    });
    registry.register('stdio', {
      command: process.execPath,
      args: [
        '-e',
        'console.error(process.argv, process.env); process.exit(3)',
        '--',
        `--token=${canary('argument')}`,
      ],
      env: { ANY: canary('env') },
      'x-signalbox': { retry: false },
    });
    await registry.connectAll();
    registry.markUnavailable('http', `asked ${url} with ${canary('header')}`);
    await registry.shutdown();
    const text = readFileSync(file, 'utf8');
    expect(['env', 'header', 'query', 'argument'].filter((where) => text.includes(canary(where)))).toEqual(
      [],
    );
    expect(text).toContain('with ***');
    const saved = named((await new FileStateStore(file).load())!, 'a')!;
    expect(saved.catalog!.tools.map(({ name }) => name)).toEqual(['plain']);
    expect(saved.catalog!.resources.map(({ uri }) => uri)).toEqual(['x://plain']);
    expect(saved.approvals.map(({ name, description }) => [name, description])).toEqual([
      ['plain', expect.any(String)],
      ['leaky', ''],
    ]);
  });
});

describe('when a registry saves', () => {
  it('a second after a change, every five under a storm, and never before it has read', async () => {
    const clock = new FakeClock(0, Date.now());
    const saves: number[] = [];
    const store = new MemoryStateStore();
    const save = store.save.bind(store);
    store.save = (state) => {
      saves.push(clock.now());
      return save(state);
    };
    const registry = run({ a: new MemoryServer() }, { store, clock });
    registry.register('a', memory('a'));
    await clock.advance(999);
    expect(saves).toEqual([]);
    await clock.advance(1);
    expect(saves).toEqual([1000]);
    for (let time = 0; time < 200; time++) {
      registry.markUnavailable('a', `time ${time}`);
      await clock.advance(100);
    }
    await clock.advance(20_000);
    expect(saves).toEqual([1000, 6000, 11_000, 16_000, 21_000]);
    expect(named((await store.load())!, 'a')!.status!.reason).toBe('time 199');
  });

  it('when only the statistics have changed: within a minute and a second', async () => {
    const servers = { a: new MemoryServer() };
    const clock = new FakeClock(0, Date.now());
    const { store } = await savedState(servers);
    const registry = run(servers, { store, clock });
    registry.register('a', memory('a'));
    await registry.connectAll();
    await clock.advance(30_000);
    await registry.callTool('a__echo');
    const calls = async (): Promise<number> => named((await store.load())!, 'a')!.client!.totals.toolCalls;
    expect(await calls()).toBe(0);
    await clock.advance(61_000);
    expect(await calls()).toBe(1);
  });

  it('refuses times that are none', () => {
    for (const save of [{ delayMs: -1 }, { intervalMs: Number.NaN }, { delayMs: 1e9 }]) {
      expect(() => new ServerRegistry({ save })).toThrow(/INVALID_ARGUMENT/u);
    }
  });

  it('does not write over what it could not read, says so once, and goes on when it can', async () => {
    const errors: unknown[] = [];
    const logger = {
      ...silentLogger,
      error: (message: string, fields?: LogFields) => void errors.push([message, fields]),
    };
    const servers = { a: new MemoryServer() };
    const { store } = await savedState(servers);
    const load = store.load.bind(store);
    let saves = 0;
    const save = store.save.bind(store);
    store.save = (state) => {
      saves++;
      return save(state);
    };
    store.load = () => Promise.reject(new Error('busy'));
    const registry = run(servers, { store, logger });
    const instance = registry.register('a', memory('a'));
    await registry.connectAll();
    expect(errors).toEqual([['the state of the registry could not be loaded', { error: 'busy' }]]);
    await registry.save();
    expect(saves).toBe(0);
    store.load = load;
    await registry.save();
    expect(saves).toBe(1);
    expect(instance.client.stats().connections).toBe(2);
  });

  it('a store that hangs delays the start and the end for a bounded time', async () => {
    const errors: unknown[] = [];
    const logger = {
      ...silentLogger,
      error: (_message: string, fields?: LogFields) => void errors.push(fields?.['error']),
    };
    const clock = new FakeClock(0, Date.now());
    const store = new MemoryStateStore();
    store.load = () => new Promise(() => {});
    const registry = run({ a: new MemoryServer() }, { store, clock, logger });
    registry.register('a', memory('a'));
    const connected = registry.connectAll();
    await clock.advance(10_000);
    expect((await connected).get('a')).toMatchObject({ success: true });
    expect(errors).toEqual(['the store has not answered within 10000 ms']);

    const hanging = new MemoryStateStore();
    hanging.save = () => new Promise(() => {});
    const last = run({ a: new MemoryServer() }, { store: hanging, clock, logger });
    last.register('a', memory('a'));
    await last.restore();
    await Promise.all([registry, last].map((each) => ending(each, clock)));
    expect(errors.at(-1)).toBe('the store has not answered within 10000 ms');
  });
});

describe('what a store holds is not trusted', () => {
  const NOW = new Date().toISOString();
  const sound = {
    name: 'a',
    identity: 'x',
    seenAt: NOW,
    status: undefined,
    catalog: undefined,
    approvals: [],
  };

  it.each<[string, unknown]>([
    ['null', null],
    ['text', 'text'],
    ['another version', { version: 2, savedAt: NOW, servers: [] }],
    ['no servers', { version: 1, savedAt: NOW }],
    ['servers that are no list', { version: 1, savedAt: NOW, servers: { length: 1e9 } }],
  ])('%s is no state', async (_what, state) => {
    const { store, saved } = holding(state);
    const registry = run({ a: new MemoryServer() }, { store });
    registry.register('a', memory('a'));
    expect((await registry.connectAll()).get('a')).toMatchObject({ success: true });
    await registry.shutdown();
    expect(saved().servers.map(({ name }) => name)).toEqual(['a']);
  });

  it('S20 what is wrong in a server is left out, part by part, and nothing reaches a prototype', async () => {
    const { state } = await savedState({ a: new MemoryServer() });
    const good = JSON.stringify(named(state, 'a'));
    const evil =
      '{"name":"__proto__","identity":"x","seenAt":"2026-01-01","catalog":{"__proto__":{"polluted":1}}}';
    const spoil = (edit: (server: Record<string, unknown>) => void): unknown => {
      const server = JSON.parse(good) as Record<string, unknown>;
      edit(server);
      return server;
    };
    const status = (JSON.parse(good) as { status: object }).status;
    const error = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"deep":{}}',
    ) as object;
    const spoiled = [
      spoil((server) => (server['status'] = { ...status, state: 'flying' })),
      spoil((server) => (server['status'] = { ...status, reason: 'x'.repeat(100_000) })),
      spoil((server) => (server['status'] = { ...status, since: 'yesterday' })),
      spoil((server) => (server['status'] = { ...status, tools: -1 })),
      spoil((server) => (server['status'] = { ...status, connectMs: '5' })),
      spoil((server) => (server['status'] = { ...status, transport: 5 })),
      spoil((server) => (server['status'] = { ...status, error: 'x' })),
      spoil((server) => (server['status'] = [])),
      spoil((server) => (server['catalog'] = { tools: [{ name: 5 }, null, { name: 'ok' }], prompts: 'x' })),
      spoil((server) => (server['client'] = { era: { era: 'future' }, totals: { toolCalls: 'many' } })),
      spoil((server) => (server['approvals'] = [{ name: 'echo', fingerprint: 'short' }, 7, null])),
      spoil((server) => (server['approvals'] = { length: 1e9 })),
      spoil((server) => (server['status'] = { ...status, error })),
    ];
    for (const [index, server] of spoiled.entries()) {
      const servers = [
        null,
        7,
        {},
        { ...sound, name: 5 },
        { ...sound, seenAt: 'never' },
        JSON.parse(evil),
        server,
      ];
      const { store } = holding({ version: 1, savedAt: NOW, servers });
      const registry = run({ a: new MemoryServer() }, { store });
      const instance = registry.register('a', memory('a'));
      await registry.restore();
      const previous = await registry.previousStatus('a');
      if (index < 8) expect(previous, String(index)).toBeUndefined();
      else expect(previous).toMatchObject({ state: 'connected', tools: 1 });
      if (index === 8) expect(instance.tools).toEqual([{ name: 'ok' }]);
      else expect(instance.tools.map(({ name }) => name)).toEqual(['echo']);
      expect(instance.client.stats().connections, String(index)).toBe(index === 9 ? 0 : 1);
      if (index === 12) expect(Object.getPrototypeOf(previous!.error)).toBe(Object.prototype);
      await registry.callTool('a__echo');
      await registry.shutdown();
      expect(({} as { polluted?: number }).polluted).toBeUndefined();
    }
  });

  it('a state that is larger than it may be loses its largest catalogs, not the rest', async () => {
    const warnings: unknown[] = [];
    const logger = {
      ...silentLogger,
      warn: (_message: string, fields?: LogFields) => void warnings.push(fields),
    };
    const servers = { small: new MemoryServer(), large: new MemoryServer() };
    servers.large.tools = Array.from({ length: 900 }, (_, index) => ({
      name: `tool-${index}`,
      description: 'x'.repeat(20_000),
      inputSchema: { type: 'object' },
    }));
    const { store, saved } = holding(undefined);
    const registry = run(servers, { store, logger });
    for (const name of Object.keys(servers)) registry.register(name, memory(name));
    await registry.connectAll();
    await registry.shutdown();
    expect(named(saved(), 'large')).toMatchObject({ catalog: undefined, status: { tools: 900 } });
    expect(named(saved(), 'small')!.catalog!.tools).toHaveLength(1);
    expect(warnings).toContainEqual({ servers: ['large'] });
  });

  it('a registry that ends at once writes nothing over what it had no time to read', async () => {
    const { store, state } = await savedState({ a: new MemoryServer() });
    const registry = run({ a: new MemoryServer() }, { store });
    registry.register('a', memory('a'));
    await registry.shutdown();
    expect(await store.load()).toEqual(state);
  });
});
