import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..', '..');

/** What it takes to have a package at all. */
export interface PackageResult {
  readonly id: string;
  readonly importMs: readonly number[];
  /** RSS that loading it adds, in bytes. */
  readonly rssBytes: readonly number[];
  /** The package and all that it needs at run time, on disk. */
  readonly installedBytes: number;
  readonly packages: number;
}

/** What is imported by whoever calls tools of a server over stdio. */
const ENTRIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['signalbox', [pathToFileURL(join(ROOT, 'dist', 'index.js')).href]],
  ['v2', ['@modelcontextprotocol/client', '@modelcontextprotocol/client/stdio']],
  ['v1', ['@modelcontextprotocol/sdk/client/index.js', '@modelcontextprotocol/sdk/client/stdio.js']],
]);

const PACKAGES: ReadonlyMap<string, string> = new Map([
  ['v2', '@modelcontextprotocol/client'],
  ['v1', '@modelcontextprotocol/sdk'],
]);

const PROGRAM = `
  const before = process.memoryUsage().rss;
  const startedAt = performance.now();
  for (const name of JSON.parse(process.argv[1])) await import(name);
  const importMs = performance.now() - startedAt;
  process.stdout.write(JSON.stringify({ importMs, rssBytes: process.memoryUsage().rss - before }));`;

/** Imports each package anew in fresh processes, in turn. */
export function measurePackages(rounds: number): PackageResult[] {
  const imports = new Map(
    [...ENTRIES.keys()].map((id) => [id, [] as { importMs: number; rssBytes: number }[]]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const [id, entries] of ENTRIES) {
      const args = ['--input-type=module', '-e', PROGRAM, JSON.stringify(entries)];
      imports
        .get(id)!
        .push(JSON.parse(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })));
    }
  }
  return [...imports].map(([id, samples]) => ({
    id,
    importMs: samples.map(({ importMs }) => importMs),
    rssBytes: samples.map(({ rssBytes }) => rssBytes),
    ...installed(id),
  }));
}

function installed(id: string): { installedBytes: number; packages: number } {
  const own = PACKAGES.get(id);
  const folders = new Set<string>();
  if (own === undefined) for (const name of dependenciesOf(ROOT)) collect(name, ROOT, folders);
  else collect(own, ROOT, folders);
  let installedBytes = own === undefined ? sizeOf(join(ROOT, 'dist')) : 0;
  for (const folder of folders) installedBytes += sizeOf(folder);
  return { installedBytes, packages: folders.size + (own === undefined ? 1 : 0) };
}

/** Follows dependencies as Node.js finds them. */
function collect(name: string, from: string, folders: Set<string>): void {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) {
      if (folders.has(folder)) return;
      folders.add(folder);
      for (const dependency of dependenciesOf(folder)) collect(dependency, folder, folders);
      return;
    }
    // What is optional may be absent.
    if (at === dirname(at)) return;
  }
}

function dependenciesOf(folder: string): readonly string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Readonly<Record<string, string>>;
  };
  return Object.keys(dependencies);
}

/** Packages within a package are counted where they are needed. */
function sizeOf(path: string): number {
  const info = lstatSync(path);
  if (!info.isDirectory()) return info.size;
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
