import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

const QUOTE = '[\'"`]';
const TEXT = '[^\'"`\n]';

/** A requirement (`S26-11b`), a fault (`F-001`) or a defence (`S01`). */
const ID = String.raw`(?:[A-Z][A-Z\d]*-\d+[a-z]?|S\d{2})`;

/** The ids at the beginning of titles: `it('H26-5 B-3 …`, also behind `it.each(…)`, and of rows: `['F-070 …`. */
const TITLE = new RegExp(String.raw`[([]\s*(${QUOTE})((?:${ID} )+)`, 'gu');

/** An id of a fault or a defence further back in what may be a title: in a text, behind a comma or in brackets. */
const ASTRAY = new RegExp(
  String.raw`[([]\s*(${QUOTE})(?:${ID} )*(?!${ID} )${TEXT}*?(?<![\w-])(F-\d{3}|S\d{2})(?![\w-])${TEXT}*\1`,
  'gu',
);

/** The ids that the titles in a text cite. */
export function idsIn(text: string): string[] {
  return [...text.matchAll(TITLE)].flatMap((match) => match[2]!.trim().split(' '));
}

/** The ids of faults and defences that a text names in titles where {@link idsIn} does not see them. */
export function strayIdsIn(text: string): string[] {
  return [...text.matchAll(ASTRAY)].map((match) => match[2]!);
}

function testFiles(): string[] {
  return ['test', 'src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && !name.includes('requirements'))
      .map((name) => join(folder, name)),
  );
}

/** What a look at all test files finds, by file. */
function byFile(find: (text: string) => string[]): Map<string, string[]> {
  return new Map(testFiles().map((file) => [file, find(readFileSync(join(root, file), 'utf8'))]));
}

/** Every id that a title cites, with the files it stands in. */
export function citations(): Map<string, string[]> {
  const cited = new Map<string, string[]>();
  for (const [file, ids] of byFile(idsIn)) {
    for (const id of ids) cited.set(id, [...(cited.get(id) ?? []), file]);
  }
  return cited;
}

/** `file: id` of every id that stands astray. */
export function strayCitations(): string[] {
  return [...byFile(strayIdsIn)].flatMap(([file, ids]) => ids.map((id) => `${file}: ${id}`));
}
