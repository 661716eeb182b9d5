import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import main from '../../vitest.config.ts';

const ROOT = join(import.meta.dirname, '../..');
const LEAKS = join(ROOT, 'test/fixtures/leaks');

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

let report: Report;

/** Runs the tests that leak, in a Vitest of their own. */
beforeAll(async () => {
  const args = ['run', '--config', join(LEAKS, 'vitest.config.ts'), '--reporter=json'];
  const stdout = await new Promise<string>((resolve) => {
    // What a Vitest tells its workers by the environment is not meant for this one.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')),
    );
    const program = join(ROOT, 'node_modules/vitest/vitest.mjs');
    execFile(process.execPath, [program, ...args], { cwd: LEAKS, env }, (_, printed) => resolve(printed));
  });
  report = JSON.parse(stdout) as Report;
}, 120_000);

function file(name: string): Report['testResults'][number] {
  return report.testResults.find((result) => result.name.endsWith(name))!;
}

describe('the leak gate', () => {
  it('stands before every test file', () => {
    expect(main.test?.setupFiles).toContain('test/helpers/leak-gate/setup.ts');
  });

  it('lets tests pass that are clean, in a file with something for all of them', () => {
    const tests = file('leaking.leak.ts').assertionResults;
    expect(tests.filter(({ status }) => status === 'passed').map(({ title }) => title)).toEqual(['clean']);
  });

  it.each([
    ['a timer', /setTimeout of 60000 ms, set at .*leaking\.leak\.ts:\d+/u],
    ['an unreferenced interval', /setInterval of 61000 ms, set at .*leaking\.leak\.ts:\d+/u],
    ['a pause that nobody waits for', /a pause of 62000 ms, set at .*leaking\.leak\.ts:\d+/u],
    ['a server', /TCPServerWrap: 1 → 2\n {2}Server listening at .*"port":\d+/u],
    ['a socket', /TCPSocketWrap: 0 → \d\n {2}Socket 127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+/u],
    ['a process', /ProcessWrap: 0 → 1\n(.*\n)*.*process \d+ \(.*63_000/u],
    ['a grandchild', /process \d+ \(sleep 64\)/u],
    ['a listener', /listener of process "SIGUSR2": 0 → 1/u],
  ])('fails a test that leaves %s behind, and says what it is', (title, what) => {
    const test = file('leaking.leak.ts').assertionResults.find((result) => result.title === title);
    expect(test?.status).toBe('failed');
    expect(test?.failureMessages.join('\n')).toMatch(what);
  });

  it('fails a file that leaves behind what it has set up for its tests', () => {
    const { status, message, assertionResults } = file('whole-file.leak.ts');
    expect(assertionResults).toMatchObject([{ title: 'clean', status: 'passed' }]);
    expect(status).toBe('failed');
    expect(message).toMatch(/This test file leaves behind:\n {2}TCPServerWrap: 0 → 1/u);
  });
});
