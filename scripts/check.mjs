// The only gate, the same on every machine: each step in order, one line each, and the full output of a step
// that fails. `dist/` must be current (scripts/setup.mjs).
//
//   node scripts/check.mjs [step ...]     without steps: all of them
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const report = join(modules, '.cache', 'signalbox', 'vitest.json');

const STEPS = [
  {
    name: 'format',
    bin: ['@biomejs', 'biome', 'bin', 'biome'],
    args: ['ci', '--colors=off', '.'],
    cure: 'npm run format',
  },
  { name: 'lint', bin: ['oxlint', 'bin', 'oxlint'], args: ['--type-aware', '--deny-warnings'] },
  { name: 'typecheck', bin: ['typescript', 'bin', 'tsc'], args: ['-p', 'tsconfig.json'] },
  {
    name: 'test',
    bin: ['vitest', 'vitest.mjs'],
    args: ['run', '--coverage', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    live: true,
  },
  { name: 'knip', bin: ['knip', 'bin', 'knip.js'], args: ['--no-progress'] },
  { name: 'publint', bin: ['publint', 'src', 'cli.js'], args: ['--strict'] },
  {
    name: 'attw',
    bin: ['@arethetypeswrong', 'cli', 'dist', 'index.js'],
    args: ['--pack', '.', '--profile', 'esm-only'],
  },
];

function run({ bin, args, live = false }) {
  return new Promise((resolve) => {
    const output = [];
    const child = spawn(process.execPath, [join(modules, ...bin), ...args], {
      cwd: root,
      env: live ? process.env : { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
    });
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => resolve({ code: 1, output: String(error) }));
    child.on('close', (code, signal) => {
      const ended = signal === null ? '' : `\nended by ${signal}\n`;
      resolve({ code: code ?? 1, output: Buffer.concat(output).toString('utf8') + ended });
    });
  });
}

/** What Vitest counted, or undefined when it did not come to its end. */
function counts() {
  if (!existsSync(report)) return undefined;
  const {
    numPassedTests,
    numFailedTests,
    numPendingTests = 0,
    numTodoTests = 0,
  } = JSON.parse(readFileSync(report, 'utf8'));
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  const names = STEPS.map((step) => step.name).join(', ');
  process.stderr.write(`check: no step is called ${unknown.join(', ')}; the steps are ${names}.\n`);
  process.exit(2);
}

mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });
const failed = [];
let testsRan = false;
for (const step of STEPS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  if (step.live) process.stdout.write(`check: ${step.name} ...\n`);
  if (step.name === 'test')
    spawnSync(process.execPath, [join(root, 'scripts', 'install-test-tools.mjs')], { stdio: 'inherit' });
  const started = performance.now();
  const { code, output } = await run(step);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(
    `check: ${step.name.padEnd(10)} ${code === 0 ? 'ok    ' : 'FAILED'} ${seconds.padStart(6)} s\n`,
  );
  testsRan ||= step.name === 'test';
  if (code === 0) continue;
  failed.push(step.name);
  process.stdout.write(`${output}\n`);
  if (step.cure !== undefined) process.stdout.write(`check: \`${step.cure}\` may put this right\n`);
}

if (failed.length > 0) process.stdout.write(`check: failed: ${failed.join(', ')}\n`);
if (testsRan) {
  const count = counts();
  if (count === undefined) process.stdout.write('check: Vitest ended without a report\n');
  else {
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`);
  }
}
process.exitCode = failed.length > 0 ? 1 : 0;
