import { afterEach, describe, expect, it } from 'vitest';
import type { LogFields } from '../../src/core/log.ts';
import type { EventsOptions } from '../../src/registry/events/event-journal.ts';
import type { StreamedEvent } from '../../src/registry/events/event-stream.ts';
import { ServerRegistry, type ServerRegistryOptions } from '../../src/registry/server-registry.ts';
import { testFactories } from '../helpers/clients.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';

const makeFactory = testFactories();
const registries: ServerRegistry[] = [];
afterEach(() => Promise.all(registries.splice(0).map((registry) => registry.shutdown({ drainMs: 0 }))));

const memory = (url: string): { type: string; url: string } => ({ type: 'memory', url });

function fleet(names: readonly string[], options: ServerRegistryOptions = {}): ServerRegistry {
  const factory = makeFactory();
  registerMemory(factory, Object.fromEntries(names.map((name) => [name, new MemoryServer()])));
  const registry = new ServerRegistry({ factory, ...options });
  registries.push(registry);
  for (const name of names) registry.register(name, memory(name));
  return registry;
}

async function readAll(stream: AsyncIterable<StreamedEvent>): Promise<StreamedEvent[]> {
  const read: StreamedEvent[] = [];
  for await (const event of stream) read.push(event);
  return read;
}

/** A storm: each call is two events of server `a` (its state, the catalog). */
function flap(registry: ServerRegistry, times: number): void {
  for (let time = 0; time < times; time++) registry.markUnavailable('a', `time ${time}`);
}

const wordOf = (event: StreamedEvent): string => {
  if (event.type === 'dropped') return `dropped ${event.count}`;
  return event.type === 'server' ? `${event.server} ${event.event.type} ${event.event.to}` : event.type;
};

describe('the events of a registry as a stream', () => {
  it('brings everything in its order, numbered, with time, server and reason, to the end of the registry', async () => {
    const registry = fleet(['a']);
    const stream = registry.events();
    await registry.connectAll();
    registry.markUnavailable('a', 'maintenance');
    await registry.shutdown();
    const events = await readAll(stream);
    expect(events.map(wordOf).filter((word) => /state|shutdown/u.test(word))).toEqual([
      'a state connecting',
      'a state initializing',
      'a state connected',
      'a state unavailable',
      // Each of its six steps begins and is over.
      ...Array.from({ length: 12 }, () => 'shutdown'),
    ]);
    const [first, ...rest] = events.filter((event) => event.type !== 'dropped');
    rest.reduce((before, event) => {
      expect(event.sequence).toBe(before.sequence + 1);
      expect(Date.parse(event.at)).toBeGreaterThanOrEqual(Date.parse(before.at));
      return event;
    }, first!);
    expect(rest.find(({ reason }) => reason === 'maintenance')).toMatchObject({
      type: 'server',
      server: 'a',
    });
    expect(events.at(-1)).toMatchObject({ type: 'shutdown', server: undefined, event: { phase: 'ended' } });
    expect(await readAll(registry.events())).toEqual([]);
    expect(await readAll(registry.events({ replay: 1 }))).toEqual(events.slice(-1));
  });

  it('brings only the kinds that are wanted, and what was before if that is wanted too', async () => {
    const registry = fleet(['a']);
    registry.markUnavailable('a', 'one');
    const stream = registry.events({ types: ['server'], replay: true });
    registry.markUnavailable('a', 'two');
    await registry.shutdown();
    expect((await readAll(stream)).map(wordOf)).toEqual([
      'a registered disconnected',
      'a state unavailable',
      'a state unavailable',
    ]);
  });

  it('brings the circuits of all servers, those of one kind by `on` too', async () => {
    const registry = fleet(['a', 'b']);
    await registry.connectAll();
    const stream = registry.events({ types: ['circuit'] });
    const heard: string[] = [];
    registry.on('circuit', ({ server, reason }) => void heard.push(`${server}: ${reason}`));
    registry.getServer('b')!.client.circuit!.isolate();
    expect((await stream.next()).value).toMatchObject({
      type: 'circuit',
      server: 'b',
      reason: heard[0]!.slice(3),
      event: { from: 'closed', to: 'isolated' },
    });
    registry.getServer('b')!.client.circuit!.reset();
    expect((await stream.next()).value).toMatchObject({ server: 'b', event: { to: 'closed' } });
    expect(heard.map((text) => text.split(':')[0])).toEqual(['b', 'b']);
  });

  it('F-138 tells a reader that was too slow how much it has missed, and costs a bounded amount meanwhile', async () => {
    const registry = fleet(['a']);
    const slow = registry.events({ types: ['server'], capacity: 3 });
    const fast = registry.events({ types: ['server'], capacity: 200 });
    flap(registry, 100);
    const next = async (): Promise<string> => wordOf((await slow.next()).value!);
    expect(await next()).toBe('dropped 97');
    expect((await slow.next()).value).toMatchObject({ reason: 'time 97' });
    flap(registry, 2);
    // Two had been left and there was room for one more.
    expect(await next()).toBe('dropped 1');
    expect((await slow.next()).value).toMatchObject({ reason: 'time 99' });
    await registry.shutdown();
    expect(await readAll(fast)).toHaveLength(102);
  });

  it('wakes a reader that waits, and everybody who waits gets another event', async () => {
    const registry = fleet(['a']);
    const stream = registry.events({ types: ['server'] });
    const both = Promise.all([stream.next(), stream.next()]);
    flap(registry, 2);
    expect((await both).map(({ value }) => (value as { reason: string }).reason)).toEqual([
      'time 0',
      'time 1',
    ]);
  });

  it.each([
    [
      'its signal',
      (stream: AsyncIterator<StreamedEvent>, over: AbortController) => void (over.abort(), stream),
    ],
    ['return()', (stream: AsyncIterator<StreamedEvent>) => void stream.return!()],
  ])('ends with %s at once, also for a reader that waits', async (_what, end) => {
    const over = new AbortController();
    const registry = fleet(['a']);
    const stream = registry.events({ signal: over.signal });
    flap(registry, 1);
    await stream.next();
    await stream.next();
    const waiting = stream.next();
    end(stream, over);
    expect(await waiting).toEqual({ done: true, value: undefined });
    flap(registry, 1);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('gives its place back when the loop is left, and when the signal had fired before', async () => {
    const registry = fleet(['a']);
    for (let round = 0; round < 1100; round++) {
      const stream = registry.events({ replay: 1 });
      for await (const event of stream) {
        expect(event.type).toBe('server');
        break;
      }
      expect(await registry.events({ signal: AbortSignal.abort(), replay: true }).next()).toMatchObject({
        done: true,
      });
    }
    const open = Array.from({ length: 1000 }, () => registry.events());
    expect(() => registry.events()).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
    await open[0]!.return();
    await registry.events()[Symbol.asyncDispose]();
    await registry.shutdown();
    expect(await readAll(open[1]!)).not.toHaveLength(0);
  });

  it.each<EventsOptions>([{ capacity: 0 }, { capacity: 1.5 }, { capacity: 1e7 }, { replay: -1 }])(
    'refuses %j',
    (options) => {
      expect(() => fleet(['a']).events(options)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    },
  );
});

describe('the history of a registry', () => {
  it('keeps the last events, of all servers or of one, as plain data', async () => {
    const registry = fleet(['a', 'b'], { historySize: 10 });
    flap(registry, 20);
    registry.markUnavailable('b', 'last');
    const all = registry.history();
    expect(all).toHaveLength(10);
    expect(all.at(-1)!.sequence).toBe(2 + 20 * 2 + 2);
    expect(registry.history({ limit: 3 })).toEqual(all.slice(-3));
    expect(registry.history({ limit: 0 })).toEqual([]);
    expect(
      registry
        .history({ server: 'b' })
        .map(({ type }) => type)
        .toSorted(),
    ).toEqual(['catalog', 'server']);
    expect(JSON.parse(JSON.stringify(all))).toEqual(
      all.map((event) => expect.objectContaining({ sequence: event.sequence, at: event.at }) as unknown),
    );
    await registry.shutdown();
    expect(registry.history({ limit: 1 })).toMatchObject([{ type: 'shutdown' }]);
  });

  it('can be switched off, and has bounds', () => {
    expect(fleet(['a'], { historySize: 0 }).history()).toEqual([]);
    for (const historySize of [-1, 0.5, 1e6, Number.NaN]) {
      expect(() => new ServerRegistry({ historySize })).toThrow(/INVALID_ARGUMENT/u);
    }
  });

  it('S18 holds errors as data, and no secret of any part of an entry', async () => {
    const registry = fleet([]);
    const canary = (where: string): string => `canary-${where}-4711`;
    const values = ['env', 'header', 'query', 'argument', 'launch'].map(canary);
    const url = `http://127.0.0.1:1/mcp?q=${canary('query')}`;
    registry.register('http', {
      url,
      headers: { 'X-Any': canary('header') },
      'x-signalbox': { retry: false },
    });
    const args = ['--api-key', canary('argument'), canary('env')];
    registry.register('stdio', {
      command: process.execPath,
      args: ['-e', 'console.error(process.argv, process.env); process.exit(3)', '--', ...args],
      env: { ANY: canary('env') },
      'x-signalbox': { retry: false },
    });
    await registry.connectAll();
    registry.markUnavailable('http', `asked with ${canary('header')} at ${url}`);
    registry.markUnavailable('stdio', `started with ${args.join(' ')}`);
    const text = JSON.stringify(registry.history());
    expect(values.filter((value) => text.includes(value))).toEqual([]);
    expect(text).toContain('asked with *** at http');
    const errors = registry
      .history({ server: 'stdio' })
      .flatMap((event) =>
        event.type === 'server' && event.event.error !== undefined ? [event.event.error] : [],
      );
    expect(errors[0]).toMatchObject({ code: 'CONNECT_FAILED', server: 'stdio', delivered: 'no' });
  });

  it('F-138 listeners that throw or reject are told to the log and harm nobody', async () => {
    const told: (LogFields | undefined)[] = [];
    const nothing = (): void => {};
    const error = (_message: string, fields?: LogFields): void => {
      told.push(fields);
      throw new Error('and the logger fails too');
    };
    const registry = fleet(['a'], { logger: { debug: nothing, info: nothing, warn: nothing, error } });
    const heard: string[] = [];
    registry.on('server', () => {
      throw new Error('thrown');
    });
    registry.on('server', () => Promise.reject(new Error('rejected')) as unknown as void);
    registry.on('server', ({ reason }) => void heard.push(reason));
    flap(registry, 1);
    await registry.shutdown();
    expect(heard[0]).toBe('time 0');
    expect(told.slice(0, 2)).toEqual([
      { event: 'server', error: 'thrown' },
      { event: 'server', error: 'rejected' },
    ]);
    expect(registry.history().map(wordOf)).toContain('a state unavailable');
  });
});
