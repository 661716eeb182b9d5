// Other releases of Node.js, taken as packages from the npm registry into a cache below node_modules.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === 'win32';
const packageName = `node-${windows ? 'win' : process.platform}-${process.arch}`;

/** Where the cache of a tool is. */
export const cacheOf = (name) => join(root, 'node_modules', '.cache', name);

/** Installs packages into a folder of their own. @throws Error if npm cannot */
export function installInto(home, packages) {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--prefix', home, '--ignore-scripts', '--no-audit', '--no-fund', ...packages];
  const npm = spawnSync(windows ? 'npm.cmd' : 'npm', args, {
    cwd: home,
    // What it prints must not mix with the results of whoever asked for it.
    stdio: ['ignore', 2, 'inherit'],
    shell: windows,
  });
  if (npm.status !== 0) throw new Error(`${packages.join(', ')} could not be installed`);
}

/** The folder that holds the `node` of a release, installed there when it is not yet. */
export function nodeOf(release) {
  const home = join(cacheOf('nodes'), release);
  const bin = join(home, 'node_modules', packageName, 'bin');
  const node = join(bin, windows ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    process.stderr.write(`installing ${packageName}@${release}\n`);
    installInto(home, [`${packageName}@${release}`]);
    if (!existsSync(node)) throw new Error(`${packageName}@${release} holds no Node.js`);
  }
  return { bin, node };
}
