import type { Remembered } from '../../client/client-memory.ts';
import type { ToolApproval } from '../catalog/drift/saved-approvals.ts';
import type { ServerCatalog } from '../catalog/server-catalog.ts';
import type { LastStatus } from './last-status.ts';

/** What is kept of one server. Plain and serialisable; it holds no secret of the server's entry. */
export interface SavedServer {
  readonly name: string;
  /** A hash of the entry without its secrets: what is kept of another entry is not applied. */
  readonly identity: string;
  /** When it was last registered in a running registry, ISO 8601. */
  readonly seenAt: string;
  /** How it was. */
  readonly status: LastStatus | undefined;
  /** What it offered, as it was listed. */
  readonly catalog: ServerCatalog | undefined;
  /** The verdict about its era, and the totals of its statistics. */
  readonly client: Remembered | undefined;
  /** The definitions of its tools that are approved. */
  readonly approvals: readonly ToolApproval[];
}

/** What a registry remembers from one run to the next. */
export interface RegistryState {
  /** Version of this shape. */
  readonly version: 1;
  /** ISO 8601. */
  readonly savedAt: string;
  readonly servers: readonly SavedServer[];
}

/**
 * Where a registry keeps its state. A store that fails never harms the registry: the fault is logged. What it loads is
 * checked field by field, so it need not be trusted.
 */
export interface StateStore {
  /** The state that was saved last; undefined if there is none. */
  load(): Promise<RegistryState | undefined>;
  /** One registry makes one save at a time, the next when this one has settled. */
  save(state: RegistryState): Promise<void>;
}

/** Keeps the state for the life of the process: for registries that come and go within it, and for tests. */
export class MemoryStateStore implements StateStore {
  #state: RegistryState | undefined;

  load(): Promise<RegistryState | undefined> {
    // A copy, as any other store would make one.
    return Promise.resolve(structuredClone(this.#state));
  }

  save(state: RegistryState): Promise<void> {
    this.#state = structuredClone(state);
    return Promise.resolve();
  }
}
