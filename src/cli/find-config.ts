import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SignalboxError } from '../core/errors.ts';

/** The file that is looked for where none is named. */
export const CONFIG_FILE = '.mcp.json';

/**
 * The config file to use: the given one, or the nearest `.mcp.json` in `cwd` and the folders above it.
 * @throws SignalboxError CONFIG_INVALID if there is none
 */
export function findConfig(given: string | undefined, cwd: string): string {
  if (given !== undefined) return resolve(cwd, given);
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const file = join(folder, CONFIG_FILE);
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) break;
  }
  throw new SignalboxError(
    'CONFIG_INVALID',
    `there is no ${CONFIG_FILE} in ${resolve(cwd)} or above it; create one, or name a file with --config FILE`,
  );
}
