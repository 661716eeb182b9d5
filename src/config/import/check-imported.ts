import { type Finding, Findings, findingText, type KeyPath, keyText } from '../checks/findings.ts';
import { isRecord } from '../checks/value-checks.ts';
import { expandEntry } from '../expand.ts';
import { checkEntry } from '../parse-entry.ts';
import type { ImportedServer } from './imported-server.ts';
import { usableName } from './plan-import.ts';
import { variablesOf } from './variables-of.ts';

/** What the check of an imported entry found: each a sentence with file and line. */
export interface ImportCheck {
  /** Why it cannot be used. Empty: it can. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Holds an imported entry against what Signalbox accepts. Values with variables in them are known only when it is used, so
 * they are not looked at.
 */
export function checkImported(server: ImportedServer): ImportCheck {
  const { entry, place } = server;
  const name = usableName(server.name);
  const findings = new Findings();
  const env = Object.fromEntries([...variablesOf(entry).keys()].map((variable) => [variable, '1']));
  const { entry: expanded } = expandEntry(entry, { env, workspaceFolder: '/', userHome: '/' }, findings);
  const expansions = findings.problems.length;
  checkEntry(name, expanded, {}, findings);
  const problems = findings.problems.filter(
    ({ path }, index) => index < expansions || !hasPlaceholder(entry, path),
  );
  return {
    problems: problems.map((finding) => placed(server, finding)),
    warnings: [
      ...(name === server.name
        ? []
        : [`${place.file}:${place.line}: its name is changed, so that everybody can see it`]),
      ...findings.warnings
        .filter(({ path }) => !hasPlaceholder(entry, path))
        .map((finding) => placed(server, finding)),
    ],
  };
}

function hasPlaceholder(entry: unknown, path: KeyPath): boolean {
  let value = entry;
  for (const part of path) {
    if (Array.isArray(value) && typeof part === 'number') value = value[part];
    else value = isRecord(value) ? value[part] : undefined;
  }
  return path.length > 0 && typeof value === 'string' && value.includes('${');
}

/** With the place in the file of the host, and the key as it is called there. */
function placed({ place, values }: ImportedServer, finding: Finding): string {
  const { path } = finding;
  const origin =
    values.find((one) => keyText(one.path) === keyText(path)) ??
    values.find((one) => path.every((part, index) => one.path[index] === part) && path.length > 0);
  const theirs = origin === undefined ? '' : keyText(origin.from);
  const called = theirs === '' || theirs === keyText(path) ? '' : ` (there: "${theirs}")`;
  return `${place.file}:${origin?.line ?? place.line}: ${findingText(finding)}${called}`;
}
