import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Catalog, type CatalogPart } from './catalog.ts';
import { exposedName, MAX_EXPOSED_NAME, mayBelongTo } from './exposed-names.ts';
import { EMPTY_CATALOG, type ServerCatalog } from './server-catalog.ts';
import { matchesTemplate } from './uri-template.ts';

const offering = (...names: string[]): ServerCatalog => ({
  ...EMPTY_CATALOG,
  tools: names.map((name) => ({ name })),
});

const part = (server: string, offers: ServerCatalog, isConnected = true): CatalogPart => ({
  server,
  isConnected,
  offers,
  isStale: () => !isConnected,
  blocked: new Map(),
});

/** Names that meet each other: of few characters, separators among them, and some that no host takes. */
const closeName = fc.string({
  unit: fc.constantFrom('a', 'b', '_', '_', '.', ' ', 'é'),
  minLength: 1,
  maxLength: 8,
});
const anyName = fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' });

describe('exposedName', () => {
  it.each([
    ['files', 'read_file', 'files__read_file'],
    ['files', 'a__b', 'files__a__b'],
    ['a_b', '_c', 'a_b___c'],
  ])('joins %s and %s', (server, name, exposed) => {
    expect(exposedName(server, name)).toBe(exposed);
  });

  it.each([
    ['characters that hosts refuse', 'files', 'read file', /^files__read_file_[0-9a-f]{16}$/u],
    ['a separator in the name of the server', 'a__b', 'c', /^a__b__c_[0-9a-f]{16}$/u],
    ['a server that ends in half a separator', 'a_', 'c', /^a___c_[0-9a-f]{16}$/u],
    ['what looks like a hash', 'a', 'b_0123456789abcdef', /^a__b_0123456789abcdef_[0-9a-f]{16}$/u],
    ['a name that is too long', 'a', 'b'.repeat(200), /^a__b{108}_[0-9a-f]{16}$/u],
  ])('S14 has a hash for %s', (_what, server, name, expected) => {
    expect(exposedName(server, name)).toMatch(expected);
  });

  it('S14 keeps every name within what hosts accept, different names different, and the server in front', () => {
    const pair = fc.oneof(fc.tuple(closeName, closeName), fc.tuple(anyName, anyName));
    fc.assert(
      fc.property(pair, pair, (one, two) => {
        const names = [one, two].map(([server, name]) => exposedName(server, name));
        for (const name of names) {
          expect(name).toMatch(/^[A-Za-z0-9_.-]+$/u);
          expect(name.length).toBeLessThanOrEqual(MAX_EXPOSED_NAME);
        }
        expect(names[0] === names[1]).toBe(JSON.stringify(one) === JSON.stringify(two));
        if (one[0].length <= 64) expect(mayBelongTo(one[0], names[0]!)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('S14 tells look-alikes apart', () => {
    expect(exposedName('s', 'rеad')).not.toBe(exposedName('s', 'read')); // the first е is Cyrillic
    expect(exposedName('s', 'a b')).not.toBe(exposedName('s', 'a_b'));
  });
});

describe('Catalog', () => {
  it('makes only what has changed when it is made anew', () => {
    const [here, there] = [offering('a', 'b'), offering('a')];
    const before = new Catalog([part('here', here), part('there', there)]);
    const after = new Catalog([part('here', here), part('there', there, false)]);
    expect(after.tools.get('here__a')).toBe(before.tools.get('here__a'));
    expect(after.tools.get('there__a')).toMatchObject({ stale: true });
    expect(before.tools.get('there__a')).toMatchObject({ stale: false });
    // The same reading under another name is another server's.
    expect([...new Catalog([part('renamed', here)]).tools.values()]).toMatchObject([
      { name: 'renamed__a', server: 'renamed', stale: false },
      { name: 'renamed__b', server: 'renamed', stale: false },
    ]);
  });

  it('TOOL-9 S14 tells tools apart whose names would be one', () => {
    const catalog = new Catalog([part('a__b', offering('c')), part('a', offering('b__c'))]);
    expect(catalog.tools.get('a__b__c')).toMatchObject({ server: 'a', tool: { name: 'b__c' } });
    expect(catalog.tools.get(exposedName('a__b', 'c'))).toMatchObject({
      server: 'a__b',
      tool: { name: 'c' },
    });
    expect(catalog.tools.size).toBe(2);
  });

  it('S14 names lead back to their tools, whoever else is there and whoever came first', () => {
    const servers = fc.uniqueArray(fc.tuple(closeName, fc.uniqueArray(closeName, { maxLength: 5 })), {
      selector: ([server]) => server,
      maxLength: 5,
    });
    const scene = servers.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all),
        fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      ),
    );
    fc.assert(
      fc.property(scene, ([all, some, connected]) => {
        const parts = all.map(([server, names]) => part(server, offering(...names)));
        const whole = new Catalog(parts);
        expect(whole.tools.size).toBe(all.flatMap(([, names]) => names).length);
        const others = some.map(([server, names], index) =>
          part(server, offering(...names), connected[index]),
        );
        for (const [name, { server, tool }] of new Catalog(others).tools) {
          expect(whole.tools.get(name)).toMatchObject({ name, server, tool });
        }
      }),
    );
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

  it('says of every item whether it is stale, list by list', () => {
    const offers: ServerCatalog = {
      tools: [{ name: 't' }],
      resources: [{ uri: 'x://1', name: 'one' }],
      resourceTemplates: [{ uriTemplate: 'x://{id}', name: 'all' }],
      prompts: [{ name: 'p' }],
    };
    const stale = (list: string): CatalogPart => ({ ...part('s', offers), isStale: (one) => one === list });
    const marks = ({ tools, prompts, resources, resourceTemplates }: Catalog): unknown[] =>
      [tools.get('s__t'), prompts.get('s__p'), resources.get('x://1'), resourceTemplates[0]].map(
        (item) => item?.stale,
      );
    expect(marks(new Catalog([stale('tools')]))).toEqual([true, false, false, false]);
    expect(marks(new Catalog([stale('prompts')]))).toEqual([false, true, false, false]);
    expect(marks(new Catalog([stale('resources')]))).toEqual([false, false, true, true]);
  });

  it('S15 keeps blocked tools apart, and gives their room to others', () => {
    const why = { tool: 'x', from: 'a', to: 'b', changed: [], description: undefined };
    const blocked = { ...part('s', offering('x', 'y')), blocked: new Map([['x', why]]) };
    const catalog = new Catalog([blocked], 1);
    expect([...catalog.tools.keys()]).toEqual(['s__y']);
    expect(catalog.toolsLeftOut.size).toBe(0);
    expect(catalog.blockedTools.get('s__x')).toEqual({ name: 's__x', server: 's', blocked: why });
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
