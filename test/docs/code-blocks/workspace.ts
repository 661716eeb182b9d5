import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './doc-pages.ts';

/** The packages with a program that documentation starts by `npx`. */
const SERVERS = ['everything', 'filesystem', 'memory'].map((name) => `@modelcontextprotocol/server-${name}`);

/** One of them, in the version that is installed. */
function npxCase(name: string): string {
  const folder = join(ROOT, 'node_modules', name);
  const { bin, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
    version: string;
  };
  const program = join(folder, Object.values(bin)[0] ?? '');
  return `${name}|${name}@${version}) shift; exec "${process.execPath}" "${program}" "$@" ;;`;
}

/** `npx` without a registry: the packages of the project, and Signalbox from the folder it was installed in. */
const NPX = `
[ "$1" = -y ] && shift
case "$1" in
signalbox)
  shift
  if [ -e node_modules/signalbox ]; then at=node_modules/signalbox; else at="${ROOT}"; fi
  exec "${process.execPath}" "$at/dist/cli/main.js" "$@" ;;
${SERVERS.map(npxCase).join('\n')}
*) echo "npx: $1 is not among the packages that documentation is tried with" >&2; exit 1 ;;
esac`;

/** A folder in which programs find `signalbox` as an installed package, and the packages that it is tested with. */
export function makeWorkspace(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-docs-'));
  const modules = join(folder, 'node_modules');
  for (const path of ['node_modules', 'bin', 'home', 'tmp', 'src']) mkdirSync(join(folder, path));
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  symlinkSync(ROOT, join(modules, 'signalbox'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "docs", "private": true, "type": "module" }\n');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.base.json'),
      compilerOptions: { rootDir: 'src', outDir: 'out', declaration: false, noUncheckedIndexedAccess: false },
      include: ['src'],
    }),
  );
  for (const [name, script] of [
    ['npx', NPX],
    ['signalbox', `exec "${process.execPath}" "${ROOT}/dist/cli/main.js" "$@"`],
  ] as const) {
    const path = join(folder, 'bin', name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }
  return folder;
}

/** The folder of one program, with the files of its page in it. */
export function makeRunFolder(
  workspace: string,
  name: string,
  files: ReadonlyMap<string, string>,
  copied?: string,
): string {
  const folder = join(workspace, 'run', name);
  mkdirSync(folder, { recursive: true });
  if (copied !== undefined) cpSync(join(ROOT, copied), folder, { recursive: true });
  cpSync(join(ROOT, 'examples', 'demo', 'files'), join(folder, 'notes'), { recursive: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** The environment of a reader who has installed Signalbox; nothing of this machine's own. */
export function readersEnvironment(workspace: string): Record<string, string> {
  return {
    PATH: [join(workspace, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
    HOME: join(workspace, 'home'),
    TMPDIR: join(workspace, 'tmp'),
    NO_COLOR: '1',
    LANG: 'C.UTF-8',
  };
}
