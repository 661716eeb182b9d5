import { randomBytes } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Clock, systemClock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { guardLogger, type Logger, silentLogger } from '../../core/log.ts';
import {
  folderFault,
  PrivateFileError,
  readPrivateFile,
  replacePrivateFile,
} from '../../core/private-file.ts';
import {
  decodeState,
  encodeState,
  HEAD_BYTES,
  isReplaceable,
  type StateFileContent,
} from './state-file-format.ts';
import { clearStateFolder, damagedName, temporaryName } from './state-file-names.ts';
import type { RegistryState, StateStore } from './state-store.ts';

/** Options of {@link FileStateStore}. */
export interface FileStateStoreOptions {
  /** Told of files that are damaged or that cannot be used. Default: silence. */
  readonly logger?: Logger;
  /** Larger files are neither read nor written, in bytes. Default 64 MiB; 1 KiB to 1 GiB. */
  readonly maxBytes?: number;
  readonly clock?: Clock;
}

const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Keeps the state of a registry in a file that only this user can read or write (0600), in a folder of this user's own.
 *
 * The file is always one complete state, whenever a writer or the machine dies: a new one is written beside it, synced,
 * and renamed into its place. Several processes may share a file; the last complete save wins. A damaged file is set
 * aside as `<file>.damaged-…` (the last 5 are kept). A file of a later version, one that is something else, and one
 * that others could have written is refused: neither read nor replaced.
 */
export class FileStateStore implements StateStore {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #logger: Logger;
  readonly #clock: Clock;
  /** Saves of this store follow one another. */
  #last: Promise<void> = Promise.resolve();
  #clearing: Promise<void> | undefined;

  /**
   * @param path of the file; it need not exist, and its folder is made, for this user alone, with the first save
   * @throws SignalboxError INVALID_ARGUMENT
   */
  constructor(path: string, options: FileStateStoreOptions = {}) {
    const { maxBytes = MAX_BYTES } = options;
    if (path === '' || path.includes('\0')) {
      throw new SignalboxError(
        'INVALID_ARGUMENT',
        'the path of the state file is empty or contains a NUL character',
      );
    }
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1024 || maxBytes > 2 ** 30) {
      throw new SignalboxError('INVALID_ARGUMENT', 'maxBytes must be a whole number from 1024 to 1073741824');
    }
    this.path = resolve(path);
    this.#maxBytes = maxBytes;
    this.#logger = guardLogger(options.logger ?? silentLogger);
    this.#clock = options.clock ?? systemClock;
  }

  /** @throws SignalboxError CONFIG_INVALID if the file is refused */
  async load(): Promise<RegistryState | undefined> {
    const state = await this.#guarded(async () => {
      await this.#prepare();
      return await this.#read();
    });
    // What it holds is checked by the registry, as that of any store.
    return state as RegistryState | undefined;
  }

  /** @throws SignalboxError CONFIG_INVALID if the file is refused or cannot be written; the old one is as it was then */
  save(state: RegistryState): Promise<void> {
    const saved = this.#last.then(() => this.#guarded(() => this.#write(state)));
    this.#last = saved.catch(() => undefined);
    return saved;
  }

  async #write(state: RegistryState): Promise<void> {
    const text = encodeState(state);
    if (Buffer.byteLength(text) > this.#maxBytes) {
      throw new PrivateFileError(`would be larger than maxBytes (${this.#maxBytes})`);
    }
    await this.#prepare();
    const head = await readPrivateFile(this.path, this.#maxBytes, HEAD_BYTES);
    // Another release may have written to it since, or somebody may have put something else there.
    if (head !== undefined && !isReplaceable(head)) await this.#read();
    await replacePrivateFile(this.path, text, temporaryName(this.path));
  }

  async #prepare(): Promise<void> {
    const fault = await folderFault(dirname(this.path));
    if (fault !== undefined) throw new PrivateFileError(`is in a folder that ${fault}`);
    this.#clearing ??= clearStateFolder(this.path, this.#clock);
    await this.#clearing;
  }

  /** @throws PrivateFileError if the file must stay as it is */
  async #read(): Promise<unknown> {
    const content = await this.#content(this.path);
    switch (content?.kind) {
      case undefined:
        return undefined;
      case 'state':
        return content.state;
      case 'damaged':
        return await this.#setAside();
      case 'newer':
        throw new PrivateFileError(
          `was written by a later release (version ${content.version}) and is left as it is; choose another file, or remove it`,
        );
      case 'foreign':
        throw new PrivateFileError('is something else than the state of a registry and is left as it is');
    }
  }

  async #content(path: string): Promise<StateFileContent | undefined> {
    const text = await readPrivateFile(path, this.#maxBytes);
    return text === undefined ? undefined : decodeState(text);
  }

  /** Returns what another process has put in its place meanwhile. */
  async #setAside(): Promise<unknown> {
    const aside = damagedName(this.path, this.#clock.wallNow(), randomBytes(4).toString('hex'));
    try {
      await rename(this.path, aside);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Another process was faster.
      if (code === 'ENOENT') return undefined;
      throw new PrivateFileError(`is damaged and cannot be set aside (${String(code)})`, error);
    }
    const content = await this.#content(aside);
    if (content?.kind === 'state') {
      // What was moved is a good file, written since: it goes back, unless there is a newer one already.
      await link(aside, this.path).catch(() => undefined);
      await rm(aside, { force: true });
      return content.state;
    }
    this.#logger.warn('the state file is damaged and was set aside; the registry starts without it', {
      file: this.path,
      aside,
    });
    await clearStateFolder(this.path, this.#clock);
    return undefined;
  }

  async #guarded<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof PrivateFileError)) throw error;
      const message = `the state file ${JSON.stringify(this.path)} ${error.fault}`;
      throw new SignalboxError('CONFIG_INVALID', message, { cause: error.cause ?? error });
    }
  }
}
