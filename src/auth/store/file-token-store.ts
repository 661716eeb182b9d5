import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { type Random, systemRandom } from '../../core/random.ts';
import { takeLock } from './file-lock.ts';
import { parseStored, type StoredServer } from './stored-grant.ts';
import type { StoreChange, TokenStore } from './token-store.ts';

const MAX_BYTES = 256 * 1024;

/** The folder for tokens of this user: below `XDG_STATE_HOME`, `LOCALAPPDATA` or the home folder. */
export function defaultTokenFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const { XDG_STATE_HOME, LOCALAPPDATA } = environment;
  const base =
    process.platform === 'win32'
      ? (LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'))
      : XDG_STATE_HOME !== undefined && XDG_STATE_HOME.startsWith('/')
        ? XDG_STATE_HOME
        : join(homedir(), '.local', 'state');
  return join(base, 'signalbox', 'tokens');
}

/** What a {@link FileTokenStore} can be given. */
export interface FileTokenStoreOptions {
  /** Default: {@link defaultTokenFolder}. */
  readonly folder?: string | undefined;
  /** Default: the clock of the machine. */
  readonly clock?: Clock | undefined;
  /** Default: the random source of the machine. */
  readonly random?: Random | undefined;
}

/**
 * Keeps clients and tokens in files that only this user can read (S09): one for each server, 0600 in a folder of 0700,
 * replaced as a whole. A lock file beside it keeps other processes away while a token is renewed.
 */
export class FileTokenStore implements TokenStore {
  readonly folder: string;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Within the process they queue up, so that the lock file is asked for once at a time. */
  readonly #last: Map<string, Promise<unknown>> = new Map();

  constructor({ folder, clock, random }: FileTokenStoreOptions = {}) {
    this.folder = resolve(folder ?? defaultTokenFolder());
    this.#clock = clock ?? systemClock;
    this.#random = random ?? systemRandom;
  }

  /** @throws SignalboxError CONFIG_INVALID if folder or file could have been written by others */
  async load(serverUrl: string): Promise<StoredServer | undefined> {
    return await readStored(this.#pathOf(serverUrl), serverUrl);
  }

  /** @throws SignalboxError CONFIG_INVALID, AUTH_FAILED, and what `change` throws */
  update<T>(
    serverUrl: string,
    change: (stored: StoredServer | undefined) => Promise<StoreChange<T>>,
  ): Promise<T> {
    const path = this.#pathOf(serverUrl);
    const done = (this.#last.get(path) ?? Promise.resolve()).then(() =>
      this.#locked(path, serverUrl, change),
    );
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(path, settled);
    void settled.then(() => {
      if (this.#last.get(path) === settled) this.#last.delete(path);
    });
    return done;
  }

  async #locked<T>(
    path: string,
    serverUrl: string,
    change: (stored: StoredServer | undefined) => Promise<StoreChange<T>>,
  ): Promise<T> {
    await prepareFolder(this.folder);
    const lock = await takeLock(`${path}.lock`, { clock: this.#clock, random: this.#random });
    try {
      const { next, result } = await change(await readStored(path, serverUrl));
      if (next === undefined) await rm(path, { force: true });
      else await replaceFile(path, `${JSON.stringify({ version: 1, ...next }, null, 2)}\n`);
      return result;
    } finally {
      await lock.release();
    }
  }

  /** The name of the file tells nothing: URLs may hold secrets. */
  #pathOf(serverUrl: string): string {
    const name = createHash('sha256').update(serverUrl).digest('hex').slice(0, 40);
    return join(this.folder, `${name}.json`);
  }
}

async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const info = await lstat(folder);
    const uid = process.getuid?.();
    if (!info.isDirectory()) throw fault(folder, 'is no folder, or a symbolic link');
    if (uid !== undefined && info.uid !== uid) throw fault(folder, 'belongs to another user');
    if (uid !== undefined && (info.mode & 0o077) !== 0) await chmod(folder, 0o700);
  } catch (error) {
    if (SignalboxError.is(error)) throw error;
    throw fault(folder, `cannot be used (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, error);
  }
}

async function readStored(path: string, serverUrl: string): Promise<StoredServer | undefined> {
  let text: string;
  try {
    // A FIFO in its place would hold us for ever without O_NONBLOCK. Windows has neither flag.
    const file = await open(
      path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
    try {
      const info = await file.stat();
      const uid = process.getuid?.();
      if (!info.isFile() || info.size > MAX_BYTES) throw fault(path, 'is no file of tokens');
      if (uid !== undefined && info.uid !== uid) throw fault(path, 'belongs to another user');
      if (uid !== undefined && (info.mode & 0o077) !== 0) {
        throw fault(path, 'can be read or written by others; chmod 600 it, and log in again if it was read');
      }
      text = await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (SignalboxError.is(error)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw fault(
      path,
      code === 'ELOOP' ? 'is a symbolic link' : `cannot be read (${code ?? 'unknown'})`,
      error,
    );
  }
  try {
    return parseStored(JSON.parse(text), serverUrl);
  } catch {
    // Half a file is none: people log in again.
    return undefined;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.new`;
  try {
    await writeFile(temporary, text, { flag: 'wx', mode: 0o600, flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fault(path, `cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, error);
  }
}

function fault(path: string, what: string, cause?: unknown): SignalboxError {
  return new SignalboxError('CONFIG_INVALID', `the place for tokens ${JSON.stringify(path)} ${what}`, {
    cause,
  });
}
