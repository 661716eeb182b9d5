import { join } from 'node:path';
import type { ClientFactory } from '../../../src/index.ts';
import { type FaultServerCommand, faultServerCommand } from '../../../src/testing/index.ts';
import { MemoryTransport } from '../../../src/transports/memory-transport.ts';
import { Hosts } from '../../runs/hosts/hosts.ts';
import { accountOf } from '../../runs/hosts/server-account.ts';
import { MemoryFaultServer } from './memory-fault-server.ts';
import type { Seat } from './roster.ts';
import type { StressServer } from './stress-server.ts';

/** HTTP servers of one process: what they do is not to be counted as work of the client. */
const SERVERS_PER_HOST = 100;

/**
 * The first list that a process is asked for: what it notes of it tells when its start was over. The answer is as it
 * would be otherwise.
 */
const MARK = { 'tools/list': { kind: 'late', delayMs: 0, times: 1 } } as const;

/** Processes that are only started to be weighed. */
const SPARE_PROCESSES = 8;

/** All servers of a run: in this process, in processes of the run, and those that the client starts. */
export class StressFleet {
  readonly light: readonly StressServer[];
  readonly processes: readonly (StressServer & { readonly command: FaultServerCommand })[];
  /** Processes that take no part in the run but that their clients are weighed. */
  readonly spare: readonly StressServer[];
  readonly hosts: Hosts;
  readonly #inMemory: ReadonlyMap<string, MemoryFaultServer>;

  private constructor(
    light: readonly StressServer[],
    processes: StressFleet['processes'],
    spare: readonly StressServer[],
    hosts: Hosts,
    inMemory: ReadonlyMap<string, MemoryFaultServer>,
  ) {
    this.light = light;
    this.processes = processes;
    this.spare = spare;
    this.hosts = hosts;
    this.#inMemory = inMemory;
  }

  static async open(
    seats: { readonly light: readonly Seat[]; readonly processes: readonly Seat[] },
    { seed, folder }: { readonly seed: number; readonly folder: string },
  ): Promise<StressFleet> {
    const inMemory = new Map<string, MemoryFaultServer>();
    const hosted = seats.light.filter(({ wire }) => wire !== 'memory').length;
    const hosts = new Hosts(folder);
    for (let places = 0; places < hosted; places += SERVERS_PER_HOST) hosts.start();
    let count = 0;
    const open = async (seat: Seat): Promise<StressServer> => {
      const { name, wire, era } = seat;
      if (wire === 'http' || wire === 'sse') {
        const host = hosts.all[count++ % hosts.all.length]!;
        const entry = await host.ask({ task: 'open', name, wire, era, seed });
        return {
          seat,
          entry,
          executed: async () => (await host.ask({ task: 'account', name })).keys.length,
        };
      }
      const server = new MemoryFaultServer(era);
      inMemory.set(name, server);
      return {
        seat,
        entry: { type: 'memory', url: name },
        executed: () => Promise.resolve(server.executed),
      };
    };
    const light = await Promise.all(seats.light.map(open));
    const start = (seat: Seat, place: string): StressFleet['processes'][number] => {
      const command = faultServerCommand({
        ...{ era: seat.era, seed, faults: MARK },
        folder: join(folder, place),
      });
      const executed = (): Promise<number> => Promise.resolve(accountOf(command.journal).keys.length);
      return { seat, entry: command.entry, executed, command };
    };
    const processes = seats.processes.map((seat) => start(seat, seat.name));
    const spare = seats.processes.slice(0, SPARE_PROCESSES).map((seat) => start(seat, `spare-${seat.name}`));
    return new StressFleet(light, processes, spare, hosts, inMemory);
  }

  get all(): readonly StressServer[] {
    return [...this.light, ...this.processes];
  }

  /** Lets the clients of a factory reach the servers in this process. */
  serve(factory: ClientFactory): void {
    factory.registerTransport(
      'memory',
      (name, entry) => new MemoryTransport(this.#inMemory.get(entry.url!)!.peer, name),
    );
  }

  /** Connections that are open at servers of this process and of the hosts. */
  async connections(): Promise<number> {
    const sockets = await Promise.all(this.hosts.all.map((host) => host.ask({ task: 'sockets' })));
    const links = [...this.#inMemory.values()].map(({ connections }) => connections);
    return [...sockets, ...links].reduce((sum, count) => sum + count, 0);
  }
}
