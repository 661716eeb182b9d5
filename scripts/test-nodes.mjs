// Runs the test suite on other releases of Node.js, taken as packages from the npm registry into a cache
// below node_modules. `dist/` must be current (scripts/setup.mjs).
//
//   node scripts/test-nodes.mjs [release ...] [-- vitest arguments]     without releases: 22 and 24
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, 'node_modules', '.cache', 'nodes');
const windows = process.platform === 'win32';
const packageName = `node-${windows ? 'win' : process.platform}-${process.arch}`;

/** The folder that holds the `node` of a release, installed there when it is not yet. */
function nodeOf(release) {
  const home = join(cache, release);
  const bin = join(home, 'node_modules', packageName, 'bin');
  const node = join(bin, windows ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    process.stdout.write(`test-nodes: installing ${packageName}@${release}\n`);
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
    const args = [
      'install',
      '--prefix',
      home,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `${packageName}@${release}`,
    ];
    const npm = spawnSync(windows ? 'npm.cmd' : 'npm', args, {
      cwd: home,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: windows,
    });
    if (npm.status !== 0 || !existsSync(node))
      throw new Error(`${packageName}@${release} could not be installed`);
  }
  return { bin, node };
}

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
