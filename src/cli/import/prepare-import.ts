import { isRecord } from '../../config/checks/value-checks.ts';
import { checkImported, type ImportCheck } from '../../config/import/check-imported.ts';
import type { ImportedServer } from '../../config/import/imported-server.ts';
import { isNameFor } from '../../config/import/plan-import.ts';
import { type FoundSecret, hideSecrets } from '../../config/import/secrets/hide-secrets.ts';
import { VariableNames } from '../../config/import/secrets/variable-names.ts';
import { settlePaths, type Target } from '../../config/import/settle-paths.ts';
import { variablesOf } from '../../config/import/variables-of.ts';

/** One imported server, ready to be written. */
export interface PreparedServer {
  /** With variables in place of its secrets. */
  readonly server: ImportedServer;
  /** As it stands in the file of its host, secrets in clear. */
  readonly clear: Readonly<Record<string, unknown>>;
  readonly secrets: readonly FoundSecret[];
  readonly check: ImportCheck;
}

/** Everything that is imported, and the file that it goes into, both without secrets. */
export interface PreparedImport {
  readonly servers: readonly PreparedServer[];
  /** The entries of the file, to be compared with. */
  readonly existing: ReadonlyMap<string, unknown>;
}

/** What an import starts from. */
export interface PrepareSource {
  readonly servers: readonly ImportedServer[];
  readonly existing: ReadonlyMap<string, unknown>;
  readonly target: Target;
  /** Values of variables: those of the environment and of the env file. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names that must not be used for anything else, those of the env file. */
  readonly reserved: Iterable<string>;
  /** Is told of every secret before anything is printed. */
  readonly onSecret: (value: string) => void;
}

/** Settles paths, puts variables in the place of secrets, and checks every server. */
export function prepareImport(source: PrepareSource): PreparedImport {
  const settled = source.servers.map((server) => settlePaths(server, source.target));
  const names = new VariableNames(source.env);
  for (const name of source.reserved) names.reserve(name);
  for (const entry of [...source.existing.values(), ...settled.map((one) => one.entry)]) {
    for (const name of variablesOf(entry).keys()) names.reserve(name);
  }
  const existing = new Map<string, unknown>();
  for (const [name, entry] of source.existing) {
    const hidden = isRecord(entry) ? hideSecrets(name, entry, names) : undefined;
    for (const { value } of hidden?.secrets ?? []) source.onSecret(value);
    existing.set(name, hidden?.entry ?? entry);
  }
  const servers = settled.map((one): PreparedServer => {
    const { entry, secrets } = hideSecrets(one.name, one.entry, names, namesOfEarlier(one, existing));
    for (const { value } of secrets) source.onSecret(value);
    const server = { ...one, entry };
    return { server, clear: one.entry, secrets, check: checkImported(server) };
  });
  return { servers, existing };
}

/** The variables of what an earlier import may have made of a server, so that it is recognised. */
function namesOfEarlier({ name, host }: ImportedServer, existing: ReadonlyMap<string, unknown>): Set<string> {
  const found = new Map<string, boolean>();
  for (const [one, entry] of existing) if (isNameFor(one, name, host)) variablesOf(entry, found);
  return new Set(found.keys());
}
