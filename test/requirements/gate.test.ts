import { describe, expect, it } from 'vitest';
import { citations, idsIn, strayIdsIn } from './cited-ids.ts';
import { REQUIREMENTS } from './manifest.ts';

/** Faults (F-001 …) and defences (S01 …) have a list of their own. */
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
    ["it('S28 F-063 a flood', () => {", ['S28', 'F-063']],
    ["[\n  'F-070 in the status line', 1],", ['F-070']],
    ["it('S28-x is none', () => {", []],
  ])('are read: %j', (text, found) => {
    expect(idsIn(text)).toEqual(found);
  });

  it.each([
    ["it('F-063 S28 a flood', () => {", []],
    ["it('a flood (F-063)', () => {", ['F-063']],
    ["describe('S28: a flood', () => {", ['S28']],
    ["it('F-063, S28 a flood', () => {", ['F-063']],
    ["it('F-063 as in S28', () => {", ['S28']],
    ['["F-070", 1]', ['F-070']],
    ["it('S26-11 a requirement', () => {", []],
    ["journal('a'); // F-063 and it('x')", []],
  ])('name no fault elsewhere: %j', (text, found) => {
    expect(strayIdsIn(text)).toEqual(found);
  });
});
