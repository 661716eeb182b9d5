import type { ResolvedSandbox, SandboxLimits } from '../../../config/sandbox.ts';
import { SignalboxError } from '../../../core/errors.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';
import type { ProcessCommand } from '../process-command.ts';
import { spawnError } from '../spawn-error.ts';
import { findProgram } from './find-program.ts';
import { realPath, sandboxMounts } from './sandbox-mounts.ts';

/** What a sandbox depends on. */
export interface SandboxMachine {
  readonly platform: NodeJS.Platform;
  /** Folders in which `bwrap` and `prlimit` are looked for, like the variable PATH. */
  readonly toolPath: string;
}

/** System folders are looked into even when PATH names none of them. */
const THIS_MACHINE: SandboxMachine = {
  platform: process.platform,
  toolPath: `${process.env['PATH'] ?? ''}:/usr/local/bin:/usr/bin:/bin:/run/current-system/sw/bin`,
};

/** Options of `prlimit` from util-linux. */
const LIMIT_OPTIONS: Readonly<Record<keyof SandboxLimits, string>> = {
  // Not the address space: V8 reserves much more of it than it ever uses.
  memoryBytes: '--data',
  processes: '--nproc',
  openFiles: '--nofile',
  cpuSeconds: '--cpu',
  fileBytes: '--fsize',
};

/**
 * The command that starts another one inside a sandbox: `bwrap … -- [prlimit … --] command args…`, no shell anywhere.
 * The environment stays as it is. The server cannot outlive us there, not even when we are killed.
 *
 * @throws SignalboxError SPAWN_FAILED if this machine cannot do it, or would not show the server what it needs
 */
export function sandboxCommand(
  server: string,
  { command, args, env, cwd: givenCwd }: ProcessCommand,
  sandbox: ResolvedSandbox,
  { platform, toolPath }: SandboxMachine = THIS_MACHINE,
): ProcessCommand {
  const refuse = (what: string): SignalboxError => new SignalboxError('SPAWN_FAILED', what, { server });
  if (platform !== 'linux') {
    throw refuse('a sandbox needs Linux; leave "x-signalbox.sandbox" out on this system');
  }
  const cwd = realPath(givenCwd ?? process.cwd());
  const failed = (code: string): SignalboxError => spawnError({ code }, { server, command, cwd: givenCwd });
  if (cwd === undefined) throw failed('ENOENT');
  const found = findProgram(command, { path: env['PATH'], cwd });
  if (typeof found === 'string') throw failed(found);
  const mounts = sandboxMounts({ sandbox, cwd, env });
  if ('missing' in mounts) {
    throw refuse(
      `the sandbox has a path that does not exist: ${quoted(mounts.missing)}; create or remove it`,
    );
  }
  if (mounts.hides(found.program) || mounts.hides(realPath(found.program) ?? '')) {
    const what = `the sandbox hides the program ${quoted(found.program)}`;
    throw refuse(`${what}; add its folder to "x-signalbox.sandbox.readable"`);
  }
  const tool = (name: string, pack: string): string => {
    const place = findProgram(name, { path: toolPath, cwd: '/' });
    if (typeof place !== 'string') return place.program;
    throw refuse(`the sandbox needs the program "${name}"; install the package "${pack}"`);
  };
  const bwrap = tool('bwrap', 'bubblewrap');
  return {
    command: bwrap,
    args: [
      '--unshare-all',
      ...(sandbox.network ? ['--share-net'] : []),
      '--die-with-parent',
      // Without its own session it could type into our terminal (CVE-2017-5226).
      '--new-session',
      // What makes root more than a user could undo the rest.
      ...['--cap-drop', 'ALL'],
      ...mounts.args,
      ...['--chdir', cwd],
      '--',
      ...limits(sandbox.limits, tool, refuse),
      found.program,
      ...args,
    ],
    env,
    cwd: givenCwd,
  };
}

/** Inside of `bwrap`, so that only the server counts, and not what else this user runs. */
function limits(
  given: SandboxLimits,
  tool: (name: string, pack: string) => string,
  refuse: (what: string) => SignalboxError,
): string[] {
  const options = Object.entries(LIMIT_OPTIONS).flatMap(([name, option]) => {
    const value = given[name as keyof SandboxLimits];
    return value === undefined ? [] : [`${option}=${value}`];
  });
  if (options.length === 0) return [];
  // A limit that would not hold is worse than none: somebody relies on it.
  if (given.processes !== undefined && process.getuid?.() === 0) {
    const what = 'the kernel lets root start any number of processes';
    throw refuse(`${what}; run as another user, or leave "sandbox.limits.processes" out`);
  }
  return [tool('prlimit', 'util-linux'), ...options, '--'];
}

function quoted(text: string): string {
  return JSON.stringify(sanitizePeerText(text));
}
