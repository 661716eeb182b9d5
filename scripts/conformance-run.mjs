// One run of the official suite: one scenario, one revision, one client, judged strictly. The suite's own
// verdict is not enough: it lets a client pass that makes no check at all, and ends with 0 when it skips.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packageDir = join(root, 'node_modules', '@modelcontextprotocol', 'conformance');
const PRELOAD = './scripts/conformance-node20.mjs';
/** What the suite itself may need beyond the client's time before it counts as hung. */
const SUITE_GRACE_MS = 10_000;
const MAX_OUTPUT = 8_000;

const isWindows = process.platform === 'win32';
const active = new Set();

export async function suiteVersion() {
  return JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')).version;
}

/** Ends the suite and the client below it: of a client that timed out, the suite ends the shell only. */
function killTree(child) {
  try {
    if (isWindows) child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

export function killAll() {
  for (const child of active) killTree(child);
}

function startSuite(args, limitMs) {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ['--import', PRELOAD, join(packageDir, 'dist', 'index.js'), 'client', ...args],
      {
        cwd: root, // the suite splits the command at spaces, so paths in it must be relative
        detached: !isWindows, // its own process group, for killTree
        stdio: ['ignore', 'pipe', 'pipe'],
        // A command that starts with `node` means the Node that runs this script.
        env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` },
      },
    );
    active.add(child);
    let output = '';
    let hung = false;
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const timer = setTimeout(() => {
      hung = true;
      killTree(child);
    }, limitMs);
    const settle = (exitCode, note = '') => {
      if (!active.delete(child)) return;
      clearTimeout(timer);
      if (child.pid !== undefined) killTree(child);
      const lines = stripVTControlCharacters(`${output}\n${note}`).split('\n');
      resolve({
        exitCode,
        hung,
        output: lines.filter((line) => !line.startsWith('Results saved to ')).join('\n'),
      });
    };
    child.on('error', (error) => settle(-1, String(error)));
    child.on('exit', (code, signal) => {
      const end = () => settle(code ?? -1, signal === null ? '' : `the suite was ended by ${signal}`);
      child.on('close', end);
      setTimeout(end, 1000); // a client left behind holds the pipes open, and 'close' never comes
    });
  });
}

/** The checks of a run, or undefined when the suite wrote none. */
async function readChecks(folder) {
  const names = await readdir(folder, { recursive: true });
  const name = names.find((path) => path.endsWith('checks.json'));
  return name === undefined ? undefined : JSON.parse(await readFile(join(folder, name), 'utf8'));
}

const describe = ({ id, name, description, errorMessage }) => ({
  id,
  name,
  message: errorMessage ?? description,
});

function problemsOf({ exitCode, hung, output }, checks, { minimum, timeoutMs }) {
  const problems = [];
  if (hung) problems.push(`the client, or the suite, did not end within ${timeoutMs + SUITE_GRACE_MS} ms`);
  else if (output.includes(`Client timed out after ${timeoutMs}ms`)) {
    problems.push(`the client timed out after ${timeoutMs} ms`);
  } else if (exitCode !== 0) {
    const client = /^Client exited with code (-?\d+)/m.exec(output);
    problems.push(
      client ? `the client ended with code ${client[1]}` : `the suite ended with code ${exitCode}`,
    );
  }
  if (checks === undefined) {
    problems.push(
      /^SKIPPED: /m.test(output)
        ? 'the suite does not have this scenario at this revision'
        : 'the suite made no checks',
    );
    return problems;
  }
  const passed = checks.filter((check) => check.status === 'SUCCESS').length;
  if (passed < minimum) problems.push(`${passed} checks passed, at least ${minimum} must`);
  for (const check of checks) {
    if (check.status !== 'FAILURE' && check.status !== 'WARNING') continue;
    const { id, name, message } = describe(check);
    problems.push(`${check.status === 'FAILURE' ? 'failed' : 'warning'}: ${id} (${name}): ${message}`);
  }
  return problems;
}

/**
 * Runs one scenario and resolves with what came of it; `problems` is empty when the client passed.
 * `minimum` is the number of checks that must have passed (at least 1); `force` runs a scenario of an extension,
 * which belongs to no revision.
 */
export async function runScenario({ scenario, version, minimum = 1, force = false }, { command, timeoutMs }) {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-conformance-'));
  const started = performance.now();
  try {
    const args = ['--command', command, '--scenario', scenario, '--spec-version', version];
    if (force) args.push('--force');
    const run = await startSuite(
      [...args, '--timeout', String(timeoutMs), '--output-dir', folder],
      timeoutMs + SUITE_GRACE_MS,
    );
    const checks = await readChecks(folder);
    const withStatus = (status) => (checks ?? []).filter((check) => check.status === status);
    const problems = problemsOf(run, checks, { minimum: Math.max(1, minimum), timeoutMs });
    return {
      scenario,
      version,
      passed: withStatus('SUCCESS').length,
      failed: withStatus('FAILURE').map(describe),
      warnings: withStatus('WARNING').map(describe),
      skipped: withStatus('SKIPPED').length,
      exitCode: run.exitCode,
      durationMs: Math.round(performance.now() - started),
      problems,
      output: problems.length === 0 ? '' : run.output.slice(-MAX_OUTPUT),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
