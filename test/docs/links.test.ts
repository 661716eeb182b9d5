import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './code-blocks/doc-pages.ts';

const below = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join(folder, path));
const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...below('docs')];

/** What a heading is called in the address of a page, as GitHub has it. */
const slug = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/gu, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/gu, '-');

const withoutCode = (text: string): string => text.replaceAll(/^ *```[^]*?^ *```/gmu, '');

function anchorsOf(path: string): Set<string> {
  const text = withoutCode(readFileSync(join(ROOT, path), 'utf8'));
  return new Set([...text.matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) => slug(heading)));
}

describe('links in the documentation', () => {
  it.each(pages)('%s leads somewhere', (page) => {
    const text = withoutCode(readFileSync(join(ROOT, page), 'utf8')).replaceAll(/`[^`\n]*`/gu, '');
    const dead = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/gu)]
      .filter(([, target = '', anchor]) => {
        const path = target === '' ? page : normalize(join(dirname(page), target));
        if (!existsSync(join(ROOT, path))) return true;
        return anchor !== undefined && path.endsWith('.md') && !anchorsOf(path).has(anchor);
      })
      .map(([link]) => link);
    expect(dead).toEqual([]);
  });

  it('name every page in the index', () => {
    const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
    const missing = readdirSync(join(ROOT, 'docs')).filter(
      (name) => name.endsWith('.md') && name !== 'README.md' && !index.includes(`(${name})`),
    );
    expect(missing).toEqual([]);
  });
});
