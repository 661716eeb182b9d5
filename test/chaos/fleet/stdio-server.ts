import type { ServerEntry } from '../../../src/index.ts';
import { type FaultServerCommand, faultServerCommand } from '../../../src/testing/index.ts';
import { accountOf, type ServerAccount } from '../../runs/hosts/server-account.ts';
import type { ServerDeed } from '../../runs/hosts/server-deed.ts';
import { isProcessOf } from '../../runs/process-check.ts';
import type { Seat } from '../plan/roster.ts';
import type { ChaosServer } from './chaos-server.ts';

export interface StdioServerOptions {
  readonly folder: string;
  readonly seed: number;
  /** The process that the client runs now. The journal knows it too, but reading it at each kill takes long. */
  readonly pid: () => number | undefined;
}

/** A server that the client starts, kills and starts again; its journal is a file. */
export class StdioServer implements ChaosServer {
  readonly seat: Seat;
  readonly entry: ServerEntry;
  readonly #server: FaultServerCommand;
  readonly #options: StdioServerOptions;
  readonly #frozen: Set<number> = new Set();

  constructor(seat: Seat, options: StdioServerOptions) {
    this.seat = seat;
    this.#options = options;
    this.#server = faultServerCommand({ era: seat.era, seed: options.seed, folder: options.folder });
    this.entry = this.#server.entry;
  }

  apply(deed: ServerDeed): Promise<void> {
    switch (deed.do) {
      case 'set':
        this.#server.faults.set(deed.target, deed.rules);
        break;
      case 'clear':
        this.#server.faults.clear();
        break;
      case 'kill':
        this.#signal(this.#options.pid(), 'SIGKILL');
        break;
      case 'freeze': {
        const pid = this.#options.pid();
        if (pid !== undefined && this.#signal(pid, 'SIGSTOP')) this.#frozen.add(pid);
        break;
      }
      case 'thaw':
        for (const pid of this.#frozen) this.#signal(pid, 'SIGCONT');
        this.#frozen.clear();
        break;
      case 'stop':
      case 'start':
      case 'drop':
      case 'forget':
        throw new Error(`a process cannot ${deed.do}`);
    }
    return Promise.resolve();
  }

  async heal(): Promise<void> {
    await this.apply({ do: 'clear' });
    await this.apply({ do: 'thaw' });
  }

  account(): Promise<ServerAccount> {
    return Promise.resolve(accountOf(this.#server.journal));
  }

  /** Sends nothing to a process that got the number of ours after it had ended. */
  #signal(pid: number | undefined, signal: NodeJS.Signals): boolean {
    if (pid === undefined || !isProcessOf(pid, this.#options.folder)) return false;
    try {
      return process.kill(pid, signal);
    } catch {
      return false; // it has just ended
    }
  }
}
