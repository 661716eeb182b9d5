import { randomBytes } from 'node:crypto';
import { lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KeyPath } from '../../config/checks/findings.ts';
import { ConfigDocument } from '../../config/file/config-document.ts';
import { fileError } from '../../config/file/file-error.ts';
import { readBoundedText } from '../../config/file/read-text.ts';
import { findServers } from '../../config/file/servers-key.ts';
import { EMPTY_CONFIG } from '../../config/import/insert-servers.ts';

/** The file that servers are written into, as it is now. */
export interface TargetFile {
  /** As it was named. */
  readonly file: string;
  readonly text: string;
  readonly isNew: boolean;
  /** Where its servers stand. */
  readonly path: KeyPath;
  /** Its entries, as they are written. */
  readonly entries: ReadonlyMap<string, unknown>;
}

/**
 * Reads the file that is to be written. One that is missing, or empty, is as good as one without servers.
 * @throws SignalboxError `CONFIG_INVALID` if it cannot be read: it would be lost otherwise
 */
export async function readTarget(file: string): Promise<TargetFile> {
  const text = await readBoundedText(file);
  if (typeof text !== 'string' && !text.missing) {
    throw fileError(file, `the file to be written ${text.fault}`, { cause: text.cause });
  }
  const isBlank = typeof text !== 'string' || text.replace(/^\uFEFF/u, '').trim() === '';
  if (isBlank) {
    const isNew = typeof text !== 'string';
    return { file, text: EMPTY_CONFIG, isNew, path: ['mcpServers'], entries: new Map() };
  }
  const document = new ConfigDocument(text, file);
  const isEmpty = typeof document.value === 'object' && Object.keys(document.value ?? {}).length === 0;
  if (isEmpty && !Array.isArray(document.value) && document.value !== null) {
    return { file, text: EMPTY_CONFIG, isNew: false, path: ['mcpServers'], entries: new Map() };
  }
  const { path, servers } = findServers(document);
  return { file, text, isNew: false, path, entries: new Map(Object.entries(servers)) };
}

/** How a file is written. */
export interface WriteOptions {
  /** Whether only this user may read it from now on. Default: whoever could, and for a new file what is usual. */
  readonly isPrivate: boolean;
}

/**
 * Replaces a file as a whole: whoever reads it meanwhile, or after a crash, finds the old or the new one. Its mode stays;
 * a link is followed, so that it stays a link.
 * @throws SignalboxError `CONFIG_INVALID` if it cannot be written; the old file is as it was then
 */
export async function replaceFile(file: string, text: string, { isPrivate }: WriteOptions): Promise<void> {
  const path = await realpath(file).catch(() => file);
  const temporary = join(dirname(path), `.${randomBytes(8).toString('hex')}.signalbox-new`);
  try {
    const before = await modeOf(path, file);
    const mode = isPrivate ? 0o600 : (before ?? 0o666);
    const handle = await open(temporary, 'wx', mode);
    try {
      // The mask of the process must not take away what the old file allowed.
      if (before !== undefined || isPrivate) await handle.chmod(mode);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const { code } = cause as NodeJS.ErrnoException;
    throw fileError(file, `cannot be written (${String(code ?? 'unknown error')})`, { cause });
  }
}

/** Undefined where there is no file yet. A link that leads nowhere is refused: it would be replaced by a file. */
async function modeOf(path: string, file: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const link = await lstat(file).catch(() => undefined);
  if (link?.isSymbolicLink() === true)
    throw Object.assign(new Error('a link'), { code: 'a link that leads nowhere' });
  return undefined;
}
