import { createHash } from 'node:crypto';
import type { ServerEntry } from '../../../config/entry.ts';
import { resolveSandbox } from '../../../config/sandbox.ts';
import { codeLoadingVariables } from '../code-loading.ts';

/** What is started of an entry: the server itself, or what stands behind its `url`. */
interface Started {
  readonly command?: string | undefined;
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
}

/**
 * A hash of all that decides what runs, where and as what (S04): command, arguments, working directory, names of the
 * environment variables, address, sandbox. Values of variables are left out, or each new token would ask for consent;
 * except of those that make a program load code.
 *
 * @param entry as `parseEntry` or `loadConfig` returns it
 */
export function launchHash(entry: ServerEntry): string {
  const own = entry['x-signalbox'] ?? {};
  const { launch } = own;
  const facts = [
    entry.url ?? null,
    factsOf(entry),
    entry.envFile ?? null,
    launch === undefined ? null : [factsOf(launch), launch.port ?? null],
    sandboxFacts(own.sandbox, launch !== undefined),
  ];
  // The version comes first: should more belong to it one day, nothing old matches by accident.
  return `1-${createHash('sha256').update(JSON.stringify(facts)).digest('hex')}`;
}

function factsOf({ command, args = [], env = {}, cwd }: Started): unknown {
  const loading = codeLoadingVariables(env).toSorted();
  return [
    command ?? null,
    args,
    cwd ?? null,
    Object.keys(env).toSorted(),
    loading.map((name) => [name, env[name]]),
  ];
}

/** With its defaults filled in: `true` and `{}` are the same sandbox. */
function sandboxFacts(given: Parameters<typeof resolveSandbox>[0], isLaunched: boolean): unknown {
  const sandbox = resolveSandbox(given, isLaunched);
  if (sandbox === undefined) return null;
  const { writable, readable, network, tmp, home, limits } = sandbox;
  const bounds = Object.entries(limits).filter(([, value]) => value !== undefined);
  return [writable, readable, network, tmp, home, bounds.toSorted(([a], [b]) => (a < b ? -1 : 1))];
}
