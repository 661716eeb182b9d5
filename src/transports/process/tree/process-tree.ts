import { type ProcessRow, processRow, processTable } from './process-table.ts';

/** So many descendants are remembered, at most; a crowd beyond that is in the group, or out of reach. */
const MAX_NOTED = 4096;

/** One process for certain: see {@link ProcessRow.startedAt}. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Undefined where the system does not tell. */
  readonly startedAt: string | undefined;
}

/** Which descendants a signal is for. */
export interface SignalScope {
  /** Members of this group are left out: they have been signalled together. */
  readonly exceptGroup?: number;
}

/**
 * The descendants of a process, noted while it still runs: once it has exited they are children of nobody, and those
 * that left its group by `setsid` cannot be found any more (F-009). Each is remembered with its start, and nothing is
 * ever signalled whose start is another: that would be a stranger with a reused pid.
 *
 * What starts and leaves between two looks, or is left behind by a leader that exits unasked, is missed. On Windows
 * nothing is noted: `taskkill /T` walks the tree itself.
 */
export class ProcessTree {
  readonly #root: ProcessIdentity;
  readonly #noted = new Map<number, string>();

  constructor(root: ProcessIdentity) {
    this.#root = root;
  }

  /** Looks again: at the root and at all that were noted before, as far as they still are who they were. */
  note(): void {
    const table = processTable();
    const children = new Map<number, ProcessRow[]>();
    for (const row of table.values()) {
      const siblings = children.get(row.parent);
      if (siblings === undefined) children.set(row.parent, [row]);
      else siblings.push(row);
    }
    const queue: number[] = [];
    for (const [pid, startedAt] of [[this.#root.pid, this.#root.startedAt] as const, ...this.#noted]) {
      if (table.get(pid)?.startedAt === startedAt) queue.push(pid);
    }
    // The queue grows while it is walked; a pid that is noted already is not walked twice.
    for (const parent of queue) {
      for (const row of children.get(parent) ?? []) {
        if (this.#noted.size >= MAX_NOTED) return;
        if (!row.runs || row.pid === this.#root.pid || this.#noted.get(row.pid) === row.startedAt) continue;
        this.#noted.set(row.pid, row.startedAt);
        queue.push(row.pid);
      }
    }
  }

  /** True while a noted descendant runs. Forgets those that do not. */
  get hasSurvivors(): boolean {
    for (const [pid, startedAt] of this.#noted) {
      if (running(pid, startedAt) !== undefined) return true;
      this.#noted.delete(pid);
    }
    return false;
  }

  /** Signals the noted descendants that still run. Never throws. */
  signal(signal: NodeJS.Signals, { exceptGroup }: SignalScope = {}): void {
    for (const [pid, startedAt] of this.#noted) {
      const row = running(pid, startedAt);
      if (row === undefined) this.#noted.delete(pid);
      else if (row.group !== exceptGroup) signalOne(pid, signal);
    }
  }
}

/** The process if it still runs and is who it was. */
export function running(pid: number, startedAt: string | undefined): ProcessRow | undefined {
  const row = processRow(pid);
  return row?.runs === true && row.startedAt === startedAt ? row : undefined;
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile, or belongs to another user: there is nothing we could do.
  }
}
