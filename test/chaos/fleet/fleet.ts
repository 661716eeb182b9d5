import { join } from 'node:path';
import type { Host } from '../../runs/hosts/host.ts';
import { Hosts } from '../../runs/hosts/hosts.ts';
import type { Seat } from '../plan/roster.ts';
import type { ChaosServer } from './chaos-server.ts';
import { HostedServer } from './hosted-server.ts';
import { StdioServer } from './stdio-server.ts';

/** Faulty servers of one host process: more would take the time of each other. */
const SERVERS_PER_HOST = 5;

export interface FleetOptions {
  readonly seed: number;
  readonly folder: string;
  /** The process of a stdio server as its client knows it. */
  readonly pidOf: (server: string) => number | undefined;
}

/** All servers of a run. */
export class Fleet {
  readonly servers: readonly ChaosServer[];
  readonly hosts: Hosts;

  private constructor(servers: readonly ChaosServer[], hosts: Hosts) {
    this.servers = servers;
    this.hosts = hosts;
  }

  static async open(seats: readonly Seat[], { seed, folder, pidOf }: FleetOptions): Promise<Fleet> {
    const hosts = new Hosts(folder);
    const begun = new Map<string, { host: Host; servers: number }>();
    const hostOf = ({ isSteady }: Seat): Host => {
      // Steady servers share no process with those that get into trouble.
      const kind = isSteady ? 'steady' : 'faulty';
      let place = begun.get(kind);
      if (place === undefined || place.servers === SERVERS_PER_HOST) {
        place = { host: hosts.start(), servers: 0 };
        begun.set(kind, place);
      }
      place.servers++;
      return place.host;
    };
    const open = async (seat: Seat, index: number): Promise<ChaosServer> => {
      const { name, wire, era } = seat;
      const own = { seed: seed + index * 1000 };
      if (wire === 'stdio')
        return new StdioServer(seat, { ...own, folder: join(folder, name), pid: () => pidOf(name) });
      const host = hostOf(seat);
      return new HostedServer(seat, await host.ask({ task: 'open', name, wire, era, ...own }), host);
    };
    return new Fleet(await Promise.all(seats.map(open)), hosts);
  }

  async heal(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.heal()));
  }
}
