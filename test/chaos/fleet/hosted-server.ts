import type { ServerEntry } from '../../../src/index.ts';
import type { Host } from '../../runs/hosts/host.ts';
import type { ServerAccount } from '../../runs/hosts/server-account.ts';
import type { ServerDeed } from '../../runs/hosts/server-deed.ts';
import type { Seat } from '../plan/roster.ts';
import type { ChaosServer } from './chaos-server.ts';

/** A server over HTTP or SSE, in the process of its host. */
export class HostedServer implements ChaosServer {
  readonly seat: Seat;
  readonly entry: ServerEntry;
  readonly #host: Host;

  constructor(seat: Seat, entry: ServerEntry, host: Host) {
    this.seat = seat;
    this.entry = entry;
    this.#host = host;
  }

  async apply(deed: ServerDeed): Promise<void> {
    await this.#host.ask({ task: 'apply', name: this.seat.name, deed });
  }

  async heal(): Promise<void> {
    await this.#host.ask({ task: 'heal', name: this.seat.name });
  }

  async account(): Promise<ServerAccount> {
    return await this.#host.ask({ task: 'account', name: this.seat.name });
  }
}
