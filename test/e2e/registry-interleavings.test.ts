import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientFactory } from '../../src/client/client-factory.ts';
import type { ServerEvent } from '../../src/registry/events/registry-events.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import {
  isOutOfService,
  WANTED_STATES,
  type WantedState,
} from '../../src/registry/servers/server-machine.ts';
import type { ServerState } from '../../src/registry/servers/server-status.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { MemoryTransport } from '../../src/transports/memory-transport.ts';
import { MemoryServer } from '../helpers/memory-server.ts';

const NAMES = ['a', 'b'] as const;
type Name = (typeof NAMES)[number];

/** One thing that somebody does, without waiting for what was done before. */
type Action =
  | {
      readonly do: 'register' | 'reconnect' | 'connect' | 'markAvailable' | 'markUnavailable';
      readonly name: Name;
    }
  | { readonly do: 'unregister'; readonly name: Name; readonly drainMs: number }
  | { readonly do: 'update'; readonly name: Name; readonly state: WantedState; readonly drainMs: number }
  | {
      readonly do: 'call' | 'drop' | 'toggleDown' | 'toggleSilent' | 'toggleSlow' | 'toggleLists';
      readonly name: Name;
    }
  | { readonly do: 'connectAll' | 'reconnectAll' | 'callAll' | 'shutdown' }
  | { readonly do: 'disconnectAll'; readonly drainMs: number }
  | { readonly do: 'wait'; readonly ms: number };

/** Mostly the same: what is asked of one server at once is what matters. */
const name = fc.constantFrom<Name>('a', 'a', 'a', 'b');
const drainMs = fc.constantFrom(0, 30, 500);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('register' as const), name }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('reconnect' as const, 'connect', 'markAvailable', 'markUnavailable'),
      name,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('unregister' as const), name, drainMs }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('update' as const),
      name,
      state: fc.constantFrom(...WANTED_STATES),
      drainMs,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('call' as const, 'drop', 'toggleDown', 'toggleSilent', 'toggleSlow', 'toggleLists'),
      name,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('connectAll' as const, 'reconnectAll', 'callAll') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disconnectAll' as const), drainMs }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('shutdown' as const) }) },
  // Mostly a few turns of the event loop, so that the steps of a connection fall between the actions.
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 0, 0, 1, 20, 200, 2000),
    }),
  },
);

/** What a listener does at once, in the middle of what it is told of. */
interface Meddling {
  readonly when: ServerState;
  readonly do: 'disconnect' | 'markUnavailable' | 'wantConnected' | 'unregister' | 'shutdown';
}

const meddling: fc.Arbitrary<Meddling | undefined> = fc.option(
  fc.record({
    when: fc.constantFrom<ServerState>(
      'connecting',
      'connected',
      'closing',
      'disconnected',
      'error',
      'unavailable',
    ),
    do: fc.constantFrom<Meddling['do']>(
      'disconnect',
      'markUnavailable',
      'wantConnected',
      'unregister',
      'shutdown',
    ),
  }),
  { nil: undefined },
);

/** A listener that undoes what it hears of would go on for ever. */
const MAX_MEDDLING = 5;

/** A registry over servers in this process, on a clock of its own, and what must hold at every moment. */
class Stage {
  readonly clock = new FakeClock();
  readonly servers: Record<Name, MemoryServer> = { a: new MemoryServer(), b: new MemoryServer() };
  readonly factory: ClientFactory;
  readonly registry: ServerRegistry;
  readonly broken: string[] = [];
  /** Promises that have been given out and have not settled. */
  readonly open = new Map<number, string>();
  readonly #states = new Map<string, ServerState | undefined>();
  #count = 0;

  constructor(seed: number, meddling: Meddling | undefined) {
    const { clock } = this;
    this.factory = new ClientFactory({ clock, random: seededRandom(seed) });
    this.factory.registerTransport('memory', (_name, { url }) => {
      const server = this.servers[url as Name];
      return new MemoryTransport((link) => {
        const end = server.peer(link);
        if (server.open > 1) this.broken.push(`${url} has ${server.open} connections`);
        return end;
      }, url!);
    });
    this.registry = new ServerRegistry({ factory: this.factory, clock });
    // Before the one that hears the story: what comes of it must still be told in order.
    let left = MAX_MEDDLING;
    this.registry.on('server', ({ type, server, to }) => {
      if (type === 'state' && to === meddling?.when && left-- > 0) this.#meddle(meddling.do, server);
    });
    this.registry.on('server', (event) => this.#heard(event));
  }

  async act(step: Action): Promise<void> {
    const { registry } = this;
    switch (step.do) {
      case 'register':
        return this.#try(() =>
          registry.register(step.name, {
            type: 'memory',
            url: step.name,
            'x-signalbox': {
              timeouts: { connect: 1000, request: 1000, probe: 100 },
              retry: { maxAttempts: 2, baseMs: 10, maxMs: 50, pauseMs: 1000 },
              health: { intervalMs: 500, timeoutMs: 100 },
            },
          }),
        );
      case 'unregister': {
        const server = this.servers[step.name];
        const gone = registry.unregister(step.name, { drainMs: step.drainMs }).then(() => {
          if (registry.getServer(step.name) === undefined && server.open > 0)
            this.broken.push(`${step.name} is unregistered and has a connection`);
        });
        return this.#given('unregister', gone);
      }
      case 'update': {
        const moved = registry.updateState(step.name, step.state, 'wanted', { drainMs: step.drainMs });
        return this.#given(`update to ${step.state}`, moved);
      }
      case 'connect':
        return this.#given('connect', registry.getServer(step.name)?.client.connect());
      case 'reconnect':
        return this.#given('reconnect', registry.getServer(step.name)?.reconnect('wanted'));
      case 'markAvailable':
        return this.#given('markAvailable', registry.markAvailable(step.name));
      case 'markUnavailable':
        return this.#try(() => registry.markUnavailable(step.name, 'wanted'));
      case 'call':
        return this.#given('call', registry.callTool(`${step.name}__echo`, {}));
      case 'callAll':
        return this.#given('callAll', registry.callAll('echo'));
      case 'connectAll':
        return this.#given('connectAll', registry.connectAll());
      case 'reconnectAll':
        return this.#given('reconnectAll', registry.reconnectAll());
      case 'disconnectAll':
        return this.#given('disconnectAll', registry.disconnectAll({ drainMs: step.drainMs }));
      case 'shutdown':
        return this.#shutdown(200);
      case 'drop':
        return this.servers[step.name].drop();
      case 'toggleDown':
        this.servers[step.name].isDown = !this.servers[step.name].isDown;
        return;
      case 'toggleSilent':
        this.#toggle(step.name, 'initialize');
        return this.#toggle(step.name, 'server/discover');
      case 'toggleLists':
        return this.#toggle(step.name, 'tools/list');
      case 'toggleSlow':
        return this.#toggle(step.name, 'tools/call');
      case 'wait':
        await this.clock.advance(step.ms);
        return this.#look();
    }
  }

  /** Everything ends: whatever was given out settles, and nothing is left. */
  async end(): Promise<void> {
    const { clock, registry, factory, broken } = this;
    this.#shutdown(100);
    for (let i = 0; i < 20 && this.open.size > 0; i++) await clock.advance(1000);
    for (const what of this.open.values()) broken.push(`${what} never settled`);
    if (registry.getAllServers().length > 0) broken.push('servers are registered after the shutdown');
    if (factory.listClients().length > 0) broken.push('clients are left in the factory');
    if (clock.pendingTimers > 0) broken.push(`${clock.pendingTimers} timers are left`);
  }

  /** At rest between two turns the registry must agree with the clients. */
  #look(): void {
    for (const { name, state, client } of this.registry.getAllServers()) {
      if (!isOutOfService(state) && state !== client.state)
        this.broken.push(`${name} is ${state}, its client ${client.state}`);
      if (isOutOfService(state) && !['closing', 'disconnected', 'sleeping'].includes(client.state))
        this.broken.push(`${name} is ${state}, its client ${client.state}`);
    }
  }

  #heard({ type, server, from, to }: ServerEvent): void {
    const before = this.#states.get(server);
    if (type === 'registered') {
      if (before !== undefined) this.broken.push(`${server} is registered twice`);
      this.#states.set(server, to);
    } else if (type === 'unregistered') {
      if (before !== to) this.broken.push(`${server} left as ${to}, but it was ${before}`);
      this.#states.set(server, undefined);
    } else if (type === 'state') {
      if (before !== from) this.broken.push(`${server}: ${from} → ${to}, but it was ${before}`);
      this.#states.set(server, to);
    }
  }

  #meddle(what: Meddling['do'], server: string): void {
    const { registry } = this;
    if (what === 'disconnect') this.#given(what, registry.getServer(server)?.client.disconnect());
    else if (what === 'markUnavailable') this.#try(() => registry.markUnavailable(server, 'meddling'));
    else if (what === 'wantConnected')
      this.#given(what, registry.updateState(server, 'connected', 'meddling'));
    else if (what === 'unregister') this.#given(what, registry.unregister(server));
    else this.#shutdown(100);
  }

  #shutdown(drainMs: number): void {
    const over = this.registry.shutdown({ drainMs }).then(() => {
      for (const [name, { open }] of Object.entries(this.servers))
        if (open > 0) this.broken.push(`${name} has a connection after the shutdown`);
    });
    this.#given('shutdown', over);
  }

  #toggle(name: Name, method: string): void {
    const { silent } = this.servers[name];
    if (!silent.delete(method)) silent.add(method);
  }

  /** Refusals are typed; which of them come is not what this is about. */
  #try(work: () => unknown): void {
    try {
      work();
    } catch (error) {
      if (
        !/\[(?:ALREADY_REGISTERED|UNKNOWN_SERVER|CONNECTION_CLOSED|ILLEGAL_TRANSITION)\]/u.test(String(error))
      )
        this.broken.push(String(error));
    }
  }

  #given(what: string, promise: Promise<unknown> | undefined): void {
    if (promise === undefined) return;
    const id = this.#count++;
    this.open.set(id, what);
    promise
      .catch((error: unknown) => {
        if (/INTERNAL|TypeError/u.test(String(error))) this.broken.push(`${what}: ${String(error)}`);
      })
      .finally(() => this.open.delete(id));
  }
}

describe('a registry under any interleaving of what is asked of it', () => {
  it('has one connection for each name at most, tells a sound story, settles everything and leaves nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 1000 }),
        meddling,
        async (actions, seed, meddler) => {
          const stage = new Stage(seed, meddler);
          // Most runs are about servers that are there.
          await stage.act({ do: 'register', name: 'a' });
          for (const step of actions) await stage.act(step);
          await stage.end();
          expect(stage.broken).toEqual([]);
        },
      ),
      {
        numRuns: 500,
        examples: [
          // Taken out of service while its changes are being subscribed to.
          [
            [
              { do: 'update', name: 'a', state: 'connected', drainMs: 0 },
              { do: 'wait', ms: 0 },
              { do: 'drop', name: 'a' },
              { do: 'update', name: 'a', state: 'unavailable', drainMs: 0 },
            ],
            1,
            { when: 'unavailable', do: 'wantConnected' },
          ],
        ],
      },
    );
  });
});
