// `npm run bench`: measures Signalbox beside the official clients and the floor. `--help` tells the options. What is
// measured is `dist/`, which must be current (scripts/setup.mjs); the command itself runs from the sources. With
// `--node RELEASE` it runs on that release, with rivals that need a newer one, all of them fetched once.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheOf, installInto, nodeOf } from './node-release.mjs';

const args = process.argv.slice(2);
const at = args.indexOf('--node');

if (at === -1) {
  const { register } = await import('tsx/esm/api');
  register();
  const { main } = await import('../bench/main.ts');
  process.exitCode = await main(args);
} else if (!/^\d+(?:\.\d+){0,2}$/u.test(args[at + 1] ?? '')) {
  process.stderr.write('bench: --node takes a release of Node.js, like 24\n');
  process.exitCode = 1;
} else {
  process.exitCode = runOn(args[at + 1], args.toSpliced(at, 2));
}

function runOn(release, rest) {
  const { node } = nodeOf(release);
  const rivals = join(cacheOf('signalbox'), 'rivals');
  const wanted = JSON.parse(readFileSync(new URL('../bench/rivals.json', import.meta.url), 'utf8'));
  const isThere = ([name, version]) => {
    const file = join(rivals, 'node_modules', name, 'package.json');
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === version;
  };
  if (!Object.entries(wanted).every(isThere)) {
    installInto(
      rivals,
      Object.entries(wanted).map(([name, version]) => `${name}@${version}`),
    );
  }
  const env = { ...process.env, SIGNALBOX_BENCH_RIVALS: rivals };
  const run = spawnSync(node, [fileURLToPath(import.meta.url), ...rest], { stdio: 'inherit', env });
  return run.status ?? 1;
}
