import { resolve } from 'node:path';
import { type Clock, systemClock } from '../../core/clock.ts';
import { messageOf, SignalboxError } from '../../core/errors.ts';
import { guardLogger, type Logger, silentLogger } from '../../core/log.ts';
import { type LoadedConfig, type LoadOptions, loadConfig } from '../load.ts';
import { FileWatch } from './file-watch.ts';

/** What became of a config file. */
export type ConfigChange =
  /** It was read again. Single servers may still be unusable: they stand in `config.failed`. */
  | { readonly type: 'loaded'; readonly config: LoadedConfig }
  /** It cannot be used as a whole: gone, not JSON, … The error names file and line. What runs need not care. */
  | { readonly type: 'broken'; readonly error: SignalboxError };

/** How {@link watchConfig} goes about it; what `loadConfig` takes is passed on. */
export interface WatchOptions extends LoadOptions {
  /** For how long a file must be left alone after a change until it is read, in ms. Default 150; 1 to 60 000. */
  readonly settleMs?: number | undefined;
  /** How often the files are looked at although nobody says that they changed, in ms. Default 2 000; 10 to 3 600 000. */
  readonly pollMs?: number | undefined;
  /** Further files whose change is a reason to read the config again. Default: none. */
  readonly also?: readonly string[] | undefined;
  /** Told of a listener that throws. Default: silence. */
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
}

/** A config file that is being watched. It keeps no process alive. */
export interface ConfigWatch extends Disposable {
  /** Absolute path of the file. */
  readonly file: string;
  /**
   * Watches these files too, in place of those that were named before: `files` of a config that was loaded elsewhere.
   * What the watch loads itself is followed by itself.
   */
  follow(files: readonly string[]): void;
  /** Nothing is told any more. */
  close(): void;
}

const SETTLE_MS = 150;
const POLL_MS = 2000;

/**
 * Reads a config file again whenever it or an env file of its servers changes: written to, replaced by renaming (as
 * editors do), taken away, back again. A file that is being written is waited for. Tells one outcome after another, each
 * of a whole file; the listener decides what comes of it.
 *
 * @throws SignalboxError INVALID_ARGUMENT
 * @example
 * watchConfig('.mcp.json', (change) => {
 *   if (change.type === 'loaded') void registry.apply(change.config.servers, { failed: change.config.failed });
 *   else console.error(change.error.message);
 * });
 */
export function watchConfig(
  path: string,
  onChange: (change: ConfigChange) => void,
  options: WatchOptions = {},
): ConfigWatch {
  const { settleMs = SETTLE_MS, pollMs = POLL_MS } = options;
  requireTime('settleMs', settleMs, 1, 60_000);
  requireTime('pollMs', pollMs, 10, 3_600_000);
  return new FileConfigWatch(resolve(path), onChange, { ...options, settleMs, pollMs });
}

class FileConfigWatch implements ConfigWatch {
  readonly file: string;
  readonly #onChange: (change: ConfigChange) => void;
  readonly #options: WatchOptions & { readonly settleMs: number; readonly pollMs: number };
  readonly #watches: Map<string, FileWatch> = new Map();
  #isLoading = false;
  /** It has changed while it was being read. */
  #again = false;
  #isClosed = false;

  constructor(
    file: string,
    onChange: (change: ConfigChange) => void,
    options: WatchOptions & { readonly settleMs: number; readonly pollMs: number },
  ) {
    this.file = file;
    this.#onChange = onChange;
    this.#options = options;
    this.follow([]);
  }

  follow(files: readonly string[]): void {
    if (this.#isClosed) return;
    const { also = [] } = this.#options;
    const wanted = new Set([this.file, ...[...also, ...files].map((file) => resolve(file))]);
    for (const [file, watch] of this.#watches) {
      if (wanted.has(file)) continue;
      watch.close();
      this.#watches.delete(file);
    }
    const { clock = systemClock, settleMs, pollMs } = this.#options;
    for (const file of wanted) {
      if (this.#watches.has(file)) continue;
      const watch = new FileWatch(file, { clock, settleMs, pollMs, changed: () => void this.#load() });
      this.#watches.set(file, watch);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #load(): Promise<void> {
    this.#again = true;
    if (this.#isLoading) return;
    this.#isLoading = true;
    while (this.#again && !this.#isClosed) {
      this.#again = false;
      const change = await this.#read();
      // An older state of the file is of no interest any more.
      if (!this.#again) this.#tell(change);
    }
    this.#isLoading = false;
  }

  async #read(): Promise<ConfigChange> {
    try {
      const config = await loadConfig(this.file, this.#options);
      this.follow(config.files);
      return { type: 'loaded', config };
    } catch (error) {
      const fault = SignalboxError.is(error)
        ? error
        : new SignalboxError('INTERNAL', messageOf(error), { cause: error });
      return { type: 'broken', error: fault };
    }
  }

  #tell(change: ConfigChange): void {
    if (this.#isClosed) return;
    try {
      this.#onChange(change);
    } catch (error) {
      const logger = guardLogger(this.#options.logger ?? silentLogger);
      logger.error('the listener of a config file failed', { file: this.file, error: messageOf(error) });
    }
  }
}

function requireTime(name: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw new SignalboxError('INVALID_ARGUMENT', `${name} must be a number from ${min} to ${max}`);
}
