import { resolve } from 'node:path';
import { SignalboxError } from '../../../core/errors.ts';
import { PrivateFileError, readPrivateFile, replacePrivateFile } from '../../../core/private-file.ts';
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

  /** Keeps the consent to start these servers as they are now, in one write. */
  approve(...subjects: readonly ConsentSubject[]): Promise<void> {
    return this.#change((hashes) => {
      for (const { name, entry } of subjects) hashes.set(name, launchHash(entry));
    });
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
      const text = `${JSON.stringify({ version: 1, approved: [...hashes] })}\n`;
      await replacePrivateFile(this.path, text).catch((error: unknown) => refuse(this.path, error));
      this.#hashes = hashes;
    });
    this.#last = done.catch(() => {});
    return done;
  }
}

async function readHashes(path: string): Promise<Map<string, string>> {
  const text = await readPrivateFile(path, MAX_BYTES).catch((error: unknown) => refuse(path, error));
  return text === undefined ? new Map() : parse(text);
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

function refuse(path: string, error: unknown): never {
  if (error instanceof PrivateFileError) throw fault(path, error.fault, error);
  throw error;
}

function fault(path: string, what: string, cause?: unknown): SignalboxError {
  return new SignalboxError('CONFIG_INVALID', `the file of consents ${JSON.stringify(path)} ${what}`, {
    cause,
  });
}
