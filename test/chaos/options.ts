import { type RunOptions, readOptions } from '../runs/command/read-options.ts';

/** How one run is made. */
export interface ChaosOptions extends RunOptions {
  /** How long calls are made in all: some calm first, then the faults. */
  readonly seconds: number;
  readonly servers: number;
  /** Calls that each server gets at once. */
  readonly workers: number;
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
export function readChaosOptions(args: readonly string[]): ChaosOptions | undefined {
  return readOptions(args, {
    seconds: { least: 5, most: 3600, default: 60 },
    servers: { least: 4, most: 60, default: 20 },
    workers: { least: 1, most: 32, default: 5 },
  });
}
