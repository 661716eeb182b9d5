import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the stdio server that misbehaves stands; its own top says what it can do. */
export const FAULTY_STDIO: string = join(import.meta.dirname, '../fixtures/servers/faulty-stdio.mjs');

/** What a misbehaving server is told; see `test/fixtures/servers/faulty-stdio.mjs`. */
export interface FaultyConfig {
  readonly era?: 'legacy' | 'modern' | 'both';
  readonly versions?: readonly string[];
  readonly modernVersions?: readonly string[];
  readonly discover?: 'answer' | 'error' | 'unsupported' | 'silent' | 'exit';
  readonly capabilities?: Readonly<Record<string, unknown>>;
  readonly tools?: readonly unknown[];
  readonly ignoreTerm?: boolean;
  readonly ignoreEof?: boolean;
  readonly neverRead?: boolean;
  readonly journal?: string;
  readonly start?: readonly string[];
  readonly on?: Readonly<Record<string, readonly string[] | readonly (readonly string[])[]>>;
}

/** Command and arguments of a misbehaving server. */
export function faultyCommand(
  config: FaultyConfig = {},
  ...more: readonly string[]
): { readonly command: string; readonly args: readonly string[] } {
  return { command: process.execPath, args: [FAULTY_STDIO, JSON.stringify(config), ...more] };
}

/** One line of a server's journal. */
export interface JournalEntry {
  readonly started?: number;
  readonly helper?: number;
  readonly method?: string;
  readonly id?: unknown;
  readonly eof?: true;
  readonly signal?: string;
}

/** What a server with `journal: path` has noted so far. */
export function readJournal(path: string): JournalEntry[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as JournalEntry);
}
