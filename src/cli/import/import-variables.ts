import { keyText } from '../../config/checks/findings.ts';
import { variablesOf } from '../../config/import/variables-of.ts';
import type { PreparedServer } from './prepare-import.ts';

/** A variable that the written servers need, or may use. Its value is told nowhere. */
export interface ImportVariable {
  readonly name: string;
  readonly servers: readonly string[];
  /** `differs`: it is set, to something else than what stood in the file of the host. */
  readonly state: 'set' | 'differs' | 'unset' | 'in the env file';
  /** Whether every place that uses it has a default. */
  readonly isOptional: boolean;
  /** What belongs into it. */
  readonly hint: string | undefined;
}

/** Where values of variables come from. */
export interface VariableScope {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Those that the env file holds, or is about to. */
  readonly envFile: ReadonlySet<string>;
}

/** The variables of all servers, by name. */
export function importVariables(
  servers: readonly PreparedServer[],
  { env, envFile }: VariableScope,
): ImportVariable[] {
  const found = new Map<
    string,
    { servers: Set<string>; isOptional: boolean; hint?: string | undefined; value?: string | undefined }
  >();
  for (const { server, secrets } of servers) {
    for (const [name, isOptional] of variablesOf(server.entry)) {
      const known = found.get(name) ?? { servers: new Set(), isOptional: true };
      known.servers.add(server.name);
      known.isOptional &&= isOptional;
      known.hint ??= server.hints.get(name);
      found.set(name, known);
    }
    for (const { name, value, path } of secrets) {
      const known = found.get(name);
      if (known === undefined) continue;
      known.value = value;
      known.hint ??= `stood in clear in ${server.place.file}:${lineOf(server, keyText(path))}`;
    }
  }
  return [...found].map(([name, { servers: users, isOptional, hint, value }]) => ({
    name,
    servers: [...users],
    state: stateOf(name, value, env, envFile),
    isOptional,
    hint,
  }));
}

function stateOf(
  name: string,
  value: string | undefined,
  env: VariableScope['env'],
  envFile: ReadonlySet<string>,
): ImportVariable['state'] {
  const present = Object.hasOwn(env, name) ? env[name] : undefined;
  if (present === undefined) return envFile.has(name) ? 'in the env file' : 'unset';
  return value !== undefined && value !== present ? 'differs' : 'set';
}

function lineOf({ values, place }: PreparedServer['server'], path: string): number {
  return values.find((one) => keyText(one.path) === path)?.line ?? place.line;
}
