import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchOptions, HELP, readOptions } from './options.ts';
import { ratiosLine } from './report/ratios.ts';
import { tablesOf } from './report/tables.ts';
import { writeReport } from './report/write-report.ts';
import { runBench } from './run/run-bench.ts';

const ROOT = join(import.meta.dirname, '..');

/** The command; returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions | undefined;
  try {
    options = readOptions(args);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}; --help tells more\n`);
    return 1;
  }
  if (options === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    for (const build of [join(ROOT, 'dist'), ...options.contenders.flatMap((each) => each.build ?? [])]) {
      if (!existsSync(join(build, 'index.js'))) throw new Error(`there is no build in ${build}`);
    }
    const results = await runBench(options, progress);
    if (options.isQuick) process.stdout.write(`${ratiosLine(results)}\n`);
    else if (options.out === undefined) process.stdout.write(`${tablesOf(results)}\n`);
    else {
      const name = process.env['SIGNALBOX_BENCH_RIVALS'] === undefined ? 'performance' : 'performance-node';
      for (const file of writeReport(results, options.out, name)) progress(`wrote ${file}`);
    }
    return 0;
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    return 1;
  }
}

const startedAt = performance.now();

function progress(what: string): void {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stderr.write(`bench: ${String(seconds).padStart(4)} s  ${what}\n`);
}
