import type { ServerEntry } from '../../../config/entry.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';
import { codeLoadingVariables } from '../code-loading.ts';
import { programName, type StartedPackage, startedPackage } from './started-package.ts';

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'zsh', 'fish', 'powershell', 'pwsh']);

/** Longest name that a warning quotes, in characters. */
const MAX_QUOTED = 80;

/** Packages that come from a repository, where only a commit stays what it is. */
const REPOSITORY = /^(?:git\+|github:|gitlab:|bitbucket:|https?:)/u;

/**
 * What is risky about how a server is started, one sentence each; empty where nothing is, and for a server that is not
 * started here. It is a matter of taste, not a fault: nothing is refused because of it (S02, S26).
 *
 * @example lintLaunch({ command: 'npx', args: ['-y', 'some-server'] }) // ['npx fetches whatever version …']
 */
export function lintLaunch(entry: ServerEntry): readonly string[] {
  const { launch } = entry['x-signalbox'] ?? {};
  return [entry, launch].flatMap((started) =>
    started?.command === undefined
      ? []
      : [...packageWarnings(started.command, started.args ?? []), ...codeWarnings(started.env ?? {})],
  );
}

function packageWarnings(command: string, args: readonly string[]): string[] {
  const name = programName(command);
  if (SHELLS.has(name) && args.some((word) => /^-\w*c$|^-command$/iu.test(word))) {
    return [
      `${name} reads its argument as a script, in which any text can become a command; start the program itself`,
    ];
  }
  const found = startedPackage(command, args);
  if (found === undefined || found.isPinned) return [];
  const spec = sanitizePeerText(found.spec, MAX_QUOTED);
  const bare = spec.replace(/(?<=.)(?:[@:]latest|@[\^~*].*)$/u, '');
  const pinned = `${bare}${pin(found)}`;
  return [
    `${found.runner} fetches whatever "${spec}" is at each start, and runs it; name a version, like "${pinned}"`,
  ];
}

/** What to put behind the name, in the language of each registry. */
function pin({ kind, spec }: StartedPackage): string {
  if (kind === 'image') return ':1.2.3';
  if (REPOSITORY.test(spec)) return kind === 'npm' ? '#<commit>' : '@<commit>';
  return kind === 'npm' ? '@1.2.3' : '==1.2.3';
}

function codeWarnings(env: Readonly<Record<string, string>>): string[] {
  return codeLoadingVariables(env).map((name) => `the variable ${name} makes the program load foreign code`);
}
