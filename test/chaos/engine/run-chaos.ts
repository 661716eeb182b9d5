import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { ClientFactory, ServerRegistry } from '../../../src/index.ts';
import type { RunContext } from '../../runs/engine/run-engine.ts';
import type { ServerAccount } from '../../runs/hosts/server-account.ts';
import { type MemorySample, sampleMemory } from '../../runs/memory-sample.ts';
import { checkProcesses } from '../../runs/process-check.ts';
import { checkShutdown } from '../../runs/shutdown-check.ts';
import { audit } from '../checks/audit.ts';
import { checkLatency } from '../checks/latency.ts';
import { checkMemory } from '../checks/memory.ts';
import { checkRecovery } from '../checks/recovery.ts';
import { runFaults } from '../fleet/fault-runner.ts';
import { Fleet } from '../fleet/fleet.ts';
import { operate } from '../fleet/operator.ts';
import { Flights } from '../load/flights.ts';
import { OutcomeLog } from '../load/outcome-log.ts';
import { type Phase, Tally } from '../load/tally.ts';
import { work } from '../load/worker.ts';
import { Yardstick } from '../load/yardstick.ts';
import type { ChaosOptions } from '../options.ts';
import { planFaults } from '../plan/fault-plan.ts';
import { roster, type Seat } from '../plan/roster.ts';
import { CHAOS_SETTINGS, SETTINGS_TEXT } from '../settings.ts';
import type { ChaosReport } from './report.ts';
import { type ServerFacts, serverRow } from './server-rows.ts';

/**
 * By how much a call may outlive its time on an idle machine, in ms. The longest lags of the loop come on top: time in
 * which the process did not run is not that of the call.
 */
const SLACK_MS = 1500;
/** How long calls may take to end when no more are made: longer than the longest of them, in ms. */
const LAST_CALLS_MS = 20_000;
const MEMORY_EVERY_MS = 2000;
const PROGRESS_EVERY_MS = 1000;
const DRAIN_MS = 1000;
/** How long the registry may take to end everything, in ms: calls, then the processes in their steps. */
const SHUTDOWN_MS = 10_000;

/** One run from the first server to the verdict. Rejects only if it could not be made at all. */
export async function runChaos(options: ChaosOptions, context: RunContext): Promise<ChaosReport> {
  return await new ChaosRun(options, context).run();
}

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #context: RunContext;
  readonly #seats: readonly Seat[];
  readonly #flights = new Flights();
  readonly #log: OutcomeLog;
  readonly #registry: ServerRegistry;
  readonly #facts: (ServerFacts & { breakerOpens: number })[] = [];
  readonly #samples: MemorySample[] = [];
  readonly #yardstick = new Yardstick();
  readonly #startedAt = performance.now();
  readonly #lag = monitorEventLoopDelay({ resolution: 20 });
  #phase: Phase = 'warm-up';
  #isOver = false;

  constructor(options: ChaosOptions, context: RunContext) {
    this.#options = options;
    this.#context = context;
    this.#seats = roster(options.servers);
    this.#log = new OutcomeLog(join(context.folder, 'outcomes.jsonl'));
    this.#registry = new ServerRegistry({ factory: new ClientFactory({ tap: this.#flights }) });
  }

  async run(): Promise<ChaosReport> {
    const { seed, seconds } = this.#options;
    const { folder, progress } = this.#context;
    const fleet = await Fleet.open(this.#seats, {
      seed,
      folder,
      pidOf: (name) => this.#registry.getServer(name)?.client.diagnostics().transport.pid,
    });
    const plan = planFaults(this.#seats, seed, this.#chaosMs);
    try {
      await this.#connect(fleet);
      progress(
        `${this.#seats.length} servers are connected; ${seconds} s of calls, ${plan.length} steps of faults`,
      );
      this.#lag.enable();
      const workers = this.#work(fleet);
      await this.#calm();
      this.#phase = 'chaos';
      const watching = this.#watch();
      const [faults] = await Promise.race([
        Promise.all([
          runFaults(plan, fleet.servers, (name, deed) => operate(this.#registry, name, deed)),
          pause(this.#chaosMs),
        ]),
        fleet.hosts.failed,
      ]).finally(() => clearInterval(watching));
      this.#samples.push(sampleMemory(this.#now));
      this.#isOver = true;
      progress('the faults are over; every server has to come back');
      await fleet.heal();
      const lastCalls = this.#unsettledOf(workers);
      const recovery = await checkRecovery(this.#registry.getAllServers(), lastCalls);
      const unsettled = await lastCalls;
      this.#lag.disable();
      const slackMs = SLACK_MS + (2 * this.#lag.max) / 1e6;
      const shutdown = await checkShutdown(this.#registry, { drainMs: DRAIN_MS, limitMs: SHUTDOWN_MS });
      const orphans = await checkProcesses(folder, [process.pid, ...fleet.hosts.pids]);
      progress('the servers are asked what they have done');
      const accounts = await accountsOf(fleet);
      const steady = new Set(this.#seats.filter(({ isSteady }) => isSteady).map(({ name }) => name));
      const checks = [
        ...audit({
          outcomes: this.#log.finish(),
          journals: new Map([...accounts].map(([name, { keys }]) => [name, keys])),
          unsettled,
          slackMs,
          steady,
        }),
        checkLatency(this.#facts.filter(({ seat }) => seat.isSteady).map(latencyOf), this.#yardstick.latency),
        recovery,
        shutdown,
        orphans,
        checkMemory(this.#samples),
        this.#context.unhandled(),
      ];
      return {
        options: this.#options,
        settings: SETTINGS_TEXT,
        calmMs: this.#calmMs,
        chaosMs: this.#chaosMs,
        servers: this.#facts.map((facts) => serverRow(facts, faults, accounts.get(facts.seat.name))),
        checks,
      };
    } finally {
      this.#isOver = true;
      await this.#registry.shutdown({ drainMs: 0 });
      await fleet.hosts.close();
    }
  }

  get #now(): number {
    return performance.now() - this.#startedAt;
  }

  /** Before the faults, its beginning is not measured: code is still being compiled then. */
  get #calmMs(): number {
    return Math.min(10_000, this.#options.seconds * 250);
  }

  get #chaosMs(): number {
    return this.#options.seconds * 1000 - this.#calmMs;
  }

  async #connect(fleet: Fleet): Promise<void> {
    for (const { seat, entry } of fleet.servers) {
      const instance = this.#registry.register(seat.name, { ...entry, 'x-signalbox': CHAOS_SETTINGS });
      const facts = { seat, instance, tally: new Tally(), breakerOpens: 0 };
      instance.client.circuit?.on('state', ({ to }) => {
        if (to === 'open') facts.breakerOpens++;
      });
      this.#facts.push(facts);
    }
    const results = await this.#registry.connectAll();
    for (const [name, { error }] of results)
      if (error !== undefined)
        throw new Error(`${name} could not be connected before any fault: ${error.message}`);
  }

  #work(fleet: Fleet): Promise<void> {
    const { seed, workers } = this.#options;
    const all = this.#facts.flatMap(({ seat, instance, tally }) =>
      Array.from({ length: workers }, (_, number) =>
        work({
          ...{ registry: this.#registry, instance, seat, seed, number, tally, flights: this.#flights },
          phase: () => this.#phase,
          now: () => this.#now,
          isOver: () => this.#isOver,
          ended: (outcome) => this.#log.add(outcome),
        }),
      ),
    );
    // Every roster has a server without faults over HTTP.
    const { entry } = fleet.servers.find(({ seat }) => seat.isSteady && seat.wire === 'http')!;
    const yardstick = this.#yardstick.run({
      url: entry.url!,
      phase: () => this.#phase,
      isOver: () => this.#isOver,
    });
    return Promise.all([...all, yardstick]).then(() => undefined);
  }

  async #calm(): Promise<void> {
    await pause(this.#calmMs / 3);
    this.#phase = 'calm';
    await pause((this.#calmMs * 2) / 3);
    this.#samples.push(sampleMemory(this.#now));
  }

  /** Tells every second how it goes, and samples the memory now and then. */
  #watch(): NodeJS.Timeout {
    return setInterval(() => {
      const last = this.#samples.at(-1);
      if (last === undefined || this.#now - last.atMs >= MEMORY_EVERY_MS)
        this.#samples.push(sampleMemory(this.#now));
      const sum = (of: (tally: Tally) => number): number =>
        this.#facts.reduce((total, { tally }) => total + of(tally), 0);
      const connected = this.#registry.getConnectedServers().length;
      const seconds = Math.round(this.#now / 1000);
      const calls = sum(({ calls }) => calls);
      const ok = sum((tally) => tally.ok);
      this.#context.progress(
        `${seconds} s: ${calls} calls, ${ok} answered, ${this.#flights.size} in flight, ${connected} of ${this.#seats.length} connected`,
      );
    }, PROGRESS_EVERY_MS);
  }

  /** What has not ended although its time was over long ago. */
  async #unsettledOf(
    workers: Promise<void>,
  ): Promise<readonly { readonly key: string; readonly server: string; readonly sinceMs: number }[]> {
    const limit = new AbortController();
    await Promise.race([
      workers,
      pause(LAST_CALLS_MS, undefined, { signal: limit.signal }).catch(() => undefined),
    ]);
    limit.abort();
    return this.#flights
      .entries()
      .map(([key, { server, atMs }]) => ({ key, server, sinceMs: this.#now - atMs }));
  }
}

async function accountsOf(fleet: Fleet): Promise<ReadonlyMap<string, ServerAccount>> {
  const accounts = fleet.servers.map(async (server) => [server.seat.name, await server.account()] as const);
  return new Map(await Promise.all(accounts));
}

function latencyOf({ seat, tally }: ServerFacts): Parameters<typeof checkLatency>[0][number] {
  return { server: seat.name, calm: tally.latency.calm, chaos: tally.latency.chaos };
}
