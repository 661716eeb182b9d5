import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import picocolors from 'picocolors';
import { breachesOf } from './engine/report.ts';
import { startEngine } from './engine/start-engine.ts';
import { type CommandLine, HELP, readCommandLine } from './options.ts';
import { reportText } from './report/print-report.ts';
import { progressPrinter } from './report/progress.ts';

/** The command; returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let commandLine: CommandLine | undefined;
  try {
    commandLine = readCommandLine(args);
  } catch (error) {
    process.stderr.write(`chaos: ${(error as Error).message}; --help tells more\n`);
    return 1;
  }
  if (commandLine === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const { json, keep, ...options } = commandLine;
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-chaos-'));
  process.stderr.write(`chaos: seed ${options.seed}\n`);
  let isWell = false;
  // The run ends by itself when this process does; what it has written is of no use then.
  const interrupted = (): void => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  try {
    const report = await startEngine({ ...options, folder }, progressPrinter());
    isWell = breachesOf(report).length === 0;
    const text = json ? JSON.stringify(report, null, 2) : await reportText(report, picocolors);
    process.stdout.write(`${text}\n`);
  } catch (error) {
    process.stderr.write(`chaos: the run could not be made: ${(error as Error).message}\n`);
  } finally {
    if (isWell && !keep) rmSync(folder, { recursive: true, force: true });
    else process.stderr.write(`chaos: journals and outcomes are kept in ${folder}\n`);
  }
  return isWell ? 0 : 1;
}
