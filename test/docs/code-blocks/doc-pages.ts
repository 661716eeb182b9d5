import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MarkdownBlock, markdownBlocks } from './markdown-blocks.ts';

/** The folder of the project. */
export const ROOT: string = join(import.meta.dirname, '../../..');

/** Whose blocks are declarations that the compiler wrote itself. */
const GENERATED = 'docs/reference/';

/** All pages whose blocks are held; with SIGNALBOX_DOCS_PAGE only those whose path contains it. */
export function docPages(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
      .map((path) => `${folder}/${path}`);
  const pages = ['README.md', 'CONTRIBUTING.md', ...below('docs'), ...below('examples')];
  const wanted = process.env['SIGNALBOX_DOCS_PAGE'] ?? '';
  return pages.filter((page) => page.includes(wanted) && !page.startsWith(GENERATED)).toSorted();
}

/** The blocks of a page. */
export function blocksOf(page: string): MarkdownBlock[] {
  return markdownBlocks(page, readFileSync(join(ROOT, page), 'utf8'));
}
