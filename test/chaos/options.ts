import { parseArgs } from 'node:util';

/** How one run is made. */
export interface ChaosOptions {
  /** How long calls are made in all: some calm first, then the faults. */
  readonly seconds: number;
  readonly seed: number;
  readonly servers: number;
  /** Calls that each server gets at once. */
  readonly workers: number;
}

export interface CommandLine extends ChaosOptions {
  readonly json: boolean;
  /** Keeps the folder with journals and outcomes also where all is well. */
  readonly keep: boolean;
}

export const HELP = `Usage: npm run chaos -- [options]

Keeps many real servers over stdio, http and sse busy while faults happen to most of them, and then holds what the
client said against the journals of the servers. Ends with 0 if every promise was kept, else with 1.

  --seconds N   how long calls are made, calm phase included (5 to 3600; default 60)
  --seed N      what faults and calls are drawn from; the same seed plans the same run (default: drawn and printed)
  --servers N   how many servers (4 to 60; default 20); about a quarter of them never gets a fault
  --workers N   calls that each server gets at once (1 to 32; default 5)
  --keep        keeps the folder with journals and outcomes; it is always kept after a breach
  --json        the report as JSON on stdout
  --help        this text
`;

/** @throws Error that says what is wrong; undefined if help is wanted */
export function readCommandLine(args: readonly string[]): CommandLine | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string' },
      servers: { type: 'string', default: '20' },
      workers: { type: 'string', default: '5' },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const seed = values.seed ?? String(Date.now() % 1_000_000);
  return {
    seconds: whole('--seconds', values.seconds, 5, 3600),
    seed: whole('--seed', seed, 0, 2 ** 31 - 1),
    servers: whole('--servers', values.servers, 4, 60),
    workers: whole('--workers', values.workers, 1, 32),
    json: values.json,
    keep: values.keep,
  };
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${name} must be a whole number from ${least} to ${most}, not "${text}"`);
}
