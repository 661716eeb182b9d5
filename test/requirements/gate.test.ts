import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REQUIREMENTS } from './manifest.ts';

const root = join(import.meta.dirname, '../..');

/** The ids at the beginning of titles: `it('H26-5 B-3 …`, also behind `it.each(…)`. */
const TITLE = /\(\s*(['"`])((?:[A-Z][A-Z\d]*-\d+[a-z]? )+)/gu;

function testFiles(): string[] {
  return ['test', 'src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && !name.endsWith('gate.test.ts'))
      .map((name) => join(folder, name)),
  );
}

function idsIn(text: string): string[] {
  return [...text.matchAll(TITLE)].flatMap((match) => match[2]!.trim().split(' '));
}

/** Every id that a title cites, with the files it stands in. */
function citations(): Map<string, string[]> {
  const cited = new Map<string, string[]>();
  for (const file of testFiles()) {
    for (const id of idsIn(readFileSync(join(root, file), 'utf8'))) {
      cited.set(id, [...(cited.get(id) ?? []), file]);
    }
  }
  return cited;
}

/** Faults (F-001 …) have a list of their own. */
const prefixOf = (id: string): string => id.slice(0, id.lastIndexOf('-'));
const prefixes = new Set(REQUIREMENTS.map(({ id }) => prefixOf(id)));
const ids = new Set(REQUIREMENTS.map(({ id }) => id));
const cited = citations();

describe('the requirements of the specification', () => {
  it('have one id each, all fields, and at most one excuse', () => {
    expect(ids.size).toBe(REQUIREMENTS.length);
    for (const { id, level, era, transports, source, text } of REQUIREMENTS) {
      expect(id).toMatch(/^[A-Z][A-Z\d]*-\d+[a-z]?$/u);
      expect(['MUST', 'SHOULD', 'CHOICE'], id).toContain(level);
      expect(['modern', 'legacy', 'both'], id).toContain(era);
      expect(transports.length, id).toBeGreaterThan(0);
      expect(
        transports.filter((wire) => !['stdio', 'http', 'sse'].includes(wire)),
        id,
      ).toEqual([]);
      expect(source !== '' && text.endsWith('.'), id).toBe(true);
    }
    expect(REQUIREMENTS.filter(({ notOurs, later }) => notOurs !== undefined && later !== undefined)).toEqual(
      [],
    );
  });

  it('are each cited by a test, unless they say why not', () => {
    const owed = REQUIREMENTS.filter(({ notOurs, later }) => notOurs === undefined && later === undefined);
    expect(owed.filter(({ id }) => !cited.has(id)).map(({ id, text }) => `${id}: ${text}`)).toEqual([]);
  });

  it('are not excused where a test cites them', () => {
    const excused = REQUIREMENTS.filter(({ notOurs, later }) => notOurs !== undefined || later !== undefined);
    expect(excused.filter(({ id }) => cited.has(id)).map(({ id }) => id)).toEqual([]);
  });

  it('are known wherever they are cited', () => {
    const unknown = [...cited].filter(([id]) => prefixes.has(prefixOf(id)) && !ids.has(id));
    expect(unknown).toEqual([]);
  });
});

describe('titles', () => {
  it.each([
    ["it('H26-5 S26-11b reads', () => {", ['H26-5', 'S26-11b']],
    ["it.each([1])(\n  'B-1 F-044 ids',", ['B-1', 'F-044']],
    ["describe.each(wires)('SSE24-1 over %s', ", ['SSE24-1']],
    ["expect(x, 'B-1');", []],
    ["// it (B-1 is a comment)\nconst id = 'B-1 x';", []],
    ["it('answers B-1 later', () => {", []],
  ])('are read as %j', (text, found) => {
    expect(idsIn(text)).toEqual(found);
  });
});
