import type { ServerStatus } from '../servers/server-status.ts';

/** What a registry remembers from one run to the next. */
export interface RegistryState {
  /** Version of this shape. */
  readonly version: 1;
  /** ISO 8601. */
  readonly savedAt: string;
  /** The last status of each server. */
  readonly servers: readonly ServerStatus[];
}

/** Where a registry keeps its state. A store that fails never harms the registry: the fault is logged. */
export interface StateStore {
  /** The state that was saved last; undefined if there is none. */
  load(): Promise<RegistryState | undefined>;
  save(state: RegistryState): Promise<void>;
}

/** Keeps the state for the life of the process: for registries that come and go within it, and for tests. */
export class MemoryStateStore implements StateStore {
  #state: RegistryState | undefined;

  load(): Promise<RegistryState | undefined> {
    return Promise.resolve(this.#state);
  }

  save(state: RegistryState): Promise<void> {
    // A copy, as any other store would make one.
    this.#state = structuredClone(state);
    return Promise.resolve();
  }
}
