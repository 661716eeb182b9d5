import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseEntry } from '../../src/config/parse-entry.ts';
import { REST_DEFAULTS, REST_OPERATIONS, REST_OPTIONAL } from '../../src/config/rest-settings.ts';

const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'rest.md'), 'utf8');

/** The rows of the tables in one section. */
function rows(heading: string): string[][] {
  const section = text.split(/^## /mu).find((one) => one.startsWith(`${heading}\n`)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const codes = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/gu)].map(([, one = '']) => one);

describe('docs/rest.md', () => {
  it('has the default routes', () => {
    const told = rows('Default routes').map(([name = '', request = '']) => {
      const [route = ''] = codes(request);
      return [codes(name)[0], route.replace(/\?.*$/u, ''), request.startsWith('off')];
    });
    const built = Object.entries(REST_OPERATIONS).map(([name, { method, path }]) => [
      name,
      `${method} ${path}`,
      REST_OPTIONAL.has(name as keyof typeof REST_OPERATIONS),
    ]);
    expect(told).toEqual(built);
  });

  it('has what each request carries', () => {
    for (const [name = '', request = ''] of rows('Default routes')) {
      const { query, body } = REST_OPERATIONS[codes(name)[0] as keyof typeof REST_OPERATIONS];
      const named = /\?(\w+)=/u.exec(request)?.[1] ?? /\{([\w, ]*)\}`(?:,|$)/u.exec(request)?.[1];
      const carried = Object.keys(body === false ? query : body).join(', ');
      expect(named ?? '', name).toBe(carried);
    }
  });

  it('has every key of an operation, and none else', () => {
    const keys = rows('Operations').map(([key = '']) => codes(key)[0]);
    const operation = (key: string): unknown => ({
      type: 'rest',
      url: 'http://h',
      'x-signalbox': { rest: { operations: { 'tools/list': { [key]: {} } } } },
    });
    let list = '';
    try {
      parseEntry('a', operation('somethingElseEntirely'));
    } catch (error) {
      list = (error as Error).message;
    }
    expect(/the keys here are ([\w, ]+)/u.exec(list)?.[1]?.split(', ')).toEqual(keys);
  });

  it('has where errors stand', () => {
    const told = rows('Errors').filter(([key = '']) => Object.hasOwn(REST_DEFAULTS.errors, codes(key)[0]!));
    const defaults = Object.fromEntries(
      told.map(([key = '', , preset = '']) => [codes(key)[0], codes(preset)]),
    );
    const { codes: meanings, ...pointers } = REST_DEFAULTS.errors;
    expect(defaults).toEqual({ ...pointers, codes: Object.keys(meanings) });
  });
});
