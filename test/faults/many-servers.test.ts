import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { faultyEntry, testFactories } from '../helpers/clients.ts';
import { readJournal } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { temporaryDirectory } from '../helpers/processes.ts';

const processes = trackProcesses();
const makeFactory = testFactories();
const directory = temporaryDirectory();

/** Between these a server is being connected. */
const UNDER_WAY = new Set(['connecting', 'initializing']);

describe('fifty servers that are started at once', () => {
  it('F-025 at most eight are under way at a time, and each ends in its state', async () => {
    // On a machine that is slow for all of them nobody is overtaken.
    const registry = new ServerRegistry({ factory: makeFactory(), connectPatienceMs: 60_000 });
    const journals: string[] = [];
    // Patient: fifty processes on a busy machine.
    const settings = { timeouts: { connect: 20_000, probe: 5000 } };
    const expected = new Map<string, string>();
    for (let n = 0; n < 46; n++) {
      const journal = join(directory, `server-${n}`);
      journals.push(journal);
      registry.register(`good-${n}`, faultyEntry({ era: 'modern', journal }, settings));
      expected.set(`good-${n}`, 'connected');
    }
    registry.register('missing', { command: '/no/such/program', 'x-signalbox': { retry: false } });
    registry.register('dies', faultyEntry({ start: ['exit:78'] }));
    registry.register(
      'silent',
      faultyEntry({ discover: 'silent', on: { initialize: ['silent'] } }, { timeouts: { connect: 500 } }),
    );
    registry.register('off', { ...faultyEntry({}), disabled: true });
    for (const name of ['missing', 'dies', 'silent']) expected.set(name, 'error');
    expected.set('off', 'disabled');

    const underWay = new Set<string>();
    let most = 0;
    registry.on('server', ({ server, to }) => {
      if (UNDER_WAY.has(to)) underWay.add(server);
      else underWay.delete(server);
      most = Math.max(most, underWay.size);
    });
    const outcomes = await registry.connectAll();
    const pids = registry.getConnectedServers().map((server) => processes.track(server.status().pid!));

    expect(most).toBe(8);
    expect(underWay.size).toBe(0);
    expect(new Map(registry.getAllServers().map(({ name, state }) => [name, state]))).toEqual(expected);
    expect([...outcomes.values()].filter(({ success }) => success)).toHaveLength(46);
    expect(new Set(pids).size).toBe(46);
    // Each was started once, and those that failed kept nobody from anything.
    for (const journal of journals) {
      expect(readJournal(journal).filter(({ started }) => started !== undefined)).toHaveLength(1);
    }
    expect(await registry.callTool('good-45__echo', { message: 'x' })).toMatchObject({
      content: [{ text: 'x' }],
    });
    await registry.shutdown({ drainMs: 0 });
  });
});
