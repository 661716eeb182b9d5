import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What to do so that a file with secrets is not committed; undefined where nothing needs to be done. */
export async function gitIgnoreHint(file: string): Promise<string | undefined> {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (await isIgnored(join(folder, '.gitignore'), basename(file))) return undefined;
    if (existsSync(join(folder, '.git'))) {
      return `${basename(file)} holds secrets now, and git does not ignore it: add it to ${join(folder, '.gitignore')}`;
    }
    if (dirname(folder) === folder) return undefined;
  }
}

/** Whether one of the usual lines is there; what git would make of rarer ones is not found out. */
async function isIgnored(ignoreFile: string, name: string): Promise<boolean> {
  const text = await readFile(ignoreFile, 'utf8').catch(() => '');
  const lines = new Set(text.split(/\r?\n/u).map((line) => line.trim().replace(/^(?:\*\*)?\//u, '')));
  return [name, `${name}*`, '.env*', '*.env'].some(
    (line) => lines.has(line) && (line === name || name.includes('.env')),
  );
}
