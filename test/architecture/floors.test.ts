import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FLOORS, NOT_IN_ROOT_ENTRY } from './floors.ts';
import { circles, importGraph, importsOf } from './imports.ts';

const project = join(import.meta.dirname, '..', '..');
const rooms = Object.keys(FLOORS);
const roomOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : file);

describe('the floors of src/', () => {
  const edges = importGraph(join(project, 'src'), ['.ts']);

  it('reads imports and no comments', () => {
    const text = [
      "import type { A } from './a.ts';",
      'import {',
      '  B,',
      "} from '../wire/b.ts';",
      "import './c.ts';",
      "export { D } from './d.ts';",
      "const later = await import('./e.ts');",
      " * import { no } from './comment.ts';",
      "// await import('./comment.ts')",
      "export const path = './not-an-import.ts';",
    ].join('\n');
    expect(importsOf('client/x.ts', text).map((edge) => edge.to)).toEqual([
      'client/a.ts',
      'wire/b.ts',
      'client/c.ts',
      'client/d.ts',
      'client/e.ts',
    ]);
  });

  it('has a floor for every folder', () => {
    const known = new Set([...rooms, 'index.ts']);
    const unknown = edges.map((edge) => roomOf(edge.from)).filter((room) => !known.has(room));
    expect([...new Set(unknown)], 'add the folder to test/architecture/floors.ts and .oxlintrc.json').toEqual(
      [],
    );
  });

  it('imports only downwards', () => {
    const wrong = edges.filter(({ from, to }) => {
      if (to === undefined) return false;
      const [above, below] = [roomOf(from), roomOf(to)];
      if (from === 'index.ts') return NOT_IN_ROOT_ENTRY.includes(below);
      if (above === below) return false;
      if (from.endsWith('.test.ts') && below === 'testing') return false;
      return !(FLOORS[above] ?? []).includes(below);
    });
    expect(wrong.map(({ from, specifier }) => `${from} imports ${specifier}`)).toEqual([]);
  });

  it('has no circles, neither between files nor between rooms', () => {
    expect(circles(edges).map((circle) => circle.join(' -> '))).toEqual([]);
    const table = rooms.flatMap((room) =>
      (FLOORS[room] ?? []).map((to) => ({ from: room, specifier: to, to, kind: 'static' as const })),
    );
    expect(circles(table)).toEqual([]);
    expect(circles([...table, { from: 'core', specifier: 'cli', to: 'cli', kind: 'static' }])).not.toEqual(
      [],
    );
  });
});

describe('the lint configuration knows the same floors', () => {
  let house = '';
  const reported = new Map<string, string[]>();

  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(house, file)), { recursive: true });
    writeFileSync(join(house, file), text);
  };

  beforeAll(() => {
    house = mkdtempSync(join(tmpdir(), 'signalbox-floors-'));
    for (const file of ['.oxlintrc.json', 'tsconfig.base.json'])
      copyFileSync(join(project, file), join(house, file));
    write(
      'tsconfig.json',
      '{ "extends": "./tsconfig.base.json", "compilerOptions": { "types": [], "lib": ["es2023", "dom"], "noEmit": true } }',
    );
    for (const room of rooms) {
      for (const other of rooms) {
        write(`src/${room}/to-${other}.ts`, `export { a } from '../${other}/x.ts';\n`);
        write(`src/${room}/deep/to-${other}.ts`, `export type { a } from '../../${other}/x.ts';\n`);
      }
    }
    write('src/index.ts', rooms.map((room) => `export { ${room} } from './${room}/x.ts';`).join('\n'));
    const clocks = [
      'setTimeout(f, 1)',
      'setInterval(f, 1)',
      'Date.now()',
      'Math.random()',
      'performance.now()',
    ];
    for (const room of ['client', 'cli', 'testing']) {
      [...clocks, "console.log('')", 'globalThis.setTimeout(f, 1)'].forEach((call, index) => {
        write(
          `src/${room}/bare-${index}.ts`,
          `export const use = (f: () => void): unknown => [f, ${call}];\n`,
        );
      });
    }
    write(
      'src/core/clock.ts',
      clocks.map((call, i) => `export const f${i} = (f: () => void): unknown => [f, ${call}];`).join('\n'),
    );
    write('src/client/timers.ts', "export { setTimeout } from 'node:timers/promises';\n");
    write(
      'src/client/circle-a.ts',
      "import { b } from './circle-b.ts';\nexport const a = (): unknown => b;\n",
    );
    write(
      'src/client/circle-b.ts',
      "import { a } from './circle-a.ts';\nexport const b = (): unknown => a;\n",
    );
    write('src/client/floating.ts', 'export const a = (p: Promise<void>): void => {\n  p;\n};\n');
    write(
      'src/client/switch.ts',
      "export const a = (k: 'x' | 'y'): void => {\n  switch (k) {\n    case 'x':\n  }\n};\n",
    );
    write('src/client/default.ts', 'export default 1;\n');
    write('src/client/any.ts', 'export const a = (b: any): unknown => b;\n');
    write(
      'src/client/long.ts',
      Array.from({ length: 401 }, (_, i) => `export const a${i} = ${i};`).join('\n'),
    );
    write('test/long.ts', Array.from({ length: 599 }, (_, i) => `export const a${i} = ${i};`).join('\n'));
    write('test/longer.ts', Array.from({ length: 601 }, (_, i) => `export const a${i} = ${i};`).join('\n'));

    const oxlint = join(project, 'node_modules', 'oxlint', 'bin', 'oxlint');
    // The type-aware pass is a program of its own, which oxlint looks up on the PATH from here.
    const bin = join(project, 'node_modules', '.bin');
    const config = join(house, '.oxlintrc.json');
    const run = spawnSync(process.execPath, [oxlint, '--format', 'json', '-c', config, '.'], {
      cwd: house,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` },
    });
    expect(run.status, run.stdout + run.stderr).toBe(1);
    const { diagnostics } = JSON.parse(run.stdout) as {
      diagnostics: { code?: string; filename: string; message: string }[];
    };
    for (const { code, filename } of diagnostics) {
      const file = filename.replaceAll('\\', '/');
      reported.set(file, [...(reported.get(file) ?? []), code ?? '']);
    }
  });

  afterAll(() => rmSync(house, { recursive: true, force: true }));

  const codes = (file: string): string[] => reported.get(file) ?? [];
  const RESTRICTED_IMPORT = 'eslint(no-restricted-imports)';

  it.each(rooms)('src/%s may import what its floor allows, and nothing else', (room) => {
    for (const other of rooms.filter((name) => name !== room)) {
      const allowed = (FLOORS[room] ?? []).includes(other);
      for (const file of [`src/${room}/to-${other}.ts`, `src/${room}/deep/to-${other}.ts`]) {
        expect(codes(file).includes(RESTRICTED_IMPORT), `${file} is refused`).toBe(!allowed);
      }
    }
  });

  it('src/index.ts is refused exactly what the root entry must not load', () => {
    expect(codes('src/index.ts').filter((code) => code === RESTRICTED_IMPORT)).toHaveLength(
      NOT_IN_ROOT_ENTRY.length,
    );
  });

  it.each([0, 1, 2, 3, 4, 5, 6])(
    'refuses bare time, chance and console outside core and cli (%i)',
    (index) => {
      const bans = /no-restricted-globals|no-restricted-properties|no-console/;
      expect(codes(`src/client/bare-${index}.ts`)).toContainEqual(expect.stringMatching(bans));
      expect(codes(`src/testing/bare-${index}.ts`)).toContainEqual(expect.stringMatching(bans));
      expect(codes(`src/cli/bare-${index}.ts`)).toEqual([]);
      expect(codes('src/core/clock.ts')).toEqual([]);
    },
  );

  it('refuses timer modules, circles, floating promises, open switches, default exports, any and long files', () => {
    expect(codes('src/client/timers.ts')).toContain(RESTRICTED_IMPORT);
    expect(codes('src/client/circle-a.ts')).toContain('import(no-cycle)');
    expect(codes('src/client/floating.ts')).toContain('typescript(no-floating-promises)');
    expect(codes('src/client/switch.ts')).toContain('typescript(switch-exhaustiveness-check)');
    expect(codes('src/client/default.ts')).toContain('import(no-default-export)');
    expect(codes('src/client/any.ts')).toContain('typescript(no-explicit-any)');
    expect(codes('src/client/long.ts')).toContain('eslint(max-lines)');
    expect(codes('test/long.ts')).toEqual([]);
    expect(codes('test/longer.ts')).toContain('eslint(max-lines)');
  });
});
