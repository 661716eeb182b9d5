import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plotOf } from './plot.ts';
import type { Results } from './results.ts';
import { tablesOf } from './tables.ts';

const BEGIN = '<!-- bench: begin -->';
const END = '<!-- bench: end -->';

/**
 * Writes figures, plot and tables; what people have written around the tables stays, and so do the parts that this run
 * did not measure. Returns the files.
 */
export function writeReport(run: Results, folder: string, name: string = 'performance'): string[] {
  mkdirSync(folder, { recursive: true });
  const [json, svg, markdown] = ['json', 'svg', 'md'].map((type) => join(folder, `${name}.${type}`)) as [
    string,
    string,
    string,
  ];
  const results = existsSync(json) ? completed(run, JSON.parse(readFileSync(json, 'utf8')) as Results) : run;
  writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(svg, plotOf(results));
  const old = existsSync(markdown) ? readFileSync(markdown, 'utf8') : `# Performance\n\n${BEGIN}\n${END}\n`;
  writeFileSync(markdown, replaceTables(old, `![CPU of each call](${name}.svg)\n\n${tablesOf(results)}`));
  return [json, svg, markdown];
}

/** Each part is of one run, so what is compared always is. */
function completed(run: Results, old: Results): Results {
  const part = <Item>(own: readonly Item[], kept: readonly Item[]): readonly Item[] =>
    own.length === 0 ? kept : own;
  return {
    ...run,
    calls: part(run.calls, old.calls),
    connect: part(run.connect, old.connect),
    memory: part(run.memory, old.memory),
    packages: part(run.packages, old.packages),
  };
}

/** @throws Error if the page has lost the place for them */
function replaceTables(page: string, tables: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin)
    throw new Error(`the page has no place for the tables: "${BEGIN}" … "${END}"`);
  return `${page.slice(0, begin + BEGIN.length)}\n${tables}\n${page.slice(end)}`;
}
