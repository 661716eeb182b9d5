import type { StoredServer } from './stored-grant.ts';

/** What a change makes of what was stored. */
export interface StoreChange<T> {
  /** Undefined: it is deleted. */
  readonly next: StoredServer | undefined;
  readonly result: T;
}

/** Where clients and tokens are kept. */
export interface TokenStore {
  /** What is kept about a server; undefined if there is nothing. */
  load(serverUrl: string): Promise<StoredServer | undefined>;
  /**
   * Changes what is kept about a server, while nobody else changes it: no call in this process and, where the store is
   * shared, no other process. What `change` returns is kept before this resolves.
   */
  update<T>(
    serverUrl: string,
    change: (stored: StoredServer | undefined) => Promise<StoreChange<T>>,
  ): Promise<T>;
}

/** Keeps tokens for the life of the process. */
export class MemoryTokenStore implements TokenStore {
  readonly #servers: Map<string, StoredServer> = new Map();
  readonly #last: Map<string, Promise<unknown>> = new Map();

  load(serverUrl: string): Promise<StoredServer | undefined> {
    return Promise.resolve(this.#servers.get(serverUrl));
  }

  update<T>(
    serverUrl: string,
    change: (stored: StoredServer | undefined) => Promise<StoreChange<T>>,
  ): Promise<T> {
    const before = this.#last.get(serverUrl) ?? Promise.resolve();
    const done = before.then(async () => {
      const made = await change(this.#servers.get(serverUrl));
      if (made.next === undefined) this.#servers.delete(serverUrl);
      else this.#servers.set(serverUrl, structuredClone(made.next));
      return made.result;
    });
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(serverUrl, settled);
    void settled.then(() => {
      if (this.#last.get(serverUrl) === settled) this.#last.delete(serverUrl);
    });
    return done;
  }
}
