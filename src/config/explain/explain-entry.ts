import { type KeyPath, keyText } from '../checks/findings.ts';
import { SIGNALBOX_KEYS } from '../checks/settings-check.ts';
import { isRecord } from '../checks/value-checks.ts';
import type { ServerEntry } from '../entry.ts';
import type { FilePlace } from '../entry-error.ts';
import { placeholdersIn } from '../import/secrets/placeholders-in.ts';
import { resolveSettings } from '../settings.ts';

/** A placeholder in a value, and where what stands for it comes from. */
export interface ExplainedVariable {
  readonly name: string;
  readonly from: 'environment' | 'env file' | 'default' | 'unset';
}

/** One value of an entry, and where it comes from. */
export interface ExplainedValue {
  /** `env.TOKEN`, `args[0]`, `x-signalbox.timeouts.connect`. */
  readonly key: string;
  /** What counts; where the entry cannot be used, what is written. It may hold secrets. */
  readonly value: unknown;
  readonly from: 'file' | 'env file' | 'default';
  /** Where it is written; undefined for defaults. */
  readonly place?: FilePlace;
  /** What is written, if placeholders stand in it. */
  readonly written?: string;
  readonly variables: readonly ExplainedVariable[];
  /** Why it is what it is, where that is not obvious. */
  readonly why?: string;
}

/** What an explanation starts from. */
export interface ExplainSource {
  /** The entry as it is written. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** The entry as it is used: expanded, with absolute paths and the content of its env file. Undefined: it cannot be. */
  readonly entry: ServerEntry | undefined;
  /** Place of a key of the server in the config file. */
  readonly place: (path: KeyPath) => FilePlace;
  /** Where a placeholder's variable comes from. */
  readonly variable: (name: string, hasDefault: boolean) => ExplainedVariable['from'];
  /** The place of a variable of the entry's `envFile`. */
  readonly envFilePlace: (name: string) => FilePlace | undefined;
}

/** Each value of an entry with its origin: first what is written, then what comes from its env file, then the defaults. */
export function explainEntry(source: ExplainSource): ExplainedValue[] {
  const { raw, entry } = source;
  const written = leavesOf(raw, []).map(([path, value]) => writtenValue(source, path, value));
  if (entry === undefined) return written;
  return [...written, ...fromEnvFile(source, entry), ...implied(raw, entry), ...defaults(source, entry)];
}

function writtenValue(source: ExplainSource, path: KeyPath, value: unknown): ExplainedValue {
  const placeholders = typeof value === 'string' ? placeholdersIn(value) : [];
  const variables = placeholders.flatMap(({ name, fallback }) =>
    name === undefined ? [] : [{ name, from: source.variable(name, fallback !== undefined) }],
  );
  const used = at(source.entry, path) ?? value;
  const isPath = path[0] === 'cwd' || path[0] === 'envFile';
  return {
    key: keyText(path),
    value: used,
    from: 'file',
    place: source.place(path),
    variables,
    ...(placeholders.length === 0 ? {} : { written: String(value) }),
    ...(isPath && placeholders.length === 0 && used !== value
      ? { why: 'relative to the folder of the file' }
      : {}),
  };
}

/** Variables that stand in the env file only: those of `env` win over it. */
function fromEnvFile({ raw, envFilePlace }: ExplainSource, entry: ServerEntry): ExplainedValue[] {
  if (raw['envFile'] === undefined) return [];
  const own = isRecord(raw['env']) ? raw['env'] : {};
  return Object.entries(entry.env ?? {}).flatMap(([name, value]) => {
    if (Object.hasOwn(own, name)) return [];
    const place = envFilePlace(name);
    const key = keyText(['env', name]);
    return [
      { key, value, from: 'env file' as const, variables: [], ...(place === undefined ? {} : { place }) },
    ];
  });
}

/** What follows from the rest of the entry. */
function implied(raw: Readonly<Record<string, unknown>>, entry: ServerEntry): ExplainedValue[] {
  const values: ExplainedValue[] = [];
  const add = (key: string, value: unknown, why: string): void =>
    void values.push({ key, value, from: 'default', variables: [], why });
  if (raw['type'] === undefined) {
    if (entry.command !== undefined) add('type', 'stdio', 'as there is "command"');
    else if (entry.url !== undefined) add('type', 'http, then sse', 'as there is "url" without "type"');
  }
  if (raw['cwd'] === undefined && entry.cwd !== undefined) add('cwd', entry.cwd, 'the folder of the file');
  if (raw['disabled'] === undefined) add('disabled', false, '');
  return values;
}

/** Groups of settings that mean something for some servers only. */
const FOR_ADDRESSES = /^(?:http|auth)(?:\.|$)/u;
const FOR_PROCESSES = /^(?:stop|framing|sandbox)(?:\.|$)/u;
const FOR_REST = /^(?:rest|openapi)(?:\.|$)/u;
const FOR_SSE = /^dialect$/u;

/** The settings that nobody has written. */
function defaults({ raw }: ExplainSource, entry: ServerEntry): ExplainedValue[] {
  const settings = resolveSettings(entry);
  const isProcess = entry.command !== undefined || settings.launch !== undefined;
  return SIGNALBOX_KEYS.flatMap((key): ExplainedValue[] => {
    const path = key.split('.');
    const value = at(settings, path);
    const isIdle =
      (isProcess ? entry.url === undefined && FOR_ADDRESSES.test(key) : FOR_PROCESSES.test(key)) ||
      (entry.type !== 'rest' && FOR_REST.test(key)) ||
      (entry.type !== 'sse' && FOR_SSE.test(key));
    if (value === undefined || isRecord(value) || isIdle || isWritten(raw['x-signalbox'], path)) return [];
    const isTimeout = key === 'timeouts.request' && entry.timeout !== undefined;
    const shown = value === Number.POSITIVE_INFINITY ? false : value;
    const why = isTimeout ? { why: 'as "timeout" says' } : {};
    return [{ key: keyText(['x-signalbox', ...path]), value: shown, from: 'default', variables: [], ...why }];
  });
}

/** True if a key is there, or a group that holds it is switched off. */
function isWritten(own: unknown, path: readonly string[]): boolean {
  let value = own;
  for (const part of path) {
    if (!isRecord(value)) return value !== undefined;
    value = value[part];
  }
  return value !== undefined;
}

function leavesOf(value: unknown, path: KeyPath): (readonly [KeyPath, unknown])[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.flatMap((item: unknown, index) => leavesOf(item, [...path, index]));
  }
  if (isRecord(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
  }
  return [[path, value]];
}

function at(value: unknown, path: KeyPath): unknown {
  let inner = value;
  for (const part of path) {
    if (Array.isArray(inner) && typeof part === 'number') inner = inner[part];
    else inner = isRecord(inner) ? inner[part] : undefined;
  }
  return inner;
}
