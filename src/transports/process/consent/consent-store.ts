import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SignalboxError } from '../../../core/errors.ts';
import type { ConsentRecord, ConsentSubject } from './launch-consent.ts';
import { launchHash } from './launch-hash.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_NAMES = 10_000;

/**
 * Consent to start servers, kept in a file that only this user can read or write. It is replaced as a whole: whoever
 * reads it meanwhile sees the old or the new one. A file that is no such record counts as empty, so people are asked
 * again; one that others could have written is refused.
 */
export class ConsentStore implements ConsentRecord {
  readonly path: string;
  #hashes: ReadonlyMap<string, string>;
  /** Changes of this store follow one another. */
  #last: Promise<void> = Promise.resolve();

  /**
   * @param path of the file; it need not exist, and its folder is made with the first consent
   * @throws SignalboxError CONFIG_INVALID if it is a link, belongs to somebody else or can be written by others
   */
  static async open(path: string): Promise<ConsentStore> {
    const file = resolve(path);
    return new ConsentStore(file, await readHashes(file));
  }

  private constructor(path: string, hashes: ReadonlyMap<string, string>) {
    this.path = path;
    this.#hashes = hashes;
  }

  /** Names for which there is consent, whether or not their servers have changed. */
  get names(): readonly string[] {
    return [...this.#hashes.keys()];
  }

  approvedHash(name: string): string | undefined {
    return this.#hashes.get(name);
  }

  /** Keeps the consent to start this server as it is now. */
  approve({ name, entry }: ConsentSubject): Promise<void> {
    return this.#change((hashes) => void hashes.set(name, launchHash(entry)));
  }

  /** Takes the consent back; does nothing if there is none. */
  revoke(name: string): Promise<void> {
    return this.#change((hashes) => void hashes.delete(name));
  }

  #change(edit: (hashes: Map<string, string>) => void): Promise<void> {
    const done = this.#last.then(async () => {
      // Another process may have added to it since. Should both write at once, one consent is asked for again.
      const hashes = await readHashes(this.path);
      edit(hashes);
      if (hashes.size > MAX_NAMES) throw fault(this.path, `holds ${MAX_NAMES} names already; remove some`);
      await replaceFile(this.path, `${JSON.stringify({ version: 1, approved: [...hashes] })}\n`);
      this.#hashes = hashes;
    });
    this.#last = done.catch(() => {});
    return done;
  }
}

async function readHashes(path: string): Promise<Map<string, string>> {
  let file: FileHandle;
  try {
    // A FIFO in its place would hold us for ever without O_NONBLOCK. Windows has neither flag.
    file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return new Map();
    throw fault(path, code === 'ELOOP' ? 'is a symbolic link' : `cannot be read (${String(code)})`, error);
  }
  try {
    const info = await file.stat();
    const uid = process.getuid?.();
    if (!info.isFile()) throw fault(path, 'is no file');
    if (uid !== undefined && info.uid !== uid) throw fault(path, 'belongs to another user');
    if (uid !== undefined && (info.mode & 0o022) !== 0)
      throw fault(path, 'can be written by others; chmod 600 it');
    if (info.size > MAX_BYTES) throw fault(path, 'is too large');
    return parse(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

function parse(text: string): Map<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new Map();
  }
  const { version, approved } = (value ?? {}) as { version?: unknown; approved?: unknown };
  if (version !== 1 || !Array.isArray(approved) || approved.length > MAX_NAMES) return new Map();
  const isPair = (pair: unknown): pair is [string, string] =>
    Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string');
  return new Map(approved.filter(isPair));
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(temporary, text, { flag: 'wx', mode: 0o600, flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fault(path, `cannot be written (${String((error as NodeJS.ErrnoException).code)})`, error);
  }
}

function fault(path: string, what: string, cause?: unknown): SignalboxError {
  return new SignalboxError('CONFIG_INVALID', `the file of consents ${JSON.stringify(path)} ${what}`, {
    cause,
  });
}
