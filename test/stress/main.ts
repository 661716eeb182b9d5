import { runCommand } from '../runs/command/run-command.ts';
import { HELP, readStressOptions } from './options.ts';
import { reportText } from './report/print-report.ts';

/** What a run may take, in ms: at least, for each server, and for each call. On an idle machine it is a tenth. */
const LIMIT_MS = { least: 120_000, server: 500, call: 10 };

/** The command; returns its exit code. */
export function main(args: readonly string[]): Promise<number> {
  return runCommand(
    {
      name: 'stress',
      help: HELP,
      read: readStressOptions,
      engine: new URL('engine/engine-program.ts', import.meta.url),
      limitMs: ({ servers, stdio, calls }) =>
        LIMIT_MS.least + (servers + stdio) * LIMIT_MS.server + calls * LIMIT_MS.call,
      text: reportText,
    },
    args,
  );
}
