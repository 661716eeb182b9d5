import type { ServerEntry } from '../../config/entry.ts';
import { parseEntry } from '../../config/parse-entry.ts';
import type { SignalboxError } from '../../core/errors.ts';
import { canonicalJson } from '../../wire/canonical-json.ts';
import { asSignalboxError } from '../fleet/connect-server.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';

/** What is wanted of a registry. */
export interface WantedServers {
  readonly servers: ReadonlyMap<string, ServerEntry>;
  /** Servers that are wanted and whose entries cannot be used. */
  readonly failed: ReadonlyMap<string, SignalboxError>;
  /** Transport kinds that an entry may name. */
  readonly kinds: readonly string[];
}

/** One thing to do so that a registry becomes what is wanted. */
export type PlannedStep =
  | { readonly change: 'added' | 'changed'; readonly name: string; readonly entry: ServerEntry }
  | { readonly change: 'removed' | 'unchanged'; readonly name: string }
  | { readonly change: 'invalid'; readonly name: string; readonly error: SignalboxError };

/** The difference between who is registered and who is wanted: in the order of what is wanted, those to go at the end. */
export function planServers(directory: ServerDirectory, wanted: WantedServers): PlannedStep[] {
  const steps = new Map<string, PlannedStep>();
  for (const [name, entry] of wanted.servers)
    steps.set(name, planServer(directory, name, entry, wanted.kinds));
  for (const [name, error] of wanted.failed) steps.set(name, { change: 'invalid', name, error });
  for (const { name } of directory.all()) if (!steps.has(name)) steps.set(name, { change: 'removed', name });
  return [...steps.values()];
}

function planServer(
  directory: ServerDirectory,
  name: string,
  raw: ServerEntry,
  kinds: readonly string[],
): PlannedStep {
  const present = directory.get(name);
  try {
    const { entry } = parseEntry(name, raw, { kinds });
    if (present === undefined) return { change: 'added', name, entry };
    return isSameEntry(present.entry, entry)
      ? { change: 'unchanged', name }
      : { change: 'changed', name, entry };
  } catch (error) {
    return { change: 'invalid', name, error: asSignalboxError(error, name) };
  }
}

/** Whether two entries in their normal form say the same, in whatever order. */
function isSameEntry(one: ServerEntry, other: ServerEntry): boolean {
  return spelled(one) === spelled(other);
}

/** JSON drops what is undefined, which means the same as what is not there. */
function spelled(entry: ServerEntry): string {
  return canonicalJson(JSON.parse(JSON.stringify(entry)));
}
