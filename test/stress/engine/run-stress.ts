import { setTimeout as pause } from 'node:timers/promises';
import type { ClientFactory, ServerEntry, ServerRegistry } from '../../../src/index.ts';
import { FAULT_SERVER_TOOLS } from '../../../src/testing/server/tools.ts';
import { type Breach, breachOf, type CheckResult } from '../../runs/check.ts';
import { Dice } from '../../runs/dice.ts';
import type { RunContext } from '../../runs/engine/run-engine.ts';
import { mib } from '../../runs/memory-sample.ts';
import { checkProcesses } from '../../runs/process-check.ts';
import { checkShutdown } from '../../runs/shutdown-check.ts';
import { checkAnswers, type ServerLedger } from '../checks/answers.ts';
import { checkFairness } from '../checks/fairness.ts';
import { checkLeftovers, resourcesNow } from '../checks/leftovers.ts';
import { checkIdleMemory } from '../checks/memory.ts';
import { type Spread, spreadOf } from '../checks/spread.ts';
import { checkStarts, firstStart } from '../checks/starts.ts';
import { byKind, roster } from '../fleet/roster.ts';
import { StressFleet } from '../fleet/stress-fleet.ts';
import type { StressServer } from '../fleet/stress-server.ts';
import { library } from '../library.ts';
import { ServerLoad } from '../load/server-load.ts';
import type { StressOptions } from '../options.ts';
import { Phases, settledMemory } from './phases.ts';
import type { KindRow, StressReport } from './report.ts';
import { weighKinds } from './weigh.ts';

/** Places for servers that begin to be connected, as by default. */
const PLACES = 8;
/**
 * How long a server that is being connected holds its place, in ms: for good. With the default, a machine on which a
 * process takes more than two seconds to start would rightly start more of them at once.
 */
const PATIENCE_MS = 600_000;
/** Calls of each server before those that are timed: code is still being compiled then. */
const WARM_UP_CALLS = 3;
const SEARCHES = 200;
/** Share of the servers that are replaced under load, and of those that are reconnected. */
const CHURN_SHARE = 0.1;
/** What ends by itself behind the work before it, and how long nothing is done then. */
const LULL_MS = 1000;
const IDLE_MS = 1000;
const SHUTDOWN_MS = 60_000;

/** One run from the first server to the verdict. Rejects only if it could not be made at all. */
export async function runStress(options: StressOptions, context: RunContext): Promise<StressReport> {
  return await new StressRun(options, context).run();
}

class StressRun {
  readonly #options: StressOptions;
  readonly #context: RunContext;
  readonly #phases: Phases;
  readonly #dice: Dice;
  readonly #registry: ServerRegistry;
  readonly #factory: ClientFactory = new library.ClientFactory();
  readonly #loads: Map<string, ServerLoad> = new Map();
  readonly #connectMs: Map<string, number> = new Map();
  readonly #reconnected: Set<string> = new Set();

  constructor(options: StressOptions, context: RunContext) {
    this.#options = options;
    this.#context = context;
    this.#phases = new Phases(context.progress);
    this.#dice = new Dice(options.seed, 'stress');
    this.#registry = new library.ServerRegistry({
      factory: this.#factory,
      parallelConnects: PLACES,
      connectPatienceMs: PATIENCE_MS,
      maxTools: (options.servers + options.stdio) * FAULT_SERVER_TOOLS.size,
    });
  }

  async run(): Promise<StressReport> {
    const { folder } = this.#context;
    const fleet = await StressFleet.open(roster(this.#options), { seed: this.#options.seed, folder });
    try {
      return await Promise.race([this.#run(fleet), fleet.hosts.failed]);
    } finally {
      await this.#registry.shutdown({ drainMs: 0 });
      await fleet.hosts.close();
    }
  }

  async #run(fleet: StressFleet): Promise<StressReport> {
    const options = this.#options;
    const { folder } = this.#context;
    const phases = this.#phases;
    fleet.serve(this.#factory);
    const idleBytes = await phases.make('weigh', async () => [
      'idle clients of each kind',
      await weighKinds(fleet),
    ]);
    const resources = resourcesNow();
    const before = await settledMemory();
    await phases.make('register', () => this.#register(fleet.light));
    await phases.make('connect', () => this.#connect());
    await phases.make('processes', async () => {
      await this.#register(fleet.processes);
      return await this.#connect();
    });
    const starts = checkStarts(
      new Map(
        fleet.processes.map(({ seat, command }) => [seat.name, firstStart(seat.name, command.journal)]),
      ),
      PLACES,
    );
    const connected = await phases.make('list', () => this.#list());
    await phases.make('calls', () => this.#calls());
    const kinds = this.#kinds(fleet, idleBytes);
    await phases.make('search', () => this.#search());
    await phases.make('snapshots', () => this.#snapshots());
    const replaced = await phases.make('churn', () => this.#churn(fleet));
    const idle = await phases.make('idle', () => this.#idle());
    const shutdown = await phases.make('shutdown', async () => {
      const check = await checkShutdown(this.#registry, { drainMs: 1000, limitMs: SHUTDOWN_MS });
      return ['', check];
    });
    this.#context.progress('what is left is looked for, and the servers are asked what they have done');
    const left = await checkLeftovers(resources, () => fleet.connections());
    const orphans = await checkProcesses(folder, [process.pid, ...fleet.hosts.pids]);
    const after = await settledMemory();
    const memory = checkIdleMemory({
      ...{ servers: fleet.all.length, byKind: idleBytes },
      ...{ beforeBytes: before.heapBytes, idleBytes: idle.heapBytes, afterBytes: after.heapBytes },
    });
    const answered = checkAnswers(await Promise.all(fleet.all.map((server) => this.#ledger(server))));
    const fair = checkFairness(kinds);
    const quiet = this.#context.unhandled();
    const checks = [connected, answered, starts, fair, replaced, memory, shutdown, left, orphans, quiet];
    return { options, phases: phases.all, kinds, checks };
  }

  #register(servers: readonly StressServer[]): Promise<[string, undefined]> {
    for (const { seat, entry } of servers) {
      this.#registry.register(seat.name, entry);
      this.#loads.set(seat.name, new ServerLoad(this.#registry, seat.name));
    }
    return Promise.resolve([`${servers.length} servers`, undefined]);
  }

  async #connect(): Promise<[string, undefined]> {
    const waiting = this.#registry.getAllServers().filter(({ isConnected }) => !isConnected);
    await this.#registry.connectAll();
    for (const { name, client } of waiting) {
      const { connectMs } = client.stats();
      if (connectMs !== null) this.#connectMs.set(name, connectMs);
    }
    const { median, max } = spreadOf(this.#connectMs);
    const each = `each took ${median.toFixed(1)} ms in the median, ${max.toFixed(1)} at most`;
    return [`${waiting.length} servers, ${PLACES} at once; ${each}`, undefined];
  }

  async #list(): Promise<[string, CheckResult]> {
    const servers = this.#registry.getAllServers();
    const startedAt = performance.now();
    const { items, missing } = await this.#registry.listTools();
    const firstMs = performance.now() - startedAt;
    const againAt = performance.now();
    await this.#registry.listTools();
    const againMs = performance.now() - againAt;
    const breaches: Breach[] = missing.map(({ server, reason }) => breachOf('connected', reason, { server }));
    for (const { name, isConnected, state, reason, tools } of servers) {
      if (!isConnected) breaches.push(breachOf('connected', `${state}: ${reason}`, { server: name }));
      else if (tools.length !== FAULT_SERVER_TOOLS.size)
        breaches.push(breachOf('connected', `offers ${tools.length} tools`, { server: name }));
    }
    const wanted = servers.length * FAULT_SERVER_TOOLS.size;
    if (items.length !== wanted)
      breaches.push(breachOf('connected', `${items.length} tools are listed, not ${wanted}`));
    const figures = `${items.length} tools of ${servers.length} servers`;
    return [
      `${figures}; again ${againMs.toFixed(1)} ms, first ${firstMs.toFixed(1)}`,
      { check: 'connected', figures, breaches },
    ];
  }

  async #calls(): Promise<[string, undefined]> {
    const loads = [...this.#loads.values()];
    await Promise.all(loads.map((load) => load.calls(WARM_UP_CALLS)));
    for (const load of loads) load.reset();
    const each = Math.max(1, Math.round(this.#options.calls / loads.length));
    const startedAt = performance.now();
    await Promise.all(loads.map((load) => load.calls(each)));
    const seconds = (performance.now() - startedAt) / 1000;
    const count = each * loads.length;
    return [
      `${count} calls, ${loads.length} at once: ${Math.round(count / seconds)} a second, ${((seconds / count) * 1e6).toFixed(0)} µs each`,
      undefined,
    ];
  }

  #kinds(fleet: StressFleet, idleBytes: ReadonlyMap<string, number>): KindRow[] {
    return [...byKind(fleet.all)].map(([kind, servers]) => {
      const spread = (of: (name: string) => number | undefined): Spread =>
        spreadOf(
          new Map(
            servers.flatMap(({ seat: { name } }) => {
              const value = of(name);
              return value === undefined ? [] : [[name, value] as const];
            }),
          ),
        );
      return {
        kind,
        servers: servers.length,
        idleBytes: idleBytes.get(kind),
        connect: spread((name) => this.#connectMs.get(name)),
        call: spread((name) => this.#loads.get(name)?.averageMs),
      };
    });
  }

  #search(): Promise<[string, undefined]> {
    const names = [...this.#loads.keys()];
    const startedAt = performance.now();
    this.#registry.searchTools('echo');
    const firstMs = performance.now() - startedAt;
    let found = 0;
    const againAt = performance.now();
    for (let search = 0; search < SEARCHES; search++) {
      const words = this.#dice.chance(0.5)
        ? 'two numbers'
        : `${this.#dice.one(names).replaceAll('-', ' ')} slow`;
      found += this.#registry.searchTools(words, { limit: 5 }).length;
    }
    const eachMs = (performance.now() - againAt) / SEARCHES;
    return Promise.resolve([
      `first ${firstMs.toFixed(1)} ms, ${SEARCHES} more ${eachMs.toFixed(2)} ms each, ${found} found`,
      undefined,
    ]);
  }

  #snapshots(): Promise<[string, undefined]> {
    const timed = (take: () => unknown): string => {
      const startedAt = performance.now();
      const taken = take();
      const ms = performance.now() - startedAt;
      return `${ms.toFixed(1)} ms (${mib(JSON.stringify(taken).length)})`;
    };
    const status = timed(() => this.#registry.getAllServers().map((server) => server.status()));
    const stats = timed(() => this.#registry.stats());
    const history = timed(() => this.#registry.history());
    return Promise.resolve([`status ${status}, stats ${stats}, history ${history}`, undefined]);
  }

  /** Replaces some servers by themselves and reconnects others, while all are being called. */
  async #churn(fleet: StressFleet): Promise<[string, CheckResult]> {
    const names = fleet.all.map(({ seat }) => seat.name);
    const count = Math.max(1, Math.round(names.length * CHURN_SHARE));
    const drawn = new Set<string>();
    while (drawn.size < 2 * count) drawn.add(this.#dice.one(names));
    const replaced = new Set([...drawn].slice(0, count));
    for (const name of drawn) if (!replaced.has(name)) this.#reconnected.add(name);
    let isOver = false;
    const callsBefore = this.#made;
    const load = Promise.all([...this.#loads.values()].map((each) => each.callsUntil(() => isOver)));
    const startedAt = performance.now();
    const wanted = new Map<string, ServerEntry>(
      fleet.all.map(({ seat, entry }) => [
        seat.name,
        replaced.has(seat.name) ? { ...entry, timeout: 59_000 } : entry,
      ]),
    );
    const old = new Map(names.map((name) => [name, this.#registry.getServer(name)]));
    const [applied] = await Promise.all([
      this.#registry.apply(wanted),
      ...[...this.#reconnected].map((name) =>
        this.#registry
          .getServer(name)!
          .reconnect('the run wants it so')
          // That it is not connected is seen below.
          .catch(() => undefined),
      ),
    ]);
    const churnMs = performance.now() - startedAt;
    isOver = true;
    await load;
    await Promise.all([...drawn].map((name) => this.#loads.get(name)!.calls(1)));
    const breaches: Breach[] = [];
    for (const [name, { change }] of applied) {
      const expected = replaced.has(name) ? 'changed' : 'unchanged';
      if (change !== expected)
        breaches.push(breachOf('replaced', `is ${change}, not ${expected}`, { server: name }));
    }
    for (const name of names) {
      const now = this.#registry.getServer(name);
      if (now?.isConnected !== true)
        breaches.push(breachOf('replaced', `is ${now?.state}: ${now?.reason}`, { server: name }));
      if ((now !== old.get(name)) !== replaced.has(name))
        breaches.push(breachOf('replaced', 'is not the one that it should be', { server: name }));
    }
    const cutOff = [...this.#loads.values()].reduce((sum, { failed }) => sum + failed.length, 0);
    const figures = `${replaced.size} replaced and ${this.#reconnected.size} reconnected in ${Math.round(churnMs)} ms`;
    return [
      `${figures}, ${this.#made - callsBefore} calls meanwhile, ${cutOff} cut off by a reconnection`,
      { check: 'replaced', figures, breaches },
    ];
  }

  async #idle(): Promise<[string, { readonly heapBytes: number }]> {
    await pause(LULL_MS);
    // Of this thread alone: behind it, garbage of the phases before is still being swept.
    const before = performance.eventLoopUtilization();
    await pause(IDLE_MS);
    const { utilization } = performance.eventLoopUtilization(before);
    const memory = await settledMemory();
    const held = [...resourcesNow()].map(([kind, count]) => `${count} ${kind}`).join(', ');
    return [`the loop is busy for ${(utilization * 1000).toFixed(1)} ms of each second; ${held}`, memory];
  }

  get #made(): number {
    return [...this.#loads.values()].reduce((sum, { made }) => sum + made, 0);
  }

  async #ledger(server: StressServer): Promise<ServerLedger> {
    const { name } = server.seat;
    const { made, answered, failed } = this.#loads.get(name)!;
    return {
      ...{ server: name, made, answered, failed },
      executed: await server.executed(),
      wasReconnected: this.#reconnected.has(name),
    };
  }
}
