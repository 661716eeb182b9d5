// Runs the test suite on other releases of Node.js, taken as packages from the npm registry into a cache
// below node_modules. `dist/` must be current (scripts/setup.mjs).
//
//   node scripts/test-nodes.mjs [release ...] [-- vitest arguments]     without releases: 22 and 24
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheOf, nodeOf } from './node-release.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = cacheOf('nodes');

function testOn(release, vitestArgs) {
  const { bin, node } = nodeOf(release);
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const report = join(cache, `vitest-${release}.json`);
  rmSync(report, { force: true });
  process.stdout.write(`test-nodes: Node.js ${version}\n`);
  const started = performance.now();
  const run = spawnSync(
    node,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...vitestArgs,
    ],
    // Programs that the tests start as `node` must be of this release too.
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
    },
  );
  const counted = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  return {
    'Node.js': version,
    passed: counted.numPassedTests ?? 0,
    failed: counted.numFailedTests ?? 0,
    skipped: counted.numPendingTests ?? 0,
    seconds: Math.round((performance.now() - started) / 1000),
    result: run.status === 0 ? 'ok' : 'FAILED',
  };
}

const args = process.argv.slice(2);
const split = args.indexOf('--');
const releases = split < 0 ? args : args.slice(0, split);
const vitestArgs = split < 0 ? [] : args.slice(split + 1);
const rows = (releases.length > 0 ? releases : ['22', '24']).map((release) => {
  try {
    return testOn(release, vitestArgs);
  } catch (error) {
    return { 'Node.js': release, passed: 0, failed: 0, skipped: 0, seconds: 0, result: error.message };
  }
});
console.table(rows);
process.exitCode = rows.every((row) => row.result === 'ok') ? 0 : 1;
