import { type FileHandle, open } from 'node:fs/promises';
import { messageOf } from '../../core/errors.ts';

/** Largest config or env file, in bytes. */
export const MAX_FILE_BYTES: number = 1024 * 1024;

/** Why a file could not be read, as the second half of a sentence. */
export interface ReadFault {
  readonly fault: string;
  /** Whether there is nothing at this path. */
  readonly missing: boolean;
  readonly cause?: unknown;
}

/**
 * The text of a UTF-8 file, or why there is none. Never rejects.
 *
 * @param maxBytes largest file. Default {@link MAX_FILE_BYTES}.
 */
export async function readBoundedText(
  path: string,
  maxBytes: number = MAX_FILE_BYTES,
): Promise<string | ReadFault> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stats = await handle.stat();
    if (!stats.isFile())
      return { fault: stats.isDirectory() ? 'is a folder' : 'is no regular file', missing: false };
    if (stats.size > maxBytes) return tooLarge(stats.size, maxBytes);
    // One byte more than allowed, should the file grow just now.
    const buffer = Buffer.allocUnsafe(maxBytes + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (length > maxBytes) return tooLarge(length, maxBytes);
      if (bytesRead === 0) break;
    }
    return decoded(buffer.subarray(0, length));
  } catch (cause) {
    return readFault(cause);
  } finally {
    await handle?.close();
  }
}

function tooLarge(size: number, maxBytes: number): ReadFault {
  return { fault: `is too large: ${size} bytes, at most ${maxBytes} are read`, missing: false };
}

function decoded(bytes: Uint8Array): string | ReadFault {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    return { fault: 'is not UTF-8 text; save it as UTF-8', missing: false, cause };
  }
}

/** What an error of the file system means. */
export function readFault(cause: unknown): ReadFault {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR') return { fault: 'does not exist', missing: true, cause };
  if (code === 'EACCES' || code === 'EPERM')
    return { fault: `may not be read (${code})`, missing: false, cause };
  return { fault: `cannot be read: ${messageOf(cause)}`, missing: false, cause };
}
