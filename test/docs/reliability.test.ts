import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const docs = join(import.meta.dirname, '../../docs');
const text = readFileSync(join(docs, 'reliability.md'), 'utf8');
/** `| [fault](test file) | … |` */
const rows = [...text.matchAll(/^\| \[(.+?)\]\((\.\.\/test\/[^)#]+)\) \| (.+) \| (.+) \|$/gmu)];

/** The titles of a test file: of `it('…'` and of the rows of `it.each([`. */
function titles(path: string): string[] {
  const source = readFileSync(join(docs, path), 'utf8');
  return [...source.matchAll(/^ {2}it\('(.+?)',|^ {4}\['(.+?)', '/gmu)].map(
    ([, one, row]) => one ?? row ?? '',
  );
}

describe('docs/reliability.md', () => {
  it('has one row for each fault of the study, and each row is a test of that name', () => {
    expect(rows).toHaveLength(10);
    const path = '../test/faults/rivals.test.ts';
    expect(rows.map(([, fault]) => fault)).toEqual(titles(path));
    expect(new Set(rows.map(([, , link]) => link))).toEqual(new Set([path]));
  });

  it('has links that lead somewhere', () => {
    for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/gu)) {
      expect(existsSync(join(docs, target)), target).toBe(true);
    }
  });
});
