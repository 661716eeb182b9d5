import { type KeyPath, keyText, kindOf } from '../checks/findings.ts';
import { isRecord } from '../checks/value-checks.ts';
import { fileError } from '../file/file-error.ts';
import type { SourceDocument } from './documents/source-document.ts';
import { EntryDraft } from './entry-draft.ts';
import type { Expansion } from './expansion/translate.ts';
import type { ReadContext } from './host.ts';
import type { HostReading, ImportedServer, ImportNote } from './imported-server.ts';

/** The value at a path; undefined if something on the way is no object. */
export function valueAt(document: SourceDocument, path: KeyPath): unknown {
  let value: unknown = document.value;
  for (const part of path) value = isRecord(value) ? value[part] : undefined;
  return value ?? undefined;
}

/** What all servers of a map have in common. */
export interface MapReading {
  readonly host: string;
  readonly document: SourceDocument;
  /** Where the map stands. */
  readonly path: KeyPath;
  readonly context: ReadContext;
  readonly expansion: Expansion;
  /** Folder of the project of the servers. Default: that of the file. */
  readonly folder?: string | undefined;
}

/** Returned by a dialect for a server that cannot be taken over, with the reason. */
export interface Skipped {
  readonly skipped: string;
}

/**
 * Reads a map of servers, each with the function of the dialect. A map that is not there has no servers.
 * @throws SignalboxError `CONFIG_INVALID` if there is something else in its place
 */
export function readServerMap(
  { host, document, path, context, expansion, folder = context.folder }: MapReading,
  read: (draft: EntryDraft) => Skipped | undefined,
): HostReading {
  const map = valueAt(document, path);
  const servers: ImportedServer[] = [];
  const notes: ImportNote[] = [];
  if (map === undefined) return { servers, notes };
  if (!isRecord(map)) {
    const key = keyText(path);
    throw fileError(document.file, `"${key}" is ${kindOf(map)}; an object of servers is expected`, {
      ...document.place(path),
      key,
    });
  }
  for (const name of document.keys(path)) {
    const at = [...path, name];
    const { line } = document.place(at);
    const raw = map[name];
    if (name === '__proto__') {
      notes.push({ from: at, line, message: 'is skipped: no server can have this name' });
    } else if (!isRecord(raw)) {
      notes.push({ from: at, line, message: `is skipped: it is ${kindOf(raw)}, and no object` });
    } else {
      const draft = new EntryDraft({ host, name, document, path: at, raw, folder, expansion });
      const refused = read(draft);
      if (refused === undefined) servers.push(draft.finish());
      else notes.push({ from: at, line, message: `is skipped: ${refused.skipped}` });
    }
  }
  return { servers, notes: [...notes, ...duplicatesIn(document, path)] };
}

/** Keys of servers that stand twice: which one counts is the host's rule, so it deserves a word. */
function duplicatesIn(document: SourceDocument, path: KeyPath): ImportNote[] {
  return document.duplicates
    .filter((one) => path.every((part, index) => one.path[index] === part))
    .map(({ path: from, first, second }) => ({
      from,
      line: second.line,
      message: `stands on line ${first.line} already; the last one counts`,
    }));
}

/** All readings of one file as one. */
export function together(...readings: readonly HostReading[]): HostReading {
  return {
    servers: readings.flatMap(({ servers }) => servers),
    notes: readings.flatMap(({ notes }) => notes),
  };
}
