// The built client against the official conformance suite. See README.md in this folder.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

interface Run {
  readonly scenario: string;
  readonly version: string;
  /** Left to `npm run conformance`: all runs together take longer than all other tests. */
  readonly full?: boolean;
}

interface RunResult extends Run {
  readonly ok: boolean;
  readonly verdict: string;
  readonly problems: readonly string[];
  readonly output: string;
}

interface Report {
  readonly results: readonly RunResult[];
  readonly stale: readonly Run[];
}

const TIME_FOR_ALL_MS = 180_000;
const root = fileURLToPath(new URL('../../', import.meta.url));
const list = JSON.parse(readFileSync(new URL('scenarios.json', import.meta.url), 'utf8')) as Run[];
const failures = JSON.parse(
  readFileSync(new URL('expected-failures.json', import.meta.url), 'utf8'),
) as Run[];
const runs = list.filter(({ full }) => full !== true);

/** Starts the runner as everybody does. It ends with 1 when a run is not as expected; the report says which. */
function runSuite(): Promise<Report> {
  return new Promise((resolve, reject) => {
    const options = { cwd: root, timeout: TIME_FOR_ALL_MS, maxBuffer: 16 * 1024 * 1024 };
    execFile(
      process.execPath,
      ['scripts/conformance.mjs', '--quick', '--json'],
      options,
      (error, stdout, stderr) => {
        if (stdout === '')
          reject(new Error(`the runner made no report: ${stderr || (error?.message ?? '')}`));
        else resolve(JSON.parse(stdout) as Report);
      },
    );
  });
}

describe('official conformance suite', () => {
  let report: Report;

  beforeAll(async () => {
    report = await runSuite();
  }, TIME_FOR_ALL_MS);

  it.each(runs)('$scenario at $version ends as expected', ({ scenario, version }) => {
    const result = report.results.find((one) => one.scenario === scenario && one.version === version);
    const story = [`${scenario} at ${version}: ${result?.verdict ?? 'not run'}`];
    if (result !== undefined) story.push(...result.problems, result.output);
    expect(result?.ok, story.join('\n')).toBe(true);
  });

  it('expects failures of authorization only', () => {
    expect(failures.filter(({ scenario }) => !scenario.startsWith('auth/'))).toEqual([]);
  });

  it('has no expected failure that names no run', () => {
    expect(report.stale).toEqual([]);
  });
});
