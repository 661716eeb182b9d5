import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.ts';

const dist = join(import.meta.dirname, '..', '..', 'dist');

/** Everything that loading `entry` loads at once: files of dist, and the names of packages and built-in modules. */
function loadedBy(entry: string): { files: string[]; packages: string[] } {
  const files = new Set([entry]);
  const packages = new Set<string>();
  for (const file of files) {
    for (const { kind, specifier, to } of importsOf(file, readFileSync(join(dist, file), 'utf8'))) {
      if (kind === 'dynamic') continue;
      if (to === undefined) packages.add(specifier);
      else files.add(to);
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

describe('the built root entry', () => {
  it('has been built', () => {
    expect(existsSync(join(dist, 'index.js')), 'dist/ is missing: run `npm run build`').toBe(true);
  });

  it('loads neither the gateway, the dashboard, telemetry, the command line nor OAuth', () => {
    const { files } = loadedBy('index.js');
    const unwanted = /^(?:gateway|dashboard|telemetry|cli|testing)\/|^auth\/oauth/u;
    expect(files.filter((file) => unwanted.test(file))).toEqual([]);
  });

  it('loads of the validator only what finds out that nothing is to be validated', () => {
    const { files } = loadedBy('index.js');
    expect(files.filter((file) => file.startsWith('protocol/schema/'))).toEqual([
      'protocol/schema/output-validator.js',
      'protocol/schema/schema-bounds.js',
    ]);
  });

  it('loads two packages: one for HTTP, one for starting programs', () => {
    const { packages } = loadedBy('index.js');
    expect(packages.filter((name) => !name.startsWith('node:'))).toEqual(['cross-spawn', 'undici']);
  });
});

describe('the built adapters', () => {
  it.each([
    ['ai-sdk', ['ai']],
    ['anthropic', []],
    ['langchain', ['@langchain/core/messages', '@langchain/core/tools']],
    ['openai', []],
    ['mcp-sdk', ['cross-spawn', 'undici']],
  ])('%s loads of all packages %j only', (name, expected) => {
    const { packages } = loadedBy(`adapters/${name}/index.js`);
    expect(packages.filter((one) => !one.startsWith('node:'))).toEqual(expected);
  });
});
