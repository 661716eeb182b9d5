import { bareRecord } from './bare-record.ts';
import { checkTogether, keysOf, warnOfForeignKeys, warnOfIdleKeys } from './checks/entry-check.ts';
import { Findings, findingText, kindOf } from './checks/findings.ts';
import { checkServerName } from './checks/server-name.ts';
import { transportKind } from './checks/transport-kind.ts';
import { isRecord } from './checks/value-checks.ts';
import type { ServerEntry } from './entry.ts';
import { entryError } from './entry-error.ts';
import { namesOfKinds, problemsOf, type RegisteredKind } from './registered-kind.ts';

/** Options of {@link parseEntry}. */
export interface ParseEntryOptions {
  /**
   * Transport kinds that were registered beside the built-in ones: their names, or what
   * `ClientFactory.registeredTransports` returns, which checks the keys of each kind too. Default: none.
   */
  readonly kinds?: readonly (string | RegisteredKind)[] | undefined;
}

/** An entry that is known to be sound. */
export interface ParsedEntry {
  readonly name: string;
  /** Transport kind: a built-in or registered one, or `auto`: HTTP, then HTTP+SSE where that answers 400, 404 or 405. */
  readonly kind: string;
  /** The entry in its normal form. `parseEntry` accepts it again and changes nothing more. */
  readonly entry: ServerEntry;
  /** What is odd but no fault, one sentence each. */
  readonly warnings: readonly string[];
}

/** One for all entries that are in order. */
const NO_WARNINGS: readonly string[] = Object.freeze([]);

/**
 * Checks one server entry and brings it into its normal form: aliases of types resolved, numbers in `env` and
 * `headers` as text, no `undefined`. `${VAR}` is not expanded here; `loadConfig` does that.
 *
 * @throws SignalboxError `CONFIG_INVALID` with every problem of the entry in `details.problems`.
 */
export function parseEntry(name: string, raw: unknown, options: ParseEntryOptions = {}): ParsedEntry {
  const findings = new Findings();
  const checked = checkEntry(name, raw, options, findings);
  const [first, ...others] = findings.problems;
  if (first !== undefined || checked === undefined) {
    throw entryError(name, [first ?? { path: [], message: 'the entry is not sound' }, ...others]);
  }
  const { kind, entry } = checked;
  const warnings = findings.warnings.length === 0 ? NO_WARNINGS : findings.warnings.map(findingText);
  // No spread: each object that is made by one has a hidden class of its own.
  return { name, kind, entry, warnings };
}

/** {@link parseEntry} for callers that know places in a file: everything found goes into `findings`. */
export function checkEntry(
  name: string,
  raw: unknown,
  { kinds = [] }: ParseEntryOptions,
  findings: Findings,
): Pick<ParsedEntry, 'kind' | 'entry'> | undefined {
  checkServerName(name, findings);
  if (!isRecord(raw)) {
    return findings.problem([], `the entry is ${kindOf(raw)}; write an object with "command" or "url"`);
  }
  const kind = transportKind(raw, namesOfKinds(kinds), findings);
  const keys = keysOf(kind);
  // No prototype: keys come from a file (S20).
  const entry = bareRecord();
  for (const [key, value] of Object.entries(raw)) {
    if (value === undefined) continue;
    if (key === '__proto__') findings.warn([key], 'is ignored: no setting can have this name');
    else entry[key] = Object.hasOwn(keys, key) ? keys[key]?.(value, [key], findings) : value;
  }
  if (kind !== undefined && raw['type'] !== undefined) entry['type'] = kind;
  warnOfForeignKeys(entry, findings);
  warnOfIdleKeys(kind, entry, findings);
  checkTogether(kind, entry, findings);
  if (kind !== undefined) {
    for (const { path, message } of problemsOf(kind, kinds, entry)) findings.problem(path, message);
  }
  return kind === undefined ? undefined : { kind, entry };
}
