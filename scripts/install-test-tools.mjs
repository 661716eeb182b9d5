// Installs what some tests need and a fresh machine lacks, where this is root on Debian or Ubuntu: bubblewrap for the
// sandbox, Chromium for logins; and, anywhere, the REST service of examples/openapi. Silent when it is there; never fails:
// tests without their tool are skipped, and say so.
//
//   node scripts/install-test-tools.mjs
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const MINUTES = 60_000;

const TOOLS = [
  { command: 'bwrap', name: 'bubblewrap', tests: 'the tests of the sandbox' },
  // Ubuntu has it as a snap only, which a container cannot run.
  { command: 'chromium', name: 'chromium', tests: 'the tests of a login in a browser' },
];

const runs = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

function apt(...args) {
  const { status, error, stderr } = spawnSync('apt-get', args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: 5 * MINUTES,
  });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim().split('\n').at(-1) ?? `apt-get ended with ${status}`;
}

function install(name) {
  const args = ['install', '-y', '--no-install-recommends', name];
  // The lists of a fresh container are empty or old: only then they are fetched, which takes a while.
  return apt(...args) === undefined ? undefined : (apt('update') ?? apt(...args));
}

for (const { command, name, tests } of process.platform === 'linux' ? TOOLS : []) {
  if (runs(command, ['--version'])) continue;
  const can = process.getuid() === 0 && runs('apt-get', ['--version']);
  const fault = can ? install(name) : `install the package "${name}"`;
  const word = fault === undefined ? `installed ${name}` : `${tests} are skipped: ${fault}`;
  process.stdout.write(`test tools: ${word}\n`);
}

const example = join(import.meta.dirname, '../examples/openapi');
if (!existsSync(join(example, 'node_modules/@loopback/example-todo'))) {
  const { status, error } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: example,
    stdio: 'ignore',
    timeout: 5 * MINUTES,
    shell: process.platform === 'win32',
  });
  const fault = status === 0 ? undefined : (error?.message ?? `npm ended with ${status}`);
  const word =
    fault === undefined ? 'installed the service of examples/openapi' : `its tests are skipped: ${fault}`;
  process.stdout.write(`test tools: ${word}\n`);
}
