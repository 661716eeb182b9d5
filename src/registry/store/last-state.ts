import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { ServerStatus } from '../servers/server-status.ts';
import type { RegistryState, StateStore } from './state-store.ts';

/** What a registry remembers of its last run, and writes down for the next one. A store that fails is logged, no more. */
export class LastState {
  readonly #store: StateStore | undefined;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #loading: Promise<RegistryState | undefined> | undefined;

  constructor(store: StateStore | undefined, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The state that was saved last; read once. Never rejects. */
  load(): Promise<RegistryState | undefined> {
    this.#loading ??= Promise.resolve(this.#store?.load()).catch((error: unknown) => {
      this.#logger.error('the state of the registry could not be loaded', { error: messageOf(error) });
      return undefined;
    });
    return this.#loading;
  }

  /** Never rejects. */
  async save(servers: readonly ServerStatus[]): Promise<void> {
    const savedAt = new Date(this.#clock.wallNow()).toISOString();
    await this.#store?.save({ version: 1, savedAt, servers }).catch((error: unknown) => {
      this.#logger.error('the state of the registry could not be saved', { error: messageOf(error) });
    });
  }
}
