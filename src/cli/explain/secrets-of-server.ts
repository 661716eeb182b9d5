import { isRecord } from '../../config/checks/value-checks.ts';
import type { ServerEntry } from '../../config/entry.ts';
import { hideSecrets } from '../../config/import/secrets/hide-secrets.ts';
import { VariableNames } from '../../config/import/secrets/variable-names.ts';
import { variablesOf } from '../../config/import/variables-of.ts';
import { isSecret, secretsOf } from '../../config/secrets.ts';

/** Groups of an entry whose values may all be secrets. */
const SECRET_GROUPS = ['env', 'headers', 'oauth'];
const MAX_DEPTH = 8;

/** What must not be shown of one entry: what it holds itself, and what its variables stand for. */
export function secretsOfServer(
  name: string,
  raw: Readonly<Record<string, unknown>>,
  entry: ServerEntry | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Set<string> {
  const found = new Set<string>();
  // Variables first, so that of `Bearer ${KEY}` the scheme is still to be seen.
  for (const variable of variablesOf(raw).keys()) {
    const value = Object.hasOwn(env, variable) ? env[variable] : undefined;
    if (value !== undefined && isSecret(variable, value)) found.add(value);
  }
  for (const secret of secretsOfRaw(name, raw)) found.add(secret);
  for (const secret of entry === undefined ? [] : secretsOf(entry)) found.add(secret);
  // An entry that came out of its variables may hold what only its names show to be secret.
  for (const secret of entry === undefined ? [] : secretsOfRaw(name, entry)) found.add(secret);
  return found;
}

/**
 * What must not be shown of an entry as it is written, whether or not it can be used: secrets by their name or form
 * anywhere, and all but the plainest values where secrets usually stand.
 */
function secretsOfRaw(name: string, raw: Readonly<Record<string, unknown>>): Set<string> {
  const found = new Set(hideSecrets(name, raw, new VariableNames({})).secrets.map(({ value }) => value));
  const own = raw['x-signalbox'];
  const groups = [...SECRET_GROUPS.map((key) => raw[key])];
  if (isRecord(own)) groups.push(own['auth'], isRecord(own['launch']) ? own['launch']['env'] : undefined);
  for (const group of groups) collect(group, '', found, 0);
  return found;
}

function collect(value: unknown, label: string, found: Set<string>, depth: number): void {
  if (depth > MAX_DEPTH || /^(?:scopes?|type|grant|clientId|issuer)$/u.test(label)) return;
  if (typeof value === 'string') {
    if (!value.includes('${') && isSecret(label, value)) found.add(value);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, label, found, depth + 1);
  } else if (isRecord(value)) {
    for (const [key, inner] of Object.entries(value)) collect(inner, key, found, depth + 1);
  }
}
