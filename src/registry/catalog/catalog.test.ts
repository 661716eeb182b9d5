import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Catalog, type CatalogPart, EMPTY_CATALOG, type ServerCatalog } from './catalog.ts';
import { collidingName, exposedName, MAX_EXPOSED_NAME } from './exposed-names.ts';
import { matchesTemplate } from './uri-template.ts';

const offering = (...names: string[]): ServerCatalog => ({
  ...EMPTY_CATALOG,
  tools: names.map((name) => ({ name })),
});

const part = (server: string, offers: ServerCatalog, isConnected = true): CatalogPart => ({
  server,
  isConnected,
  offers,
});

describe('exposedName', () => {
  it('joins server and name', () => {
    expect(exposedName('files', 'read_file')).toBe('files__read_file');
  });

  it('S14 keeps every name within what hosts accept, and different names different', () => {
    const anyName = fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' });
    fc.assert(
      fc.property(anyName, anyName, anyName, (server, one, two) => {
        const names = [exposedName(server, one), exposedName(server, two), collidingName(server, one)];
        for (const name of names) {
          expect(name).toMatch(/^[A-Za-z0-9_.-]+$/u);
          expect(name.length).toBeLessThanOrEqual(MAX_EXPOSED_NAME);
        }
        if (one !== two) expect(names[0]).not.toBe(names[1]);
      }),
    );
  });

  it('S14 tells look-alikes apart', () => {
    expect(exposedName('s', 'rеad')).not.toBe(exposedName('s', 'read')); // the first е is Cyrillic
    expect(exposedName('s', 'a b')).not.toBe(exposedName('s', 'a_b'));
  });
});

describe('Catalog', () => {
  it('TOOL-9 S14 gives the second of two colliding names another one, always the same', () => {
    const parts: CatalogPart[] = [part('a__b', offering('c')), part('a', offering('b__c'))];
    const catalog = new Catalog(parts);
    expect(catalog.tools.get('a__b__c')).toMatchObject({ server: 'a__b', tool: { name: 'c' } });
    const other = collidingName('a', 'b__c');
    expect(catalog.tools.get(other)).toMatchObject({ server: 'a', tool: { name: 'b__c' } });
    expect([...new Catalog(parts).tools.keys()]).toEqual([...catalog.tools.keys()]);
  });

  it('F-124 offers the first of two tools of one name', () => {
    const offers = {
      ...EMPTY_CATALOG,
      tools: [
        { name: 't', title: 'first' },
        { name: 't', title: 'second' },
      ],
    };
    const catalog = new Catalog([part('s', offers)]);
    expect(catalog.tools.size).toBe(1);
    expect(catalog.tools.get('s__t')?.tool.title).toBe('first');
  });

  it('F-053 names such as __proto__ and constructor do no harm', () => {
    const catalog = new Catalog([part('constructor', offering('__proto__', 'toString'))]);
    expect([...catalog.tools.keys()]).toEqual(['constructor____proto__', 'constructor__toString']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('gives a resource to the first connected server that lists its URI', () => {
    const resource = { uri: 'x://1', name: 'one' };
    const offers = { ...EMPTY_CATALOG, resources: [resource] };
    const catalog = new Catalog([part('first', offers, false), part('second', offers)]);
    expect(catalog.resources.get('x://1')?.server).toBe('second');
  });
});

describe('names while a server is away', () => {
  it('S14 a name never leads to another server meanwhile', () => {
    const parts = (isConnected: boolean): CatalogPart[] => [
      part('a', offering('b__c'), isConnected),
      part('a__b', offering('c')),
    ];
    expect(new Catalog(parts(true)).tools.get('a__b__c')?.server).toBe('a');
    expect(new Catalog(parts(false)).tools.get('a__b__c')?.server).toBe('a');
  });
});

describe('matchesTemplate', () => {
  it.each([
    ['file:///{path}', 'file:///a/b', true],
    ['file:///{path}', 'file:///', false],
    ['note://{id}/text', 'note://7/text', true],
    ['note://{id}/text', 'note://7/texts', false],
    ['a{x}b{y}c', 'a1b2c', true],
    ['a{x}b{y}c', 'abc', false],
    ['plain', 'plain', true],
    ['plain', 'other', false],
    ['broken{', 'broken{', false],
  ])('%s and %s: %s', (template, uri, expected) => {
    expect(matchesTemplate(template, uri)).toBe(expected);
  });

  it('S21 stays linear on hostile templates', () => {
    const template = `${'{x}a'.repeat(1000)}b`;
    expect(matchesTemplate(template, 'a'.repeat(100_000))).toBe(false);
  });
});
