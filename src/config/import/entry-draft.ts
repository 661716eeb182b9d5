import { type KeyPath, keyText, kindOf } from '../checks/findings.ts';
import { isRecord } from '../checks/value-checks.ts';
import type { SourceDocument } from './documents/source-document.ts';
import type { Expansion } from './expansion/translate.ts';
import type { ImportedServer, ImportNote, ValueOrigin } from './imported-server.ts';

/** What a draft is made from. */
export interface DraftSource {
  readonly host: string;
  readonly name: string;
  readonly document: SourceDocument;
  /** Where the server stands in the document. */
  readonly path: KeyPath;
  readonly raw: Readonly<Record<string, unknown>>;
  readonly folder: string | undefined;
  readonly expansion: Expansion;
}

/** How a value is taken over. */
export interface MoveOptions {
  /** Said of each value that is taken over. */
  readonly change?: string | undefined;
  /** Makes another value of it; what it cannot read it returns as it is, for the check of the entry to refuse. */
  readonly convert?: (value: unknown) => unknown;
}

/** Longest value of a key that a note may hold together, in keys. */
const MAX_NAMED = 12;

/** An entry in the making: what was read of the host's one, where it came from, and what is still to be told. */
export class EntryDraft {
  readonly source: DraftSource;
  readonly entry: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  readonly #values: ValueOrigin[] = [];
  readonly #notes: ImportNote[] = [];
  readonly #hints: Map<string, string> = new Map();
  readonly #read: Set<string> = new Set();

  constructor(source: DraftSource) {
    this.source = source;
  }

  /** The value of a key of the host, which counts as read then. Null is taken for absent. */
  get(key: string): unknown {
    this.#read.add(key);
    return this.source.raw[key] ?? undefined;
  }

  has(key: string): boolean {
    return (this.source.raw[key] ?? undefined) !== undefined;
  }

  /** Takes a value over with its placeholders translated. False if there is none. */
  move(key: string, to: string | KeyPath = key, { change, convert }: MoveOptions = {}): boolean {
    const value = this.get(key);
    if (value === undefined) return false;
    const path = typeof to === 'string' ? [to] : to;
    const renamed = keyText(path) === key ? undefined : `"${keyText([key])}" → "${keyText(path)}"`;
    this.put(path, convert === undefined ? value : convert(value), [key], change ?? renamed);
    return true;
  }

  /** Puts a value into the entry; its placeholders are still those of the host. */
  put(path: KeyPath, value: unknown, from: KeyPath, change?: string): void {
    this.#place(path, this.#translated(value, path, from, change));
  }

  /** Puts a value of ours into the entry, in our own syntax. */
  set(path: KeyPath, value: unknown, from: KeyPath, change?: string): void {
    this.#record(path, from, change === undefined ? [] : [change]);
    this.#place(path, value);
  }

  note(from: KeyPath, message: string): void {
    this.#notes.push({ from, line: this.#line(from), message });
  }

  /** Says what belongs into a variable. */
  hint(variable: string, text: string): void {
    this.#hints.set(variable, text);
  }

  /** Takes in what was read of a group of the host's entry by a draft of its own. */
  adopt(inner: EntryDraft, at: KeyPath): void {
    const { entry, values, notes } = inner.finish();
    for (const [key, value] of Object.entries(entry)) {
      const before = this.entry[key];
      this.entry[key] = isRecord(before) && isRecord(value) ? { ...before, ...value } : value;
    }
    this.#values.push(...values.map((one) => ({ ...one, from: [...at, ...one.from] })));
    this.#notes.push(...notes.map((one) => ({ ...one, from: [...at, ...one.from] })));
  }

  /** What has been read. Keys that nobody asked for have no counterpart, and are told of. */
  finish(): ImportedServer {
    const { host, name, document, path, raw, folder } = this.source;
    const left = Object.keys(raw).filter(
      (key) => !this.#read.has(key) && (raw[key] ?? undefined) !== undefined,
    );
    const named = left.slice(0, MAX_NAMED).map((key) => `"${keyText([key])}"`);
    if (named.length > 0) {
      const more = left.length > MAX_NAMED ? ` and ${left.length - MAX_NAMED} more` : '';
      const first = left[0] ?? '';
      this.note([first], `left out, as nothing here corresponds to it: ${named.join(', ')}${more}`);
    }
    const { file } = document;
    const place = { file, ...document.place(path) };
    const { entry } = this;
    return { host, name, place, folder, entry, values: this.#values, notes: this.#notes, hints: this.#hints };
  }

  #translated(value: unknown, path: KeyPath, from: KeyPath, change: string | undefined): unknown {
    if (Array.isArray(value)) {
      return value.map((item: unknown, index) =>
        this.#translated(item, [...path, index], [...from, index], change),
      );
    }
    if (isRecord(value)) {
      const copy = Object.create(null) as Record<string, unknown>;
      for (const [key, inner] of Object.entries(value)) {
        if (key === '__proto__') this.note([...from, key], 'is ignored: no setting can have this name');
        else copy[key] = this.#translated(inner, [...path, key], [...from, key], change);
      }
      return copy;
    }
    const changes = change === undefined ? [] : [change];
    if (typeof value !== 'string') {
      this.#record(path, from, changes);
      return value;
    }
    const { text, changes: more, notes, variables } = this.source.expansion(value);
    for (const note of notes) this.note(from, note);
    for (const { name, hint } of variables) if (hint !== undefined) this.hint(name, hint);
    this.#record(path, from, [...changes, ...more]);
    return text;
  }

  #record(path: KeyPath, from: KeyPath, changes: readonly string[]): void {
    const line = this.#line(from);
    this.#values.push({ path, from, line, ...(changes.length === 0 ? {} : { change: changes.join('; ') }) });
  }

  #place(path: KeyPath, value: unknown): void {
    let holder = this.entry as Record<string | number, unknown>;
    for (const [index, part] of path.slice(0, -1).entries()) {
      const inner = holder[part];
      const made: unknown = typeof path[index + 1] === 'number' ? [] : Object.create(null);
      const next: unknown = typeof inner === 'object' && inner !== null ? inner : made;
      holder[part] = next;
      holder = next as Record<string | number, unknown>;
    }
    holder[path.at(-1) ?? ''] = value;
  }

  #line(from: KeyPath): number {
    const { document, path } = this.source;
    return document.place([...path, ...from]).line;
  }
}

/** A number of seconds as milliseconds; anything else as it is. */
export function secondsToMs(value: unknown): unknown {
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(1, Math.round(value * 1000)) : value;
}

/** A list of text, or what is wrong with a value that should be one. */
export function textsOf(value: unknown): readonly string[] | string {
  if (!Array.isArray(value)) return `is ${kindOf(value)}; a list of text is expected`;
  return value.every((item): item is string => typeof item === 'string')
    ? value
    : 'is a list that holds something else than text';
}
