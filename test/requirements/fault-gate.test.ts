import { describe, expect, it } from 'vitest';
import { citations, strayCitations } from './cited-ids.ts';
import { FAULTS } from './faults.ts';

const cited = citations();
const ids = new Set(FAULTS.map(({ id }) => id));

/** Only what belongs to these may wait: client, transports and registry are defended now. */
const MAY_WAIT = /gateway|OAuth|dashboard|a piece of work of their own/u;

describe('the faults and defences', () => {
  it('are all there, numbered without gaps', () => {
    const numbered = (prefix: string, digits: number): string[] =>
      FAULTS.filter(({ id }) => id.startsWith(prefix)).map(
        (_, index) => `${prefix}${String(index + 1).padStart(digits, '0')}`,
      );
    const faults = numbered('F-', 3);
    const defences = numbered('S', 2);
    expect(FAULTS.map(({ id }) => id)).toEqual([...faults, ...defences]);
    expect(faults.length).toBeGreaterThanOrEqual(140);
    expect(defences.length).toBeGreaterThanOrEqual(30);
    for (const { id, text } of FAULTS) expect(text, id).not.toBe('');
  });

  it('are each cited by a test, unless they wait for what is not built yet', () => {
    const owed = FAULTS.filter(({ id, later }) => later === undefined && !cited.has(id));
    expect(owed.map(({ id, text }) => `${id}: ${text}`)).toEqual([]);
  });

  it('are not excused where a test cites them', () => {
    const excused = FAULTS.filter(({ id, later }) => later !== undefined && cited.has(id));
    expect(excused.map(({ id }) => id)).toEqual([]);
  });

  it('wait for the gateway, OAuth, the dashboard and work of its own only', () => {
    const waiting = FAULTS.filter(({ later }) => later !== undefined);
    expect(waiting.filter(({ id }) => id.startsWith('F-'))).toEqual([]);
    expect(waiting.filter(({ later }) => !MAY_WAIT.test(later!))).toEqual([]);
  });

  it('are known wherever they are cited', () => {
    const unknown = [...cited.keys()].filter((id) => /^(?:F-\d+|S\d\d)$/u.test(id) && !ids.has(id));
    expect(unknown).toEqual([]);
  });

  it('are cited at the beginning of titles, where they are seen', () => {
    expect(strayCitations()).toEqual([]);
  });
});
