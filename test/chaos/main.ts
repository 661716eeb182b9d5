import { runCommand } from '../runs/command/run-command.ts';
import { HELP, readChaosOptions } from './options.ts';
import { reportText } from './report/print-report.ts';

/** What a run may take beside its calls, in ms: starting, coming back, shutting down. */
const OVERHEAD_MS = 100_000;

/** The command; returns its exit code. */
export function main(args: readonly string[]): Promise<number> {
  return runCommand(
    {
      name: 'chaos',
      help: HELP,
      read: readChaosOptions,
      engine: new URL('engine/engine-program.ts', import.meta.url),
      limitMs: ({ seconds }) => seconds * 1000 + OVERHEAD_MS,
      text: reportText,
    },
    args,
  );
}
