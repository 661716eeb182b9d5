import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FaultRules } from '../../faults/fault.ts';
import { type FaultControl, RuleBook } from '../../faults/rule-book.ts';
import { Journal } from '../journal.ts';
import type { FaultServerEra } from '../revisions.ts';
import { writeControlFile } from './control-file.ts';
import { readJournal } from './journal-file.ts';
import { controlPath, journalPath, type ProgramOptions } from './program-options.ts';

/** What {@link faultServerCommand} makes a command for. Everything is optional: without options it has no faults. */
export interface FaultServerCommandOptions {
  /** Default `both`. */
  readonly era?: FaultServerEra;
  /** Faults to begin with. Default: none. */
  readonly faults?: FaultRules;
  /** Seed of what probabilities and random delays are drawn from; each restart draws other numbers. Default 1. */
  readonly seed?: number;
  /**
   * Where journal and control file stand; made if it does not exist. One folder is for one server. Default: a new one
   * below the temporary folder of the machine, which {@link FaultServerCommand.close} removes.
   */
  readonly folder?: string;
}

/** The entry of a stdio fault server, for `.mcp.json` or `ClientFactory.create`. */
export type FaultServerCommandEntry = {
  readonly type: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
};

/** How a stdio fault server is started by whoever is tested, and what it does meanwhile. */
export interface FaultServerCommand extends Disposable {
  readonly command: string;
  readonly args: readonly string[];
  readonly entry: FaultServerCommandEntry;
  /** Sets and clears faults, before it is started and while it runs. `times` counts across restarts. */
  readonly faults: FaultControl;
  /** What all its processes have executed so far; read anew from the file at each question. */
  readonly journal: Journal;
  /** Where journal and control file stand. */
  readonly folder: string;
  /** How often a process was started. */
  readonly starts: number;
  /** The process that was started last; undefined without one, and once it has ended by itself. */
  readonly pid: number | undefined;
  /**
   * Sends a signal to the process that was started last: SIGKILL by default, SIGSTOP and SIGCONT for one that hangs
   * for a while. Returns whether there was one.
   */
  kill(signal?: NodeJS.Signals): boolean;
  /** Removes the folder, if it was made here. Processes belong to whoever started them. */
  close(): void;
}

/**
 * A real stdio server process, to be started by the client under test: its command and arguments, its faults and
 * its journal.
 * @throws SignalboxError INVALID_ARGUMENT for a fault that cannot work
 */
export function faultServerCommand(options: FaultServerCommandOptions = {}): FaultServerCommand {
  return new StdioFaultServer(options);
}

/** The built program, also where this file runs as it stands in the sources: a process of its own cannot. */
function programPath(): string {
  const root = dirname(createRequire(import.meta.url).resolve('signalbox/package.json'));
  return join(root, 'dist/testing/server/stdio/fault-server-program.js');
}

class StdioFaultServer implements FaultServerCommand {
  readonly command = process.execPath;
  readonly args: readonly string[];
  readonly faults: FaultControl;
  readonly journal: Journal;
  readonly folder: string;
  readonly #isOwn: boolean;

  constructor({ era = 'both', faults, seed = 1, folder }: FaultServerCommandOptions) {
    // First the check: a rule that cannot work shall leave no folder behind.
    const rules: RuleBook = new RuleBook('stdio', faults, () => this.#publish(rules));
    this.#isOwn = folder === undefined;
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'signalbox-fault-server-'));
    mkdirSync(this.folder, { recursive: true });
    this.#publish(rules);
    this.faults = rules;
    this.journal = new Journal(() => readJournal(journalPath(this.folder)));
    const program: ProgramOptions = { folder: this.folder, era, seed };
    this.args = [programPath(), JSON.stringify(program)];
  }

  get entry(): FaultServerCommandEntry {
    return { type: 'stdio', command: this.command, args: this.args };
  }

  get starts(): number {
    return this.journal.entries().filter(({ event }) => event === 'start').length;
  }

  get pid(): number | undefined {
    const last = this.journal.entries().findLast(({ event }) => event === 'start' || event === 'end');
    return last?.event === 'start' ? last.pid : undefined;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): boolean {
    const { pid } = this;
    if (pid === undefined) return false;
    try {
      return process.kill(pid, signal);
    } catch {
      return false; // it was killed already
    }
  }

  close(): void {
    if (this.#isOwn) rmSync(this.folder, { recursive: true, force: true });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #publish(rules: RuleBook): void {
    writeControlFile(controlPath(this.folder), rules.snapshot());
  }
}
