import { sanitizePeerText } from '../core/peer-text.ts';
import type { Findings, KeyPath } from './checks/findings.ts';
import { isRecord } from './checks/value-checks.ts';
import { isSecret } from './secrets.ts';

/** What placeholders stand for. */
export interface ExpansionScope {
  /** Variables for `${VAR}` and `${env:VAR}`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `${workspaceFolder}`. */
  readonly workspaceFolder: string;
  /** `${userHome}`; undefined where nobody knows it. */
  readonly userHome: string | undefined;
  /** Whether a variable that is not set is warned of and left as it stands. Default `false`: it is a problem. */
  readonly lenient?: boolean | undefined;
}

/** An entry with its placeholders filled in. */
export interface ExpandedEntry {
  readonly entry: Readonly<Record<string, unknown>>;
  /** Values of variables that went into it, for the redaction of logs. */
  readonly secrets: ReadonlySet<string>;
}

/** `VAR`, `VAR:-default`, `env:VAR`, `env:VAR:-default`. */
const VARIABLE = /^(?:env:([^:=]+)|([A-Za-z_]\w*))(?::-([^]*))?$/u;
/** Longest placeholder that a message quotes, in characters. */
const MAX_QUOTED = 60;

/**
 * Fills in the placeholders of one entry: once, from left to right, never in what came out of a variable or a default
 * (S03), and only in `command`, `args`, the values of `env` and `headers`, `url`, `cwd`, `envFile`, `oauth`, in
 * `command`, `args`, `env`, `cwd` of `x-signalbox.launch`, in `proxy`, `tls` of `x-signalbox.http`, in `x-signalbox.auth`, in `writable`,
 * `readable` of `x-signalbox.sandbox`, and in `document`, `server` of `x-signalbox.openapi`, which may be its document alone. Values of a wrong type stay for `parseEntry` to refuse.
 */
export function expandEntry(
  raw: Readonly<Record<string, unknown>>,
  scope: ExpansionScope,
  findings: Findings,
): ExpandedEntry {
  const secrets = new Set<string>();
  const fill = (value: unknown, at: KeyPath): unknown => {
    if (typeof value === 'string') return expandText(value, at, scope, findings, secrets);
    if (Array.isArray(value)) return value.map((item: unknown, index) => fill(item, [...at, index]));
    if (!isRecord(value)) return value;
    return replaced(value, ALL, (inner, key) => fill(inner, [...at, key]));
  };
  const own = (value: unknown): unknown => {
    if (!isRecord(value)) return value;
    return replaced(value, new Set(OWN_SLOTS.keys()), (group, name) => {
      if (isRecord(group)) {
        return replaced(group, OWN_SLOTS.get(name), (inner, key) => fill(inner, ['x-signalbox', name, key]));
      }
      return name === 'openapi' ? fill(group, ['x-signalbox', name]) : group;
    });
  };
  const filled = replaced(raw, SLOTS, (value, key) => fill(value, [key]));
  return { entry: replaced(filled, new Set(['x-signalbox']), own), secrets };
}

const PROCESS_SLOTS: ReadonlySet<string> = new Set(['command', 'args', 'env', 'cwd']);
const SLOTS: ReadonlySet<string> = new Set([...PROCESS_SLOTS, 'envFile', 'url', 'headers', 'oauth']);
/** The same within groups of `x-signalbox`. */
const OWN_SLOTS: ReadonlyMap<string, ReadonlySet<string> | undefined> = new Map<
  string,
  ReadonlySet<string> | undefined
>([
  ['launch', PROCESS_SLOTS],
  ['auth', undefined],
  ['http', new Set(['proxy', 'tls'])],
  ['sandbox', new Set(['writable', 'readable'])],
  ['openapi', new Set(['document', 'server'])],
]);
const ALL = undefined;

/** A copy without prototype in which the values under some keys, or under all, are others. */
function replaced(
  record: Readonly<Record<string, unknown>>,
  keys: ReadonlySet<string> | undefined,
  change: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of Object.entries(record))
    copy[key] = keys === undefined || keys.has(key) ? change(value, key) : value;
  return copy;
}

/** Every placeholder is looked for from where the one before it ended, so the cost is linear in the text. */
function expandText(
  text: string,
  at: KeyPath,
  scope: ExpansionScope,
  findings: Findings,
  secrets: Set<string>,
): string {
  const told = new Set<string>();
  const filled: string[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf('${', from);
    if (start < 0) break;
    if (start > from && text[start - 1] === '$') {
      filled.push(text.slice(from, start - 1), '${');
      from = start + 2;
      continue;
    }
    const end = text.indexOf('}', start);
    if (end < 0) {
      findings.problem(at, 'has a "${" without "}"; write "$${" for a plain "${"');
      break;
    }
    const whole = text.slice(start, end + 1);
    const { value, problem, warning, secret } = valueOf(whole, scope);
    if (secret === true && value !== undefined) secrets.add(value);
    if (problem !== undefined && !told.has(whole)) findings.problem(at, problem);
    if (warning !== undefined && !told.has(whole)) findings.warn(at, warning);
    told.add(whole);
    filled.push(text.slice(from, start), value ?? whole);
    from = end + 1;
  }
  filled.push(text.slice(from));
  return filled.join('');
}

/** What a placeholder stands for, or why it stays as it is. */
interface PlaceholderValue {
  readonly value?: string;
  readonly secret?: boolean;
  readonly problem?: string;
  readonly warning?: string;
}

function valueOf(whole: string, scope: ExpansionScope): PlaceholderValue {
  const content = whole.slice(2, -1);
  if (content === 'workspaceFolder') return { value: scope.workspaceFolder };
  if (content === 'userHome' && scope.userHome !== undefined) return { value: scope.userHome };
  const quoted = sanitizePeerText(whole, MAX_QUOTED);
  const [matched, named, plain, fallback] = VARIABLE.exec(content) ?? [];
  if (matched === undefined) return { problem: unreadable(content, quoted) };
  if (fallback?.includes('${') === true) {
    return { problem: `has a placeholder within the default of ${quoted}; defaults are plain text` };
  }
  const name = named ?? plain ?? '';
  const value = Object.hasOwn(scope.env, name) ? scope.env[name] : undefined;
  if (value !== undefined) return { value, secret: isSecret(name, value) };
  if (fallback !== undefined) return { value: fallback };
  const shownName = sanitizePeerText(name, MAX_QUOTED);
  const unset = `needs the variable ${shownName}, which is not set`;
  if (scope.lenient === true) return { warning: `${unset}; ${quoted} stays as it is` };
  const example = `\${${named === undefined ? '' : 'env:'}${shownName}:-…}`;
  return { problem: `${unset}; set it, or write a default: ${example}` };
}

function unreadable(content: string, quoted: string): string {
  if (content.startsWith('input:')) {
    return `has ${quoted}, which asks a person; write a variable instead: \${VAR}`;
  }
  return `has ${quoted}, which is no placeholder; write \${VAR} or \${VAR:-default}, or "$\${" for a plain "\${"`;
}
