/** A program that comes from a registry at each start. */
export interface StartedPackage {
  /** What fetches it: `npx`, `uvx`, `docker`. */
  readonly runner: string;
  readonly kind: 'npm' | 'python' | 'image';
  /** Package or image, as it was asked for. */
  readonly spec: string;
  /** Whether it is the same each time. */
  readonly isPinned: boolean;
}

/** Runners of npm packages, with the words that may stand before the package. */
const NPM_RUNNERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['npx', []],
  ['bunx', []],
  ['pnpx', []],
  ['npm', ['exec', 'x']],
  ['pnpm', ['dlx']],
  ['yarn', ['dlx']],
  ['bun', ['x']],
]);
const CONTAINER_RUNNERS: ReadonlySet<string> = new Set(['docker', 'podman', 'nerdctl']);

/** Options that take no value; all others of `docker run` do. */
const CONTAINER_FLAGS: ReadonlySet<string> = new Set([
  ...['--rm', '--init', '--privileged', '--read-only', '--interactive', '--tty', '--detach', '--quiet'],
  ...['--publish-all', '--no-healthcheck', '--oom-kill-disable', '--sig-proxy'],
]);

/** What a command fetches and runs; undefined for a program that is simply there. */
export function startedPackage(command: string, args: readonly string[]): StartedPackage | undefined {
  const name = programName(command);
  // On Windows, `npx` is a script: it is written behind `cmd /c`.
  if (name === 'cmd' && /^\/c$/iu.test(args[0] ?? '')) return startedPackage(args[1] ?? '', args.slice(2));
  const verbs = NPM_RUNNERS.get(name);
  if (verbs !== undefined) return npmPackage(name, verbs, args);
  if (name === 'uvx') return pythonPackage('uvx', args);
  if (name === 'uv' && args[0] === 'tool' && args[1] === 'run')
    return pythonPackage('uv tool run', args.slice(2));
  if (name === 'pipx' && args[0] === 'run') return pythonPackage('pipx run', args.slice(1));
  return CONTAINER_RUNNERS.has(name) ? image(name, args) : undefined;
}

/** `npx` of `C:\…\npx.cmd`. */
export function programName(command: string): string {
  return (command.split(/[/\\]/u).at(-1) ?? '').toLowerCase().replace(/\.(?:exe|cmd|bat|ps1)$/u, '');
}

function npmPackage(
  runner: string,
  verbs: readonly string[],
  args: readonly string[],
): StartedPackage | undefined {
  if (verbs.length > 0 && !verbs.includes(args[0] ?? '')) return undefined;
  const spec = firstPackage(verbs.length > 0 ? args.slice(1) : args, ['-p', '--package'], ['-c', '--call']);
  if (spec === undefined) return undefined;
  const isLocal = /^(?:\.{0,2}\/|[a-z]:\\|file:)/iu.test(spec);
  const isCommit = /#[\da-f]{40}$/u.test(spec);
  return {
    runner,
    kind: 'npm',
    spec,
    isPinned: isLocal || isCommit || /.@\d+\.\d+\.\d+[\w.+-]*$/u.test(spec),
  };
}

function pythonPackage(runner: string, args: readonly string[]): StartedPackage | undefined {
  const valued = ['--with', '--python', '-p', '--index', '--index-url'];
  const spec = firstPackage(args, ['--from', '--spec'], valued);
  if (spec === undefined) return undefined;
  const isLocal = /^(?:\.{0,2}\/|file:)/u.test(spec);
  const isCommit = /@[\da-f]{40}$/u.test(spec);
  return {
    runner,
    kind: 'python',
    spec,
    isPinned: isLocal || isCommit || /.(?:==|@)\d[\w.+!-]*$/u.test(spec),
  };
}

/** The value of an option that names the package, else the first word that is neither option nor value. */
function firstPackage(
  args: readonly string[],
  naming: readonly string[],
  valued: readonly string[],
): string | undefined {
  for (let index = 0; index < args.length; index++) {
    const [option = '', value] = (args[index] ?? '').split(/=(.*)/su, 2);
    if (!option.startsWith('-')) return args[index];
    if (naming.includes(option)) return value ?? args[index + 1];
    if (valued.includes(option) && value === undefined) index++;
  }
  return undefined;
}

function image(runner: string, args: readonly string[]): StartedPackage | undefined {
  const verb = args.findIndex((word) => word === 'run' || word === 'create');
  if (verb < 0) return undefined;
  for (let index = verb + 1; index < args.length; index++) {
    const word = args[index] ?? '';
    if (!word.startsWith('-')) return { runner, kind: 'image', spec: word, isPinned: isPinnedImage(word) };
    if (takesNext(word)) index++;
  }
  return undefined;
}

/** Whether the value of an option of `docker run` is the next word: not in `--env=A`, `-eA`, `-it`. */
function takesNext(option: string): boolean {
  if (option.startsWith('--')) return !option.includes('=') && !CONTAINER_FLAGS.has(option);
  const valued = option.slice(1).search(/[^itdPq]/u);
  return valued >= 0 && valued === option.length - 2;
}

/** A digest, or a tag other than `latest`. The port of a registry is no tag. */
function isPinnedImage(spec: string): boolean {
  if (spec.includes('@sha256:')) return true;
  const tag = /:([\w.-]+)$/u.exec(spec)?.[1];
  return tag !== undefined && tag !== 'latest';
}
