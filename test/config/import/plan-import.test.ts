import { describe, expect, it } from 'vitest';
import type { ImportedServer } from '../../../src/config/import/imported-server.ts';
import {
  type ConflictRule,
  isSameEntry,
  type PlannedServer,
  planImport,
} from '../../../src/config/import/plan-import.ts';
import { settlePaths } from '../../../src/config/import/settle-paths.ts';

function server(
  name: string,
  entry: Record<string, unknown>,
  host = 'cursor',
  folder?: string,
): ImportedServer {
  const place = { file: `/${host}.json`, line: 1, column: 1 };
  return { host, name, place, folder, entry, values: [], notes: [], hints: new Map() };
}

async function plan(
  imported: readonly ImportedServer[],
  existing: Record<string, unknown>,
  rule?: ConflictRule,
): Promise<string[]> {
  const planned: PlannedServer[] = await planImport({
    imported,
    existing: new Map(Object.entries(existing)),
    decide: () => rule,
  });
  return planned.map(({ name, action, server: { host } }) => `${host} ${name} ${action}`);
}

describe('what becomes of imported servers', () => {
  const one = server('a', { command: 'x' });
  const same = server('a', { type: 'stdio', command: 'x', args: [], env: {} }, 'zed');
  const other = server('a', { command: 'y' }, 'codex');

  it('new ones are added, and those that mean the same are one', async () => {
    expect(await plan([one, same], {})).toEqual(['cursor a add', 'zed a same']);
    expect(await plan([one], { a: { command: 'x', args: [] } })).toEqual(['cursor a same']);
  });

  it('other definitions of a name are decided', async () => {
    expect(await plan([one, other], {})).toEqual(['cursor a add', 'codex a unresolved']);
    expect(await plan([one, other], {}, 'skip')).toEqual(['cursor a add', 'codex a skip']);
    expect(await plan([one, other], {}, 'rename')).toEqual(['cursor a add', 'codex a-codex rename']);
    expect(await plan([one, other], {}, 'replace')).toEqual(['cursor a skip', 'codex a add']);
    expect(await plan([one], { a: { command: 'z' } }, 'replace')).toEqual(['cursor a replace']);
  });

  it('a second import finds what the first has renamed', async () => {
    expect(await plan([other], { a: { command: 'x' }, 'a-codex': { command: 'y' } }, 'rename')).toEqual([
      'codex a-codex same',
    ]);
    expect(await plan([other], { a: { command: 'x' }, 'a-codex': { command: 'z' } }, 'rename')).toEqual([
      'codex a-codex-2 rename',
    ]);
  });

  it('entries are the same however they are written', () => {
    expect(isSameEntry({ url: 'u', type: 'streamable-http' }, { type: 'http', url: 'u' })).toBe(true);
    expect(isSameEntry({ url: 'u' }, { type: 'http', url: 'u' })).toBe(false);
    expect(isSameEntry({ env: { A: '1' }, command: 'x' }, { command: 'x', env: { A: '2' } })).toBe(false);
  });
});

describe('paths keep their meaning', () => {
  const target = { folder: '/work/new', platform: 'linux' } as const;

  it('of another project', () => {
    const moved = settlePaths(
      server(
        'a',
        { command: 'x', args: ['${workspaceFolder}/a', '$${workspaceFolder}'], envFile: '.env' },
        'cursor',
        '/work/old',
      ),
      target,
    );
    expect(moved.entry).toEqual({
      command: 'x',
      args: ['/work/old/a', '$${workspaceFolder}'],
      envFile: '/work/old/.env',
      cwd: '/work/old',
    });
  });

  it('of the same project, and of none', () => {
    const entry = { command: 'x', cwd: 'tools' };
    expect(settlePaths(server('a', entry, 'cursor', '/work/new'), target).entry).toEqual(entry);
    const ofUser = settlePaths(server('a', entry), target);
    expect(ofUser.entry).toEqual(entry);
    expect(ofUser.notes.map(({ message }) => message)).toEqual([
      'is relative to the folder of the file that is written',
    ]);
  });

  it('by the rules of Windows', () => {
    const moved = settlePaths(server('a', { command: 'x', cwd: 'tools' }, 'cursor', 'D:\\old'), {
      folder: 'D:\\new',
      platform: 'win32',
    });
    expect(moved.entry['cwd']).toBe('D:\\old\\tools');
  });
});
