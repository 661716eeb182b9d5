import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { faultyEntry, testFactories } from '../helpers/clients.ts';
import { type FaultyConfig, readJournal } from '../helpers/faulty-server.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { temporaryDirectory } from '../helpers/processes.ts';

const makeFactory = testFactories();
const directory = temporaryDirectory();

const CHANGED = 'notifications/tools/list_changed';
const FLOOD = 100_000;

describe('F-058 a hundred thousand changes of a list as fast as a pipe takes them', () => {
  const flooding = (more: FaultyConfig = {}): FaultyConfig => ({
    era: 'legacy',
    on: { 'tools/call': [`notifyMany:${CHANGED},${FLOOD}`, 'reply'] },
    ...more,
  });

  it('are told as a few, and all of them counted', async () => {
    const client = await makeFactory().createAndConnect(
      's',
      faultyEntry(flooding(), { timeouts: { request: 50_000 } }),
    );
    const told = { listener: 0, subscriber: 0 };
    client.on('listChanged', () => told.listener++);
    await client.subscribe({ toolsListChanged: true }, () => told.subscriber++);
    const startedAt = performance.now();
    await client.callTool('echo');
    const bursts = (performance.now() - startedAt) / 100;
    for (const count of Object.values(told)) {
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(bursts + 2);
    }
    const { coalescedChanges } = client.diagnostics().wire!;
    // One more may be pending at this moment.
    expect(FLOOD - told.listener - coalescedChanges).toBeGreaterThanOrEqual(0);
    expect(FLOOD - told.listener - coalescedChanges).toBeLessThanOrEqual(1);
  });

  it('lead to a few readings of it, and hold nobody up meanwhile', async () => {
    const journal = join(directory, 'flood');
    const registry = new ServerRegistry({ factory: makeFactory() });
    registry.register('flood', faultyEntry(flooding({ journal }), { timeouts: { request: 50_000 } }));
    registry.register('calm', faultyEntry({ era: 'legacy' }));
    await registry.connectAll();
    const startedAt = performance.now();
    const progress = { isOver: false, turns: 0, calls: 0 };
    const flood = registry.callTool('flood__echo').finally(() => {
      progress.isOver = true;
    });
    const watch = async (): Promise<void> => {
      for (; !progress.isOver; progress.turns++) await new Promise((resolve) => setImmediate(resolve));
    };
    const call = async (): Promise<void> => {
      for (; !progress.isOver; progress.calls++) await registry.callTool('calm__echo', { message: 'x' });
    };
    await Promise.all([flood, watch(), call()]);
    // A flood that was read in one go would leave no turn to anybody before it is over.
    expect(progress.turns).toBeGreaterThan(20); // 6 MB by at most 256 KiB a turn
    expect(progress.calls).toBeGreaterThan(2);
    const readings = readJournal(journal).filter(({ method }) => method === 'tools/list').length;
    expect(readings).toBeLessThanOrEqual(3 + (performance.now() - startedAt) / 1000);
    await registry.shutdown({ drainMs: 0 });
  });
});

describe('list changes over time', () => {
  it('F-058 the last of a storm is told 100 ms after the first, and nothing is told later', async () => {
    const clock = new FakeClock();
    const server = new MemoryServer();
    const factory = makeFactory({ clock });
    registerMemory(factory, { here: server });
    const client = await factory.createAndConnect('s', { type: 'memory', url: 'here' });
    const told: string[] = [];
    client.on('listChanged', ({ list }) => told.push(list));
    for (let i = 0; i < 5; i++) server.notify(CHANGED);
    server.notify('notifications/prompts/list_changed');
    await clock.advance(0);
    expect(told).toEqual(['tools', 'prompts']);
    await clock.advance(99);
    expect(told).toHaveLength(2);
    await clock.advance(1);
    expect(told).toEqual(['tools', 'prompts', 'tools']);
    await clock.advance(10_000);
    expect(told).toHaveLength(3);
    expect(client.diagnostics().wire).toMatchObject({ coalescedChanges: 3 });
    server.notify(CHANGED);
    await clock.advance(0);
    expect(told).toHaveLength(4);
    server.notify(CHANGED);
    await clock.advance(0);
    await client.disconnect();
    await clock.advance(10_000);
    expect(told).toHaveLength(4);
  });

  it('F-125 a list whose every reading leads to another change is read once a second', async () => {
    const clock = new FakeClock();
    const server = new MemoryServer();
    const factory = makeFactory({ clock });
    registerMemory(factory, { here: server });
    const registry = new ServerRegistry({ factory, clock });
    registry.register('s', { type: 'memory', url: 'here' });
    await registry.connectAll();
    const readings = (): number => server.methods().filter((method) => method === 'tools/list').length;
    expect(readings()).toBe(1);
    let answered = 0;
    for (let ms = 0; ms < 10_000; ms += 50) {
      // The storm: another change as soon as a reading was answered, and some between.
      if (readings() > answered || ms % 500 === 0) server.notify(CHANGED);
      answered = readings();
      await clock.advance(50);
    }
    expect(readings()).toBeGreaterThanOrEqual(9);
    expect(readings()).toBeLessThanOrEqual(12);
    // What is known stays on offer while it is read again.
    expect((await registry.listTools()).items).toHaveLength(1);
    await registry.shutdown({ drainMs: 0 });
  });
});
