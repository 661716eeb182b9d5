import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import type { CliIo } from '../../src/cli/cli-io.ts';
import { Interruption } from '../../src/cli/interruption.ts';
import { runCli } from '../../src/cli/program.ts';
import { Redactor } from '../../src/core/redact.ts';
import { useStateFolder } from '../../src/transports/process/leftovers/state-folder.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const ROOT: string = join(import.meta.dirname, '../..');
const MAIN: string = join(ROOT, 'dist/cli/main.js');

/** The example servers and the public ones, as entries of a config file. */
export const ENTRIES = {
  units: {
    command: process.execPath,
    args: [join(ROOT, 'examples/servers/modern-stdio.mjs')],
    // It speaks both eras: on a busy machine its answer to the probe may take longer than a second.
    'x-signalbox': { timeouts: { probe: 20_000 } },
  },
  everything: {
    command: process.execPath,
    args: [join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js'), 'stdio'],
  },
  files: {
    command: process.execPath,
    args: [
      join(ROOT, 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js'),
      join(ROOT, 'examples/demo/files'),
    ],
  },
} as const;

/** A file that the `files` server may read. */
export const WELCOME: string = join(ROOT, 'examples/demo/files/welcome.txt');

/** Where the commands that run in this process keep their states, so that nothing of a test is left on the machine. */
export const STATE_FOLDER: string = join(temporaryDirectory(), 'state');
useStateFolder(STATE_FOLDER);

let folders = 0;

/** Writes `.mcp.json` into a fresh folder below `directory`. */
export function writeConfig(
  directory: string,
  servers: Readonly<Record<string, unknown>>,
): { readonly folder: string; readonly file: string } {
  folders++;
  const folder = join(directory, `config-${folders}`);
  mkdirSync(folder);
  const file = join(folder, '.mcp.json');
  writeFileSync(file, JSON.stringify({ mcpServers: servers }));
  return { folder, file };
}

/** What a command line left behind. */
export interface CliOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command line is run in this process. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Text on stdin, or a stream. */
  readonly stdin?: string | Readable;
  /** Columns of the terminal that both streams lead to. Default: they are pipes. */
  readonly tty?: number;
  readonly interruption?: Interruption;
}

/** A command line that runs in this process, with its output so far. */
export interface RunningCli {
  readonly outcome: Promise<CliOutcome>;
  readonly interruption: Interruption;
  stdout(): string;
  stderr(): string;
}

class Collector extends Writable {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  text = '';

  constructor(tty: number | undefined) {
    super();
    this.isTTY = tty !== undefined;
    this.columns = tty;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

/** Runs a command line in this process: everything is real but the streams and the signals. */
export function startCli(args: readonly string[], options: RunOptions = {}): RunningCli {
  const stdout = new Collector(options.tty);
  const stderr = new Collector(options.tty);
  const interruption = options.interruption ?? new Interruption();
  const { stdin = '' } = options;
  const io: CliIo = {
    stdin: typeof stdin === 'string' ? Readable.from(stdin === '' ? [] : [stdin]) : stdin,
    stdout: stdout as CliIo['stdout'],
    stderr: stderr as CliIo['stderr'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env },
    cwd: options.cwd ?? import.meta.dirname,
    redactor: new Redactor(),
    interruption,
  };
  const outcome = runCli(args, io).then((code) => ({ code, stdout: stdout.text, stderr: stderr.text }));
  return { outcome, interruption, stdout: () => stdout.text, stderr: () => stderr.text };
}

/** Runs a command line in this process to its end. */
export function cli(args: readonly string[], options: RunOptions = {}): Promise<CliOutcome> {
  return startCli(args, options).outcome;
}

/** The built program in a process of its own. */
export interface CliProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it ended with: its exit code, or the name of the signal. */
  readonly ended: Promise<number | string>;
  stdout(): string;
  stderr(): string;
}

/** Starts the built program. Its environment is that of the test; `preload` is imported before it. */
export function spawnCli(
  args: readonly string[],
  options: { readonly cwd?: string; readonly preload?: string; readonly env?: Record<string, string> } = {},
): CliProcess {
  const preload = options.preload === undefined ? [] : ['--import', options.preload];
  const child = spawn(process.execPath, [...preload, MAIN, ...args], {
    cwd: options.cwd ?? import.meta.dirname,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (texts.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (texts.stderr += chunk));
  child.stdin.on('error', () => {});
  const ended = new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  return { child, pid: child.pid ?? 0, ended, stdout: () => texts.stdout, stderr: () => texts.stderr };
}

/** Waits for the line of JSON that `up --json` prints when it is ready. */
export async function ready(process: Pick<CliProcess, 'stdout'>): Promise<UpReport> {
  await until('`up` is ready', () => process.stdout().includes('\n'));
  return JSON.parse(process.stdout().slice(0, process.stdout().indexOf('\n'))) as UpReport;
}

/** What `up --json` prints. */
export interface UpReport {
  readonly endpoint: { readonly url: string };
  readonly servers: readonly {
    readonly name: string;
    readonly state: string;
    readonly pid?: number;
    readonly tools: number;
    readonly error?: { readonly code: string; readonly message: string };
  }[];
}

/** A stdin that stays open until the test ends it. */
export function openStdin(): PassThrough {
  return new PassThrough();
}
