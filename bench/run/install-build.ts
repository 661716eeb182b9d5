import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * Puts a build where a user has it: below `node_modules` and beside its `package.json`. Builds are comparable only in
 * like places: the same files without a `package.json` took a quarter less CPU for each call over HTTP.
 *
 * @returns the folder that it is imported from
 */
export function installBuild(build: string, name: string): string {
  const folder = join(ROOT, 'node_modules', '.cache', 'signalbox', 'bench', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(build, join(folder, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  return join(folder, 'dist');
}
