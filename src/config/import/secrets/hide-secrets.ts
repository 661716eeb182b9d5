import type { KeyPath } from '../../checks/findings.ts';
import { isRecord } from '../../checks/value-checks.ts';
import { reference, variableName } from '../expansion/translate.ts';
import { placeholdersIn, unescaped } from './placeholders-in.ts';
import { addressSecrets, credentialsIn, isSecretSlot, type Range } from './secret-forms.ts';
import type { VariableNames } from './variable-names.ts';

type Entry = Readonly<Record<string, unknown>>;

/** A secret that stood in an entry in clear. */
export interface FoundSecret {
  /** The variable that stands in its place. */
  readonly name: string;
  readonly value: string;
  readonly path: KeyPath;
}

/** An entry without secrets. */
export interface HiddenEntry {
  readonly entry: Entry;
  readonly secrets: readonly FoundSecret[];
}

/** Keys whose values are names, numbers or switches, and hold no placeholders. */
const PLAIN_KEYS: ReadonlySet<string> = new Set([
  'type',
  'disabled',
  'timeout',
  'enabledTools',
  'disabledTools',
  'alwaysAllow',
]);
const OAUTH_SECRETS: ReadonlySet<string> = new Set([
  'clientSecret',
  'client_secret',
  'privateKey',
  'assertion',
  'idToken',
  'password',
  'passphrase',
  'token',
]);
const SCHEME = /^(?:Bearer|Basic|Token|ApiKey|Api-Key|Digest|Key)\s+/iu;

/**
 * Puts variables in the place of everything in an entry that looks like a secret. The entry itself stays as it is.
 * @param own names of variables that may be used although they are in use: see {@link VariableNames}
 */
export function hideSecrets(
  server: string,
  entry: Entry,
  names: VariableNames,
  own?: ReadonlySet<string>,
): HiddenEntry {
  const hider = new Hider(server, names, own);
  return { entry: hider.record(entry, []), secrets: hider.secrets };
}

class Hider {
  readonly secrets: FoundSecret[] = [];
  readonly #server: string;
  readonly #names: VariableNames;
  readonly #own: ReadonlySet<string> | undefined;

  constructor(server: string, names: VariableNames, own: ReadonlySet<string> | undefined) {
    this.#server = server;
    this.#names = names;
    this.#own = own;
  }

  record(record: Entry, path: KeyPath): Entry {
    const copy = Object.create(null) as Record<string, unknown>;
    for (const [key, value] of Object.entries(record)) {
      const isPlain = path.length === 0 && PLAIN_KEYS.has(key);
      copy[key] = isPlain ? value : this.#value(value, key, [...path, key]);
    }
    return copy;
  }

  #value(value: unknown, label: string, path: KeyPath): unknown {
    if (typeof value === 'string') return this.#text(value, label, path);
    if (isRecord(value)) return this.record(value, path);
    if (!Array.isArray(value)) return value;
    return value.map((item: unknown, index) => {
      const before: unknown = index === 0 ? undefined : value[index - 1];
      // `--api-key abc`: the flag says what the next argument is.
      const flag = typeof before === 'string' && /^--?[A-Za-z][\w.-]*$/u.test(before) ? before : undefined;
      return this.#value(item, flag ?? label, [...path, index]);
    });
  }

  #text(text: string, label: string, path: KeyPath): string {
    const cuts: { range: Range; label: string; name?: string }[] = [];
    const placeholders = placeholdersIn(text);
    for (const { range, name, fallback } of placeholders) {
      if (name === undefined || fallback === undefined) continue;
      if (
        isSecretSlot(name, fallback) ||
        isSecretSlot(label, fallback) ||
        credentialsIn(fallback).length > 0
      ) {
        cuts.push({ range, label, name });
      }
    }
    for (const range of this.#wholes(text, label, path))
      cuts.push({ range, label: labelOf(text, label, range) });
    cuts.push(...addressSecrets(text));
    for (const range of credentialsIn(text)) cuts.push({ range, label: labelOf(text, label, range) });
    let result = '';
    let from = 0;
    for (const cut of cuts.toSorted(byPlace)) {
      const [start, end] = cut.range;
      const isTaken =
        start < from || (cut.name === undefined && placeholders.some((one) => overlap(one.range, cut.range)));
      if (isTaken) continue;
      result += text.slice(from, start) + this.#hidden(text.slice(start, end), cut, path);
      from = end;
    }
    return result + text.slice(from);
  }

  #hidden(piece: string, { label, name }: { label: string; name?: string }, path: KeyPath): string {
    const value = name === undefined ? unescaped(piece) : (placeholdersIn(piece)[0]?.fallback ?? '');
    const variable = this.#names.nameFor(value, this.#wanted(label, path, name), this.#own);
    this.secrets.push({ name: variable, value, path });
    return reference(variable);
  }

  /** What a variable would best be called: by itself, then with its server. */
  #wanted(label: string, path: KeyPath, name: string | undefined): string[] {
    const own = name ?? (/^authorization$/iu.test(label) ? 'token' : label.replace(/^-+|^x-/giu, ''));
    const isVariable = name !== undefined || path[0] === 'env' || /^[A-Z][A-Z\d_]+$/u.test(own);
    const withServer = joined(variableName(this.#server), variableName(own));
    return isVariable ? [own, withServer] : [withServer];
  }

  /** Texts that are secret as a whole, because of what they are called. */
  #wholes(text: string, label: string, path: KeyPath): Range[] {
    const isOauth =
      (path[0] === 'oauth' || path[1] === 'auth' || path[1] === 'http') && OAUTH_SECRETS.has(label);
    const starts: [name: string, start: number][] = [[label, 0]];
    // `--token=abc`, `-e TOKEN=abc`, `Authorization: Bearer abc`
    const pair = /^(?<name>-{0,2}[A-Za-z][\w.-]*)(?<between>=|:\s*)(?!\/\/)(?=.)/su.exec(text);
    if (pair?.groups !== undefined) starts.push([pair.groups['name'] ?? '', pair[0].length]);
    const ranges: Range[] = [];
    for (const [name, from] of starts) {
      const start = from + (SCHEME.exec(text.slice(from))?.[0].length ?? 0);
      const value = text.slice(start);
      if (!(isOauth || isSecretSlot(name, value)) || /^-{1,2}[A-Za-z]/u.test(value)) continue;
      if (placeholdersIn(value).length === 0) ranges.push([start, text.length]);
      else ranges.push(...longPieces(text, start));
    }
    return ranges;
  }
}

/** `FIGMA` and `FIGMA_API_KEY` are not joined to `FIGMA_FIGMA_API_KEY`. */
function joined(server: string, own: string): string {
  if (own === server || own.startsWith(`${server}_`)) return own;
  return server.endsWith(`_${own}`) ? server : `${server}_${own}`;
}

/** Around placeholders: what is too long to be nothing but a word. */
function longPieces(text: string, start: number): Range[] {
  const ranges: Range[] = [];
  let from = start;
  for (const { range } of [...placeholdersIn(text), { range: [text.length, text.length] as Range }]) {
    const piece = text.slice(from, range[0]);
    for (const match of piece.matchAll(/[\w+/=~.-]{8,}/gu)) {
      ranges.push([from + match.index, from + match.index + match[0].length]);
    }
    from = Math.max(from, range[1]);
  }
  return ranges;
}

/** Of `--token=abc` the name is `--token`, whatever the text stands under. */
function labelOf(text: string, label: string, [start]: Range): string {
  const name = /(-{0,2}[A-Za-z][\w.-]*)(?:=|:\s*)(?:Bearer\s+|Basic\s+)?$/iu.exec(text.slice(0, start))?.[1];
  if (name !== undefined && !/^https?$/iu.test(name)) return name;
  return label === 'args' || label === 'command' || label === 'url' ? 'secret' : label;
}

function byPlace(one: { readonly range: Range }, other: { readonly range: Range }): number {
  return one.range[0] - other.range[0] || other.range[1] - one.range[1];
}

function overlap([start, end]: Range, [otherStart, otherEnd]: Range): boolean {
  return start < otherEnd && otherStart < end;
}
