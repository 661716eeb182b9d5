// Makes a clone ready: installs the dependencies and builds `dist/`, each only when something changed since
// the last time. Plain Node.js without dependencies, because it runs before there are any.
//
//   node scripts/setup.mjs [--no-build] [--force-build]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = [20, 19];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => join(root, ...parts);

const STAMP = at('node_modules', '.signalbox-setup.json');
const LOCK = at('.signalbox-setup.lock');
/** A build is made beside `dist` and moved into place, so that nobody ever runs half of one. */
const STAGING = at('dist.next');
const BUILD_INPUTS = ['src', 'tsconfig.base.json', 'tsconfig.build.json', 'package.json'];

function fail(message, code = 1) {
  process.stderr.write(`setup: ${message}\n`);
  process.exit(code);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  fail(`Signalbox needs Node.js ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`);
}

/** Every file at or below a path of the project, in a stable order. */
function filesOf(path) {
  const info = fs.statSync(at(path), { throwIfNoEntry: false });
  if (info === undefined) return [];
  if (!info.isDirectory()) return [path];
  return fs
    .readdirSync(at(path))
    .sort()
    .flatMap((name) => filesOf(`${path}/${name}`));
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths)
    hash
      .update(`${path}\0`)
      .update(fs.readFileSync(at(path)))
      .update('\0');
  return hash.digest('hex');
}

function readStamp() {
  try {
    return JSON.parse(fs.readFileSync(STAMP, 'utf8'));
  } catch {
    return {}; // no stamp, or one cut short: everything counts as changed
  }
}

const writeStamp = (stamp) => fs.writeFileSync(STAMP, `${JSON.stringify(stamp)}\n`);

const isSource = (path) => !path.endsWith('.test.ts');

function whatToDo({ build, force }) {
  const stamp = readStamp();
  const dependencies = hashOf(filesOf('package-lock.json'));
  const sources = build ? hashOf(BUILD_INPUTS.flatMap(filesOf).filter(isSource)) : undefined;
  const install = stamp.dependencies !== dependencies;
  const rebuild = build && (force || install || stamp.sources !== sources || !fs.existsSync(at('dist')));
  return { stamp, dependencies, sources, install, rebuild };
}

function install() {
  // `npm ci` empties the folder: that of another working copy must not be.
  if (fs.lstatSync(at('node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true)
    fail('node_modules is a link, and would have to be replaced; remove it or install where it leads to.');
  process.stdout.write('setup: installing the dependencies (npm ci); the first time takes a minute\n');
  const windows = process.platform === 'win32';
  const npm = spawnSync(windows ? 'npm.cmd' : 'npm', ['ci', '--include=dev'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: windows,
  });
  if (npm.error !== undefined) fail(`npm could not be started: ${npm.error.message}`);
  if (npm.status !== 0) fail('npm ci failed; its messages stand above.', npm.status ?? 1);
}

function build() {
  if (filesOf('src').length === 0) return fail('there is no src/ to build.');
  const started = performance.now();
  fs.rmSync(STAGING, { recursive: true, force: true });
  const tsc = at('node_modules', 'typescript', 'bin', 'tsc');
  const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', STAGING], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (run.status !== 0) {
    fs.rmSync(STAGING, { recursive: true, force: true });
    fail('the build failed; the messages of tsc stand above.', run.status ?? 1);
  }
  // What is no TypeScript (the dashboard's page) goes along as it is.
  for (const file of filesOf('src').filter((path) => !path.endsWith('.ts'))) {
    const target = join(STAGING, file.slice('src/'.length));
    fs.mkdirSync(dirname(target), { recursive: true });
    fs.copyFileSync(at(file), target);
  }
  const bin = join(STAGING, 'cli', 'main.js');
  if (fs.existsSync(bin)) fs.chmodSync(bin, 0o755);
  fs.rmSync(at('dist'), { recursive: true, force: true });
  fs.renameSync(STAGING, at('dist'));
  process.stdout.write(`setup: built dist/ in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** True when the lock's owner is gone, so that the lock means nothing any more. */
function isStale() {
  try {
    const pid = Number(fs.readFileSync(LOCK, 'utf8'));
    const age = Date.now() - fs.statSync(LOCK).mtimeMs;
    // An empty file is one whose owner has not yet written its id.
    return pid > 0 ? !isAlive(pid) : age > 5_000;
  } catch {
    return false; // just released: try to take it
  }
}

async function takeLock() {
  for (let waited = false; ; ) {
    try {
      fs.writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`cannot write ${LOCK}: ${error.message}`);
    }
    if (isStale()) {
      fs.rmSync(LOCK, { force: true });
      continue;
    }
    if (!waited) process.stdout.write('setup: another setup is at work here; waiting for it\n');
    waited = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

checkNode();
const KNOWN = ['--no-build', '--force-build'];
for (const option of process.argv.slice(2))
  if (!KNOWN.includes(option)) fail(`it does not know ${option}; its options are ${KNOWN.join(', ')}.`);
const options = {
  build: !process.argv.includes('--no-build'),
  force: process.argv.includes('--force-build'),
};
const first = whatToDo(options);
if (first.install || first.rebuild) {
  await takeLock();
  process.on('exit', () => fs.rmSync(LOCK, { force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  const todo = whatToDo(options); // another setup may have done it while this one waited
  if (todo.install) {
    install();
    writeStamp({ dependencies: todo.dependencies });
  }
  if (todo.rebuild) {
    build();
    writeStamp({ dependencies: todo.dependencies, sources: todo.sources });
  }
}
