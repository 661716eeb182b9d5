import { type RunOptions, readOptions } from '../runs/command/read-options.ts';

/** How one run is made. */
export interface StressOptions extends RunOptions {
  /** Servers in memory and over HTTP and SSE. */
  readonly servers: number;
  /** Servers that are processes, beside the others. */
  readonly stdio: number;
  /** Calls that are timed, over all servers. */
  readonly calls: number;
}

export const HELP = `Usage: npm run stress -- [options]

Keeps hundreds of servers in one registry: registers, connects, lists, calls, searches, replaces and reconnects them,
lets them idle, and shuts everything down. Prints the times, the memory and how evenly the servers were treated. Ends
with 0 if every promise was kept, else with 1.

  --servers N   servers in memory, over http and over sse, of both eras (5 to 2000; default 500)
  --stdio N     servers that are processes, beside the others (0 to 200; default 50); each takes some 50 MB
  --calls N     calls that are timed, over all servers (1 to 1000000; default 40000)
  --seed N      what is left to chance is drawn from; the same seed asks for the same (default: drawn and printed)
  --keep        keeps the folder with the journals of the processes; it is always kept after a breach
  --json        the report as JSON on stdout
  --help        this text
`;

/** @throws Error that says what is wrong; undefined if help is wanted */
export function readStressOptions(args: readonly string[]): StressOptions | undefined {
  return readOptions(args, {
    servers: { least: 5, most: 2000, default: 500 },
    stdio: { least: 0, most: 200, default: 50 },
    calls: { least: 1, most: 1_000_000, default: 40_000 },
  });
}
