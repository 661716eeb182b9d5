import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { ShutdownEvent } from '../../src/registry/events/registry-events.ts';
import { SHUTDOWN_STEPS } from '../../src/registry/fleet/shutdown-steps.ts';
import { ServerRegistry, type ServerRegistryOptions } from '../../src/registry/server-registry.ts';
import { MemoryStateStore } from '../../src/registry/store/state-store.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { faultyEntry, QUICK, rejection, testFactories } from '../helpers/clients.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { isRunning } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const tracker = trackProcesses();
const makeFactory = testFactories();
const registries: ServerRegistry[] = [];
afterEach(() => Promise.all(registries.splice(0).map((registry) => registry.shutdown({ drainMs: 0 }))));

interface Fleet {
  readonly registry: ServerRegistry;
  readonly servers: Record<string, MemoryServer>;
  readonly told: ShutdownEvent[];
  readonly logged: string[];
}

function fleet(names: readonly string[], options: ServerRegistryOptions = {}, clock?: FakeClock): Fleet {
  const factory = makeFactory(clock === undefined ? {} : { clock });
  const servers = Object.fromEntries(names.map((name) => [name, new MemoryServer()]));
  registerMemory(factory, servers);
  const logged: string[] = [];
  const log = (_message: string, fields?: Readonly<Record<string, unknown>>): void => {
    if (fields?.['event'] === 'registry.shutdown')
      logged.push(`${String(fields['step'])} ${String(fields['state'])}`);
  };
  const logger = { debug: log, info: log, warn: log, error: log };
  const registry = new ServerRegistry({
    factory,
    logger,
    ...(clock === undefined ? {} : { clock }),
    ...options,
  });
  registries.push(registry);
  const told: ShutdownEvent[] = [];
  registry.on('shutdown', (event) => told.push(event));
  for (const name of names) registry.register(name, { type: 'memory', url: name, 'x-signalbox': QUICK });
  return { registry, servers, told, logged };
}

const overOf = (told: readonly ShutdownEvent[], name: string): ShutdownEvent =>
  told.find((event) => event.name === name && event.state !== 'begun')!;

async function callThatHangs(
  { registry, servers }: Fleet,
  name: string,
): Promise<{ readonly failed: Promise<Error> }> {
  servers[name]!.silent.add('tools/call');
  const failed = rejection(registry.callTool(`${name}__echo`));
  await until('the call is there', () => servers[name]!.methods().includes('tools/call'));
  return { failed };
}

describe('the shutdown of a registry', () => {
  it('goes six steps, each told as it begins and as it is over, in the log too', async () => {
    const { registry, told, logged } = fleet(['a', 'b']);
    await registry.connectAll();
    await registry.shutdown();
    expect(told.map(({ step, name, state }) => `${step} ${name} ${state}`)).toEqual(
      SHUTDOWN_STEPS.flatMap((name, index) => [`${index + 1} ${name} begun`, `${index + 1} ${name} done`]),
    );
    expect(told.map(({ phase }) => phase)).toEqual([
      'begun',
      ...Array.from({ length: 10 }, () => 'running'),
      'ended',
    ]);
    expect(logged).toEqual(told.map(({ step, state }) => `${step} ${state}`));
    expect(told[0]).toMatchObject({ left: 2, servers: ['a', 'b'] });
    told.reduce((before, event) => {
      expect(event.elapsedMs).toBeGreaterThanOrEqual(before.elapsedMs);
      return event;
    });
  });

  it('takes nothing new while calls in flight go on, and ends with them', async () => {
    const stage = fleet(['a', 'b']);
    const { registry, servers, told } = stage;
    await registry.connectAll();
    servers['a']!.silent.add('tools/call');
    const call = registry.callTool('a__echo', {}, { timeoutMs: 300 });
    await until('the call is there', () => servers['a']!.methods().includes('tools/call'));
    const over = registry.shutdown({ drainMs: 20_000 });
    expect(() => registry.register('c', { type: 'memory', url: 'a' })).toThrow(/CONNECTION_CLOSED/u);
    expect(await rejection(registry.callTool('b__echo'))).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await rejection(registry.readResource('x://'))).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await rejection(registry.getPrompt('b__p'))).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(told.find(({ name }) => name === 'drain')).toMatchObject({
      state: 'begun',
      left: 1,
      servers: ['a'],
    });
    expect(await rejection(call)).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    await over;
    expect(overOf(told, 'drain')).toMatchObject({ state: 'done', left: 0 });
    expect((await registry.connectAll()).size).toBe(0);
  });

  it('cuts off what takes longer than it may, and says how much that was', async () => {
    const clock = new FakeClock();
    const { registry, servers, told } = fleet(['a', 'b'], {}, clock);
    const connecting = registry.connectAll();
    await clock.advance(100);
    await connecting;
    for (const server of Object.values(servers)) server.silent.add('tools/call');
    const calls = [1, 2, 3].map((n) => rejection(registry.callTool(n === 3 ? 'b__echo' : 'a__echo')));
    await clock.advance(10);
    const over = registry.shutdown({ drainMs: 2000 });
    await clock.advance(1999);
    expect(told.at(-1)).toMatchObject({ name: 'drain', state: 'begun', left: 3 });
    await clock.advance(1);
    await over;
    expect(overOf(told, 'drain')).toMatchObject({
      state: 'overdue',
      left: 3,
      servers: ['a', 'b'],
      elapsedMs: 2000,
    });
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ delivered: 'unknown' });
    // The deadline wheel stops with its next turn.
    await clock.advance(1000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('hurries when it is asked again: calls are cut off, processes are killed', async () => {
    const stage = fleet(['a']);
    const { registry, told } = stage;
    // A process that ends neither with its stdin nor on SIGTERM has 20 s to do it.
    const stop = { eofMs: 10_000, termMs: 10_000, killMs: 1000 };
    registry.register('stubborn', faultyEntry({ ignoreEof: true, ignoreTerm: true }, { stop }));
    await registry.connectAll();
    const pid = tracker.track(registry.getServer('stubborn')!.status().pid!);
    const { failed } = await callThatHangs(stage, 'a');
    const over = registry.shutdown({ drainMs: 20_000 });
    await until('it waits for the call', () => told.some(({ name }) => name === 'drain'));
    const again = registry.shutdown();
    expect(await failed).toMatchObject({ delivered: 'unknown' });
    await Promise.all([over, again]);
    expect(isRunning(pid)).toBe(false);
    expect(overOf(told, 'drain')).toMatchObject({ state: 'overdue', left: 1, servers: ['a'] });
    expect(overOf(told, 'end-processes')).toMatchObject({ state: 'done', left: 0 });
    expect(told.at(-1)!.elapsedMs).toBeLessThan(10_000);
  });

  it('waits for processes in a step of their own, after connections elsewhere are closed', async () => {
    const { registry, servers, told } = fleet(['far']);
    registry.register('near', faultyEntry({ ignoreEof: true }));
    await registry.connectAll();
    const pid = tracker.track(registry.getServer('near')!.status().pid!);
    const seen: Record<string, unknown>[] = [];
    registry.on('shutdown', ({ name, state, left, servers: names }) => {
      if (state === 'begun' && (name === 'end-processes' || name === 'clean-up'))
        seen.push({ name, left, names, far: servers['far']!.open, isRunning: isRunning(pid) });
    });
    await registry.shutdown();
    expect(seen).toEqual([
      { name: 'clean-up', left: 2, names: [], far: 0, isRunning: true },
      { name: 'end-processes', left: 1, names: ['near'], far: 0, isRunning: true },
    ]);
    expect(isRunning(pid)).toBe(false);
    expect(told.at(-1)).toMatchObject({ name: 'persist', state: 'done', phase: 'ended' });
  });

  it('ends attempts to connect, and waits for servers that are being unregistered or taken out of service', async () => {
    const stage = fleet(['gone', 'away', 'hung']);
    const { registry, servers } = stage;
    servers['hung']!.hang();
    const connecting = registry.connectAll();
    await until('two are connected', () => registry.getConnectedServers().length === 2);
    await until(
      'they have their tools',
      () => registry.findTool('gone__echo') !== undefined && registry.findTool('away__echo') !== undefined,
    );
    const calls = await Promise.all([callThatHangs(stage, 'gone'), callThatHangs(stage, 'away')]);
    const unregistered = registry.unregister('gone', { drainMs: 200 });
    registry.markUnavailable('away', 'maintenance');
    await registry.shutdown({ drainMs: 300 });
    expect(Object.values(servers).map(({ open }) => open)).toEqual([0, 0, 0]);
    await unregistered;
    for (const { failed } of calls) expect(await failed).toMatchObject({ delivered: 'unknown' });
    expect((await connecting).get('hung')).toMatchObject({
      success: false,
      error: { code: 'CONNECTION_CLOSED' },
    });
  });

  it('gives servers that are on their way out no more time than the others', async () => {
    const stage = fleet(['gone', 'away']);
    const { registry, servers, told } = stage;
    await registry.connectAll();
    const calls = await Promise.all([callThatHangs(stage, 'gone'), callThatHangs(stage, 'away')]);
    const unregistered = registry.unregister('gone', { drainMs: 60_000 });
    const withdrawn = registry.updateState('away', 'unavailable', 'pause', { drainMs: 60_000 });
    await registry.shutdown({ drainMs: 50 });
    expect([servers['gone']!.open, servers['away']!.open]).toEqual([0, 0]);
    // Their calls would end after 5 s by themselves.
    expect(told.at(-1)!.elapsedMs).toBeLessThan(4000);
    expect(overOf(told, 'drain')).toMatchObject({ state: 'overdue', left: 2 });
    await Promise.all([unregistered, withdrawn]);
    for (const { failed } of calls) expect(await failed).toMatchObject({ delivered: 'unknown' });
  });

  it('leaves the last word to a listener that asks again while it is told', async () => {
    const { registry, told } = fleet(['a']);
    await registry.connectAll();
    registry.on('shutdown', () => void registry.shutdown());
    await registry.shutdown({ drainMs: 20_000 });
    expect(told).toHaveLength(12);
  });

  it('saves how the servers were when it began', async () => {
    const store = new MemoryStateStore();
    const { registry } = fleet(['a', 'off'], { store });
    await registry.connectAll();
    await registry.updateState('off', 'disabled', 'not needed');
    await registry.shutdown();
    const next = new ServerRegistry({ factory: makeFactory(), store });
    registries.push(next);
    expect(await next.previousStatus('a')).toMatchObject({ name: 'a', state: 'connected' });
    expect(await next.previousStatus('off')).toMatchObject({ state: 'disabled', reason: 'not needed' });
  });

  it.each(['no-store', 'store'])(
    'who keeps a registry that has ended keeps nothing of its servers with it: %s',
    async (store) => {
      const { stdout } = await promisify(execFile)(process.execPath, [
        ...[
          '--expose-gc',
          '--import',
          'tsx',
          join(import.meta.dirname, '../fixtures/programs/kept-registry.ts'),
        ],
        store,
      ]);
      expect(JSON.parse(stdout)).toEqual({ before: 3, clients: 0, tools: 0 });
    },
  );
});
