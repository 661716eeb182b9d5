import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../../core/clock.ts';
import { fileSignature, fileSignatureNow, folderIdentity } from './file-signature.ts';

/** How a {@link FileWatch} goes about it. Times are in ms. */
export interface FileWatchOptions {
  readonly clock: Clock;
  /** For how long a file must be left alone after a change until it is told: it may be being written. */
  readonly settleMs: number;
  /** How often it is looked at anyway: not every file system says that something has changed. */
  readonly pollMs: number;
  /** The file is another one than before; it may be gone. */
  readonly changed: () => void;
}

/** Events of a folder that come within this time lead to one look, in ms. */
const GATHER_MS = 20;
/** After this many pauses a file that is written to all the time is told nevertheless. */
const MAX_PAUSES = 20;

/**
 * Sees when a file changes, also where it is replaced by renaming another one, as editors do, or is taken away and comes
 * back. It watches the folder, since the file itself may be another one tomorrow, and looks at the file now and then. It
 * keeps no process alive.
 */
export class FileWatch {
  readonly #path: string;
  readonly #options: FileWatchOptions;
  #watcher: FSWatcher | undefined;
  /** The folder that is watched. */
  #folder = '';
  #seen: string;
  #look: Timer | undefined;
  #settle: Timer | undefined;
  #poll: Timer | undefined;
  /** Changes that were seen so far. */
  #changes = 0;
  #isClosed = false;

  /** What counts as a change is what happens from now on. */
  constructor(path: string, options: FileWatchOptions) {
    this.#path = path;
    this.#options = options;
    this.#seen = fileSignatureNow(path);
    this.#watch();
    this.#pollLater();
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch();
    for (const timer of [this.#look, this.#settle, this.#poll]) timer?.cancel();
  }

  #watch(): void {
    const folder = dirname(this.#path);
    this.#folder = folderIdentity(folder);
    try {
      // By any name: behind a link it is another one that changes.
      const watcher = watch(folder, { persistent: false }, () => this.#lookSoon());
      // Too many watches, a folder that is gone: then it is only looked at now and then.
      watcher.on('error', () => this.#unwatch());
      this.#watcher = watcher;
    } catch {
      this.#watcher = undefined;
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #lookSoon(): void {
    if (this.#isClosed) return;
    this.#look ??= this.#timer(GATHER_MS, () => {
      this.#look = undefined;
      void this.#compare();
    });
  }

  #pollLater(): void {
    this.#poll = this.#timer(this.#options.pollMs, () => {
      if (this.#watcher === undefined || folderIdentity(dirname(this.#path)) !== this.#folder) {
        this.#unwatch();
        this.#watch();
      }
      this.#pollLater();
      void this.#compare();
    });
  }

  async #compare(): Promise<void> {
    const signature = await fileSignature(this.#path);
    if (this.#isClosed || signature === this.#seen) return;
    this.#seen = signature;
    this.#changes++;
    if (this.#settle === undefined) this.#settleLater(1);
  }

  /** Waits until nothing has happened for a while. */
  #settleLater(pauses: number): void {
    const before = this.#changes;
    this.#settle = this.#timer(this.#options.settleMs, () => void this.#settled(before, pauses));
  }

  async #settled(before: number, pauses: number): Promise<void> {
    await this.#compare();
    if (this.#isClosed) return;
    if (this.#changes !== before && pauses < MAX_PAUSES) {
      this.#settleLater(pauses + 1);
      return;
    }
    this.#settle = undefined;
    this.#options.changed();
  }

  #timer(inMs: number, callback: () => void): Timer {
    const timer = this.#options.clock.setTimeout(callback, inMs);
    timer.unref();
    return timer;
  }
}
