import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { madeFiles, ROOT, read } from '../../scripts/docs/made-files.ts';
import { readRows } from '../../scripts/docs/option-table.ts';
import { reference } from '../../scripts/docs/reference/reference-pages.ts';
import { keysBelow, rangeOf, shapeAt } from '../../scripts/docs/shape-reading.ts';
import { SIGNALBOX_KEYS, signalboxSettings } from '../../src/config/checks/settings-check.ts';
import { parseEntry } from '../../src/config/parse-entry.ts';
import { blocksOf } from './code-blocks/doc-pages.ts';

const made = madeFiles();

describe('what is made from the code', () => {
  it.each([...made.keys()])('%s is as `npm run docs` makes it', (path) => {
    expect(read(path)).toBe(made.get(path));
  });

  it('has words for every setting', () => {
    const rows = readRows((made.get('docs/configuration.md') ?? '').split('\n'));
    const silent = rows.filter(({ words }) => words === '').map(({ key }) => key);
    expect(silent, 'write what these are into docs/configuration.md, then `npm run docs`').toEqual([]);
  });

  it('tells for every setting of what shape it is', () => {
    const unknown = SIGNALBOX_KEYS.filter(
      (key) => Object.keys(shapeAt(signalboxSettings.shape, key) ?? {}).length === 0,
    );
    expect(unknown, 'give the check of these a shape: shaped({ type: … }, check)').toEqual([]);
  });
});

describe('docs/reference', () => {
  const { files, names, silent } = reference(ROOT);

  it('has a docstring for every exported name', () => {
    expect(silent).toEqual([]);
  });

  it.each([...names])('has a place for everything that %s exports', async (specifier, exported) => {
    const pages = [...files].filter(
      ([path, text]) => !path.endsWith('README.md') && text.includes(`Exported by \`${specifier}\``),
    );
    const told = pages.flatMap(([, text]) =>
      [...text.matchAll(/^## (\w+)$/gmu)].map(([, name = '']) => name),
    );
    expect(told.toSorted()).toEqual([...exported].toSorted());
    const values = Object.keys((await import(specifier)) as object);
    expect(values.filter((name) => !exported.includes(name))).toEqual([]);
  });

  it('has links that lead to a name', () => {
    for (const [path, text] of files) {
      for (const [, page = '', name = ''] of text.matchAll(/\]\(([\w-]+\.md)#([\w-]+)\)/gu)) {
        const target = (files.get(`docs/reference/${page}`) ?? '').toLowerCase();
        expect(target.includes(`\n## ${name}\n`), `${path}: ${page}#${name}`).toBe(true);
      }
    }
  });
});

describe('mcp.schema.json', () => {
  const schema: unknown = JSON.parse(made.get('mcp.schema.json') ?? '');
  const isValid = new Ajv({ strict: false }).compile(schema as object);
  const accepts = (entry: unknown): boolean => isValid({ mcpServers: { a: entry } });

  const configurations = [
    ...['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)]
      .filter((page) => page.endsWith('.md') && !page.startsWith('docs/reference/'))
      .flatMap(blocksOf)
      .filter(({ language, directive }) => language.startsWith('json') && directive.part === undefined)
      .map(({ page, line, code }) => [`${page}:${line}`, code] as const),
    ['examples/demo/.mcp.json', readFileSync(join(ROOT, 'examples/demo/.mcp.json'), 'utf8')] as const,
  ];
  it.each(configurations)('takes %s', (_, text) => {
    expect(isValid(parse(text)), JSON.stringify(isValid.errors)).toBe(true);
  });

  /** Where a number is bounded, with what its group cannot do without. */
  const NEEDED: Readonly<Record<string, object>> = {
    launch: { command: 'node' },
    auth: { type: 'command', command: ['node'] },
  };
  const numbers = keysBelow(signalboxSettings.shape).flatMap((key) => {
    const range = rangeOf(shapeAt(signalboxSettings.shape, key));
    return range === undefined || key === 'auth.callbackPort' ? [] : [[key, range] as const];
  });
  it.each(numbers)('bounds %s as the program does', (key, { min, max }) => {
    const [group = '', ...inner] = key.split('.');
    const entry = (value: number): unknown => {
      const nested = inner.reduceRight<unknown>((content, name) => ({ [name]: content }), value);
      const around: object = { ...NEEDED[group], ...(nested as object) };
      if (key === 'retry.baseMs') Object.assign(around, { maxMs: max });
      if (key === 'retry.maxMs') Object.assign(around, { baseMs: min });
      return { url: 'http://h', 'x-signalbox': { [group]: around } };
    };
    const parses = (value: number): boolean => {
      try {
        parseEntry('a', entry(value));
        return true;
      } catch {
        return false;
      }
    };
    const values = [min - 1, min, max, max + 1];
    expect(values.map((value) => accepts(entry(value)))).toEqual([false, true, true, false]);
    expect(values.map(parses)).toEqual([false, true, true, false]);
  });

  it.each([
    ['a key of x-signalbox that does not exist', { url: 'http://h', 'x-signalbox': { lasy: true } }],
    ['a key of a group that does not exist', { url: 'http://h', 'x-signalbox': { retry: { max: 3 } } }],
    ['a wrong word', { command: 'node', 'x-signalbox': { framing: 'loose' } }],
    ['neither program nor address', { args: ['x'] }],
    [
      'two sources of one secret',
      { url: 'http://h', 'x-signalbox': { auth: { type: 'bearer', token: { env: 'A', file: '/b' } } } },
    ],
  ])('refuses %s, as the program does', (_, entry) => {
    expect(accepts(entry)).toBe(false);
    expect(() => parseEntry('a', entry)).toThrow(/CONFIG_INVALID/u);
  });

  it('leaves keys of other hosts alone', () => {
    expect(accepts({ command: 'node', gallery: true, 'x-other': { any: 1 } })).toBe(true);
  });
});
