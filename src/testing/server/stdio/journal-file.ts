import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { isObject } from '../../../wire/json-rpc.ts';
import type { JournalEntry, JournalSink } from '../journal.ts';

/**
 * A journal that outlives its process: each entry is one line of JSON, appended in one write before what it tells of
 * happens. A kill at any moment costs at most the line under way.
 */
export class JournalFile implements JournalSink {
  /** What earlier processes have noted. */
  readonly past: readonly JournalEntry[];
  readonly #fd: number;

  constructor(path: string) {
    this.past = readJournal(path);
    this.#fd = openSync(path, 'a');
    // A torn line must not swallow the next one.
    if (!/(?:^|\n)$/u.test(readFileSync(path, 'utf8'))) writeSync(this.#fd, '\n');
  }

  append(entry: JournalEntry): void {
    writeSync(this.#fd, `${JSON.stringify(entry)}\n`);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** What stands in a journal; lines that are torn are left out. */
export function readJournal(path: string): readonly JournalEntry[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const entry = parse(line);
      return isObject(entry) && typeof entry['event'] === 'string' ? [entry as unknown as JournalEntry] : [];
    });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
