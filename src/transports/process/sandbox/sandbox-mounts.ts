import { realpathSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { resolve, sep } from 'node:path';
import type { ResolvedSandbox } from '../../../config/sandbox.ts';
import type { Environment } from '../environment.ts';

/** What decides about the file system inside. */
export interface MountScope {
  readonly sandbox: ResolvedSandbox;
  /** Working directory of the server; it must exist. */
  readonly cwd: string;
  readonly env: Environment;
}

/** A path of `writable` or `readable` that does not exist. */
export interface MissingPath {
  readonly missing: string;
}

/** The file system inside, as arguments of `bwrap`, and which folders of the real one it does not show. */
export interface SandboxMounts {
  readonly args: readonly string[];
  /** True if what stands at this absolute path outside is not to be seen inside. */
  hides(path: string): boolean;
}

/** Sockets of services stand in `/run`, and a read-only folder does not keep anybody from connecting to one. */
const RUN = '/run';

/** What ordinary programs need of it: names of hosts, and the programs of NixOS. */
const NEEDED_OF_RUN = ['/run/systemd/resolve', '/run/resolvconf', '/run/NetworkManager/resolv.conf'] as const;
const PROGRAMS_OF_RUN = ['/run/current-system', '/run/wrappers'] as const;

/**
 * Everything read-only, over it what is hidden, over that what is shown again: a later mount covers an earlier one.
 * The working directory is always shown, to read; unless it is the hidden home folder itself.
 */
export function sandboxMounts({ sandbox, cwd, env }: MountScope): SandboxMounts | MissingPath {
  const hidden = new Set([RUN]);
  if (sandbox.tmp === 'private') addFolders(hidden, ['/tmp', '/var/tmp', env['TMPDIR']]);
  if (sandbox.home === 'hidden') addFolders(hidden, [homeOf(userInfo), homeOf(homedir), env['HOME']]);
  const args = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'];
  // The shorter first, lest a folder cover one within it.
  for (const folder of [...hidden].toSorted((a, b) => a.length - b.length)) args.push('--tmpfs', folder);
  for (const path of [...PROGRAMS_OF_RUN, ...(sandbox.network ? NEEDED_OF_RUN : [])]) {
    args.push('--ro-bind-try', path, path);
  }
  const shown: string[] = [];
  const isWithin = (path: string, folders: Iterable<string>): boolean =>
    [...folders].some((folder) => path === folder || path.startsWith(`${folder}${sep}`));
  if (isWithin(cwd, hidden) && !hidden.has(cwd)) {
    args.push('--ro-bind', cwd, cwd);
    shown.push(cwd);
  }
  for (const [option, paths] of [
    ['--ro-bind', sandbox.readable],
    ['--bind', sandbox.writable],
  ] as const) {
    for (const path of paths) {
      const real = realPath(resolve(cwd, path));
      if (real === undefined) return { missing: path };
      args.push(option, real, real);
      shown.push(real);
    }
  }
  return { args, hides: (path) => isWithin(path, hidden) && !isWithin(path, shown) };
}

/** A link must not be covered in place of what it leads to, and `/` not at all. */
function addFolders(set: Set<string>, paths: readonly (string | undefined)[]): void {
  for (const path of paths) {
    const real = path?.startsWith('/') === true ? realPath(path) : undefined;
    if (real !== undefined && real !== '/' && statSync(real).isDirectory()) set.add(real);
  }
}

function homeOf(ask: () => string | { readonly homedir: string }): string | undefined {
  try {
    const answer = ask();
    return typeof answer === 'string' ? answer : answer.homedir;
  } catch {
    return undefined; // a user whom the system does not know
  }
}

/** The path without links; undefined if it does not exist. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
