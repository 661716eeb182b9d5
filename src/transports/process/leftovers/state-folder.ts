import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SignalboxError } from '../../../core/errors.ts';
import { readPrivateFile } from '../../../core/private-file.ts';

let chosen: string | false | undefined;

/**
 * Chooses the folder in which this process notes which servers it started, so that the next one can end those that
 * outlive it when it is killed. It is made if it is missing, and must belong to this user alone.
 *
 * Holds for servers that are started from now on, and is best called before the first.
 *
 * @param folder a path, or `false`: note nothing, and end nothing that others left. Default: `signalbox-<uid>` in the
 * folder for temporary files. On Windows nothing is noted in any case.
 */
export function useStateFolder(folder: string | false): void {
  if (folder !== false && (folder === '' || folder.includes('\0'))) {
    throw new SignalboxError('INVALID_ARGUMENT', 'the state folder is empty or contains a NUL character');
  }
  chosen = folder === false ? false : resolve(folder);
}

/** The folder in use, or undefined for none. */
export function stateFolder(): string | undefined {
  const uid = process.getuid?.();
  if (chosen === false || uid === undefined) return undefined;
  return chosen ?? join(tmpdir(), `signalbox-${uid}`);
}

/**
 * Makes the folder if it is missing. Returns what is wrong with it, in words: in a folder that others can write to, a
 * stranger could have us signal processes (S27).
 */
export function faultOfFolder(folder: string): string | undefined {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const info = lstatSync(folder);
    if (!info.isDirectory()) return 'is no directory, or a symbolic link';
    if (info.uid !== process.getuid?.()) return 'belongs to another user';
    if ((info.mode & 0o077) !== 0) chmodSync(folder, 0o700);
    return undefined;
  } catch (error) {
    return `cannot be used (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
  }
}

/** The text of a file of ours; undefined for anything else: a link, a foreign or an oversized file, none at all. */
export function readOwnFile(path: string, maxBytes: number): Promise<string | undefined> {
  return readPrivateFile(path, maxBytes).catch(() => undefined);
}
