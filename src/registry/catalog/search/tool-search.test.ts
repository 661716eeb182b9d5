import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tool } from '../../../protocol/mcp-types.ts';
import { Catalog } from '../catalog.ts';
import { EMPTY_CATALOG } from '../server-catalog.ts';
import { type SearchOptions, ToolSearch } from './tool-search.ts';

type Tools = Readonly<Record<string, readonly Tool[]>>;

function catalogOf(servers: Tools): Catalog {
  const parts = Object.entries(servers).map(([server, tools]) => ({
    server,
    isConnected: true,
    offers: { ...EMPTY_CATALOG, tools },
    isStale: () => false,
    blocked: new Map(),
  }));
  return new Catalog(parts);
}

/** The names of the tools that are found, the best first. */
function found(servers: Tools, words: string, options: SearchOptions = {}): string[] {
  return new ToolSearch().find(catalogOf(servers), words, options).map(({ name }) => name);
}

describe('ToolSearch', () => {
  const files: readonly Tool[] = [
    { name: 'list_directory', description: 'Lists what a folder holds. Read-only.' },
    { name: 'move', title: 'Move a file', description: 'Renames or moves.' },
    { name: 'readFile', description: 'Gives the content of one document.' },
    { name: 'read_multiple_files', description: 'Several at once.' },
  ];
  const mail: readonly Tool[] = [{ name: 'send', description: 'Sends a message; reads nothing.' }];

  it.each([
    ['read', ['files__readFile', 'files__read_multiple_files', 'files__list_directory', 'mail__send']],
    ['READ file', ['files__readFile', 'files__read_multiple_files', 'files__list_directory']],
    ['readfile', ['files__readFile']],
    ['read_file', ['files__readFile', 'files__read_multiple_files', 'files__list_directory']],
    ['docu', ['files__readFile']],
    ['mail', ['mail__send']],
    ['send mail', ['mail__send']],
    ['read nothing-else', []],
    ['ead', []],
    ['', []],
    ['?!', []],
  ])('%j finds %j', (words, names) => {
    expect(found({ files, mail }, words)).toEqual(names);
  });

  it('puts names before titles before descriptions before servers, and whole words before beginnings', () => {
    const tools: Tool[] = [
      { name: 'a', description: 'forkable' },
      { name: 'b', description: 'a fork' },
      { name: 'c', title: 'Forkable' },
      { name: 'd', title: 'Fork' },
      { name: 'forkable' },
      { name: 'fork' },
    ];
    const search = new ToolSearch();
    const all = search.find(
      catalogOf({ s: tools, forks: [{ name: 'x' }], fork: [{ name: 'y' }] }),
      'fork',
      {},
    );
    expect(all.map(({ name }) => name)).toEqual([
      's__fork',
      's__forkable',
      's__d',
      's__c',
      's__b',
      's__a',
      'fork__y',
      'forks__x',
    ]);
    expect(all.map(({ score }) => score)).toEqual([1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]);
  });

  it.each([
    ['accents', 'resume', 'Résumé'],
    ['accents that are written for themselves', 're\u0301sume\u0301', 'Résumé'],
    ['case', 'STRASSE', 'strasse'],
    ['forms of a letter', 'file', 'ﬁle'],
    ['wide letters', 'read', 'ｒｅａｄ'],
    ['words without spaces', '文件', '读取文件'],
    ['other scripts', 'файл', 'Читает ФАЙЛЫ'],
  ])('does not mind %s', (_what, words, description) => {
    expect(found({ s: [{ name: 't', description }] }, words)).toEqual(['s__t']);
  });

  it('gives as many as are wanted, of the servers that are wanted', () => {
    const tools = Array.from({ length: 30 }, (_, index) => ({ name: `get_${index}` }));
    expect(found({ a: tools, b: tools }, 'get')).toHaveLength(20);
    expect(found({ a: tools, b: tools }, 'get', { limit: 1000 })).toHaveLength(60);
    expect(found({ a: tools, b: tools }, 'get', { limit: 2, servers: ['b'] })).toEqual([
      'b__get_0',
      'b__get_1',
    ]);
  });

  it.each([
    ['x'.repeat(1001), {}],
    [Array.from({ length: 33 }, (_, index) => `w${index}`).join(' '), {}],
    [7 as unknown as string, {}],
    ['x', { limit: 0 }],
    ['x', { limit: 1001 }],
    ['x', { limit: 1.5 }],
  ])('B-6 refuses %.20j with %j', (words, options) => {
    expect(() => found({}, words, options)).toThrow(/INVALID_ARGUMENT/u);
  });

  it('S20 S21 takes words for words: patterns and names of objects', () => {
    const tools: Tool[] = [
      { name: '__proto__', description: 'constructor' },
      { name: 'x', description: '(a+)+$ .*' },
    ];
    expect(found({ s: tools }, 'constructor')).toEqual(['s____proto__']);
    expect(found({ s: tools }, 'hasOwnProperty')).toEqual([]);
    expect(found({ s: tools }, '(a+)+$')).toEqual(['s__x']);
    expect(found({ s: tools }, '.*')).toEqual([]);
  });

  it('passes over fields that are no text', () => {
    const odd = { name: 't', title: 7, description: { read: 'me' } } as unknown as Tool;
    expect(found({ s: [odd] }, 'read')).toEqual([]);
    expect(found({ s: [odd] }, 't')).toEqual(['s__t']);
  });

  it('finds every tool by the beginnings of its own words, and by no word that none of its words begins with', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é'), minLength: 1, maxLength: 4 });
    const tool = fc.record({
      name: word,
      title: word,
      description: fc.array(word).map((words) => words.join(' ')),
    });
    fc.assert(
      fc.property(fc.array(tool, { maxLength: 8 }), word, (tools, query) => {
        const plain = (text: string): string => text.replaceAll('é', 'e');
        const begins = ({ name, title, description }: (typeof tools)[number]): boolean =>
          [name, title, ...description.split(' ')].some((one) => plain(one).startsWith(plain(query)));
        const names = new Set(
          tools.filter((one, at) => begins(one) && isFirst(tools, at)).map(({ name }) => name),
        );
        const servers = { zzz: tools };
        expect(
          new Set(new ToolSearch().find(catalogOf(servers), query, {}).map((one) => one.tool.name)),
        ).toEqual(names);
      }),
    );
  });

  it('reads a description once, and only those of servers that have changed again', () => {
    const reads = new Map<string, number>();
    const counted = (server: string, index: number): Tool => ({
      name: `tool_${index}`,
      get description() {
        reads.set(server, (reads.get(server) ?? 0) + 1);
        return `does thing ${index} of ${server}`;
      },
    });
    const some = (server: string): Tool[] =>
      Array.from({ length: 500 }, (_, index) => counted(server, index));
    const servers = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`s${at}`, some(`s${at}`)]));
    const search = new ToolSearch();
    const catalog = catalogOf(servers);
    expect(reads.size).toBe(0);
    expect(search.find(catalog, 'thing 77', { limit: 1000 })).toHaveLength(10);
    expect([...reads.values()]).toEqual(Array.from({ length: 10 }, () => 500));
    search.find(catalog, 'other words', {});
    search.find(catalogOf(servers), 'thing', { limit: 1000 });
    expect(reads.get('s3')).toBe(500);
    const changed = { ...servers, s3: some('s3') };
    expect(search.find(catalogOf(changed), 'thing 77', {})).toHaveLength(10);
    expect([...reads]).toEqual(Array.from({ length: 10 }, (_, at) => [`s${at}`, at === 3 ? 1000 : 500]));
  });

  it('forgets servers that have gone', () => {
    const search = new ToolSearch();
    expect(search.find(catalogOf({ a: [{ name: 'x' }], b: [{ name: 'x' }] }), 'x', {})).toHaveLength(2);
    expect(search.find(catalogOf({ b: [{ name: 'x' }] }), 'x', {}).map(({ name }) => name)).toEqual(['b__x']);
  });
});

function isFirst(tools: readonly Tool[], at: number): boolean {
  return tools.findIndex(({ name }) => name === tools[at]!.name) === at;
}
