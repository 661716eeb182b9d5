import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Why a file of ours cannot be read or written. `fault` completes a sentence that names the file. */
export class PrivateFileError extends Error {
  override readonly name: string = 'PrivateFileError';
  readonly fault: string;

  constructor(fault: string, cause?: unknown) {
    super(fault, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

/**
 * The text of a file that only this user may write; undefined if there is none. It is never read through a link (S27).
 * @param maxBytes larger files are refused
 * @param onlyFirst how many bytes of it are wanted. Default: all
 * @throws PrivateFileError
 */
export async function readPrivateFile(
  path: string,
  maxBytes: number,
  onlyFirst?: number,
): Promise<string | undefined> {
  let file: FileHandle;
  try {
    // A FIFO in its place would hold us for ever without O_NONBLOCK. Windows has neither flag.
    file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new PrivateFileError(
      code === 'ELOOP' ? 'is a symbolic link' : `cannot be read (${String(code)})`,
      error,
    );
  }
  try {
    const info = await file.stat();
    const uid = process.getuid?.();
    if (!info.isFile()) throw new PrivateFileError('is no file');
    if (uid !== undefined && info.uid !== uid) throw new PrivateFileError('belongs to another user');
    if (uid !== undefined && (info.mode & 0o022) !== 0) {
      throw new PrivateFileError('can be written by others; chmod 600 it');
    }
    if (info.size > maxBytes) throw new PrivateFileError('is too large');
    if (onlyFirst === undefined) return await file.readFile('utf8');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(onlyFirst), 0, onlyFirst, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (error instanceof PrivateFileError) throw error;
    throw new PrivateFileError(`cannot be read (${String((error as NodeJS.ErrnoException).code)})`, error);
  } finally {
    await file.close();
  }
}

/**
 * Replaces a file as a whole: whoever reads it meanwhile, or after a crash at any moment, finds the old or the new one.
 * Only this user can read or write it (S09); its folder is made for this user alone if it is missing.
 *
 * @param temporary where the new file is written first: in the same folder, nobody else's name
 * @throws PrivateFileError; the old file is as it was then
 */
export async function replacePrivateFile(
  path: string,
  text: string,
  temporary: string = `${path}.${randomBytes(8).toString('hex')}.new`,
): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // `wx` follows no link and takes nobody else's file.
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      // On the disk before its name is: a crash of the machine must not leave a name without content.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new PrivateFileError(`cannot be written (${String((error as NodeJS.ErrnoException).code)})`, error);
  }
  await syncFolder(dirname(path));
}

/** What makes a folder unfit for files that are this user's own; undefined if nothing does, or if there is none. */
export async function folderFault(folder: string): Promise<string | undefined> {
  const info = await lstat(folder).catch((error: unknown) => error as NodeJS.ErrnoException);
  if (info instanceof Error) {
    return info.code === 'ENOENT' ? undefined : `cannot be used (${String(info.code)})`;
  }
  const uid = process.getuid?.();
  if (!info.isDirectory()) return 'is no directory, or a symbolic link';
  if (uid === undefined) return undefined;
  if (info.uid !== uid && info.uid !== 0) return 'belongs to another user';
  // Many systems make folders that a group may write to, usually of this one user; what is read is this user's own in
  // any case. In a folder with the sticky bit, as /tmp is, nobody replaces what is not theirs.
  if ((info.mode & 0o1002) === 0o002) return 'can be written by everybody; chmod 700 it';
  return undefined;
}

/** Makes a rename last beyond a crash of the machine. Windows syncs no folders. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // The file is complete in any case; only which of two complete ones a crash leaves is open.
  }
}
