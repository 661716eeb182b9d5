import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from '../../src/config/dialect-settings.ts';
import { ClientFactory, McpClient, MemoryStateStore, ServerRegistry } from '../../src/index.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { DOCUMENTS, type NameOwner, PUBLIC_NAMES } from './public-names.ts';

const root = join(import.meta.dirname, '../..');

/** The names that are there: of the classes themselves, and of what they give for a server that is connected. */
async function namesOf(): Promise<Readonly<Record<NameOwner, ReadonlySet<string>>>> {
  const factory = new ClientFactory();
  const kinds = factory.supportedTransports();
  registerMemory(factory, { here: new MemoryServer() });
  const client = factory.create('here', { type: 'memory', url: 'here' });
  const result = await client.connect();
  const stats = client.stats();
  await factory.shutdownAll();
  const methods = (type: { readonly prototype: object }): Set<string> =>
    new Set(Object.getOwnPropertyNames(type.prototype));
  return {
    McpClient: methods(McpClient),
    ClientFactory: methods(ClientFactory),
    ServerRegistry: methods(ServerRegistry),
    StateStore: methods(MemoryStateStore),
    ConnectionResult: new Set(Object.keys(result)),
    ConnectionMetadata: new Set(Object.keys(result.metadata!)),
    ClientStatsSnapshot: new Set([...Object.keys(stats), ...Object.keys(stats.latency)]),
    'transport kinds': new Set([...kinds, ...DIALECTS]),
  };
}

/** What stands as code in a document: fences, and words between backticks. */
function codeOf(path: string): string {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(/^```[^\n]*\n([^]*?)^```|`([^`\n]+)`/gmu)]
    .map(([, fence, word]) => fence ?? word)
    .join('\n');
}

/** The text of all tests, and of the helpers that they use. */
function tests(): string {
  return ['test', 'src']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.test.ts') && !name.includes('requirements'))
        .map((name) => readFileSync(join(root, folder, name), 'utf8')),
    )
    .join('\n');
}

const asWord = (name: string): RegExp => new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'u');

describe('the names that were asked for', () => {
  const owed = PUBLIC_NAMES.flatMap(({ owner, names, later }) =>
    names.map((name) => ({ owner, name, later })),
  );
  const built = owed.filter(({ later }) => later === undefined);
  const text = (missing: readonly { readonly owner: string; readonly name: string }[]): string[] =>
    missing.map(({ owner, name }) => `${owner}: ${name}`);

  it('are there', async () => {
    const there = await namesOf();
    expect(text(built.filter(({ owner, name }) => !there[owner].has(name)))).toEqual([]);
  });

  it('are not excused where they are there', async () => {
    const there = await namesOf();
    const excused = owed.filter(({ later }) => later !== undefined);
    expect(text(excused.filter(({ owner, name }) => there[owner].has(name)))).toEqual([]);
  });

  it('are documented, as code', () => {
    const documents = new Map(Object.entries(DOCUMENTS).map(([owner, path]) => [owner, codeOf(path)]));
    expect(text(built.filter(({ owner, name }) => !asWord(name).test(documents.get(owner)!)))).toEqual([]);
  });

  it('are used by tests', () => {
    const all = tests();
    const isUsed = ({ owner, name }: (typeof built)[number]): boolean =>
      owner === 'transport kinds'
        ? all.includes(`'${name}'`)
        : new RegExp(`\\.${name}(?!\\w)|(?<![\\w.])${name}[,:]|(?<![\\w.])${name} \\}`, 'u').test(all);
    expect(text(built.filter((name) => !isUsed(name)))).toEqual([]);
  });

  it('stand in one row each', () => {
    const all = text(owed);
    expect(new Set(all).size).toBe(all.length);
  });
});
