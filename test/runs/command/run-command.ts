import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import picocolors from 'picocolors';
import { breachesOf, type Checked } from '../check.ts';
import { startEngine } from '../engine/start-engine.ts';
import { progressPrinter } from './progress.ts';
import type { RunOptions } from './read-options.ts';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** A run as a command: what it is told, who makes it, and what it says in the end. */
export interface RunCommand<Options extends RunOptions, Report extends Checked> {
  readonly name: string;
  readonly help: string;
  /** @throws Error that says what is wrong; undefined if help is wanted */
  readonly read: (args: readonly string[]) => Options | undefined;
  /** The program that makes the run, by `runEngine`. */
  readonly engine: URL;
  /** How long it may take in all before it is taken for one that hangs. */
  readonly limitMs: (options: Options) => number;
  readonly text: (report: Report, colors: Colors) => Promise<string>;
}

/** Makes the run; returns the exit code: 0 if every promise was kept. */
export async function runCommand<Options extends RunOptions, Report extends Checked>(
  { name, help, read, engine, limitMs, text }: RunCommand<Options, Report>,
  args: readonly string[],
): Promise<number> {
  let options: Options | undefined;
  try {
    options = read(args);
  } catch (error) {
    const [what] = (error as Error).message.split('\n');
    process.stderr.write(`${name}: ${what}; --help tells more\n`);
    return 1;
  }
  if (options === undefined) {
    process.stdout.write(help);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), `signalbox-${name}-`));
  process.stderr.write(`${name}: seed ${options.seed}\n`);
  let isWell = false;
  // The run ends by itself when this process does; what it has written is of no use then.
  const interrupted = (): void => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  try {
    const { report, exit } = await startEngine<Report>({
      program: engine,
      order: { options, folder },
      limitMs: limitMs(options),
      progress: progressPrinter(name),
    });
    const whole = { ...report, checks: [...report.checks, exit] };
    isWell = breachesOf(whole).length === 0;
    process.stdout.write(
      `${options.json ? JSON.stringify(whole, null, 2) : await text(whole, picocolors)}\n`,
    );
  } catch (error) {
    process.stderr.write(`${name}: the run could not be made: ${(error as Error).message}\n`);
  } finally {
    if (isWell && !options.keep) rmSync(folder, { recursive: true, force: true });
    else process.stderr.write(`${name}: what the run has written is kept in ${folder}\n`);
  }
  return isWell ? 0 : 1;
}
