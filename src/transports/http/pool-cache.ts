import type { Socket } from 'node:net';
import { buildConnector, type Dispatcher, Pool } from 'undici';

/** What a {@link PoolCache} is told. */
export interface PoolCacheOptions {
  /**
   * Sockets to one origin at most; requests beyond wait in line. Default 256: an HTTP/1.1 exchange holds a socket
   * until it is answered, and several servers behind one origin, each with 64 calls and a stream or two that stay
   * open for hours, must not starve each other; together they stay below a file limit of 1 024 (F-113).
   */
  readonly connections?: number;
  /**
   * How long an idle socket is kept, in ms, unless the server names a time. Default 4 000: less than the 5 s after
   * which Node.js and uvicorn close theirs, so that a request rarely meets a socket that is being closed (F-091).
   */
  readonly keepAliveMs?: number;
  /**
   * Longest TCP and TLS handshake in ms. Default 30 000. A call's own deadline is usually shorter; this only ends
   * what nobody waits for any more.
   */
  readonly connectTimeoutMs?: number;
  /** Certificates to trust besides those of Node.js, PEM. */
  readonly ca?: string | readonly string[];
}

/** One user's hold on a shared pool. */
export interface PoolLease {
  /** `scheme://host:port` */
  readonly origin: string;
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void;
  /** Gives the pool back; the last user closes its sockets. Idempotent. */
  release(): Promise<void>;
}

interface Entry {
  readonly pool: Pool;
  readonly connecting: Set<Socket>;
  users: number;
}

/** Connection pools, one for each origin, shared by all servers behind it and closed when the last of them leaves. */
export class PoolCache {
  readonly #options: PoolCacheOptions;
  readonly #entries: Map<string, Entry> = new Map();

  constructor(options: PoolCacheOptions = {}) {
    this.#options = options;
  }

  /** Number of pools that are open. */
  get size(): number {
    return this.#entries.size;
  }

  /** @param headerBytes largest response header block, in bytes: pools that differ in it are not shared */
  acquire(origin: string, headerBytes: number): PoolLease {
    const key = `${origin} ${headerBytes}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = this.#create(origin, headerBytes);
      this.#entries.set(key, entry);
    }
    entry.users++;
    const held = entry;
    let released: Promise<void> | undefined;
    return {
      origin,
      dispatch: (options, handler) => void held.pool.dispatch(options, handler),
      release: () => (released ??= this.#release(key, held)),
    };
  }

  async #release(key: string, entry: Entry): Promise<void> {
    entry.users--;
    if (entry.users > 0) return;
    this.#entries.delete(key);
    const gone = entry.pool.destroy();
    // undici forgets sockets that are still dialling; they would keep the process alive until they time out.
    for (const socket of entry.connecting) socket.destroy();
    await gone;
  }

  #create(origin: string, headerBytes: number): Entry {
    const { connections = 256, keepAliveMs = 4000, connectTimeoutMs = 30_000, ca } = this.#options;
    const connecting = new Set<Socket>();
    const connector = buildConnector({
      timeout: connectTimeoutMs,
      // F-095: addresses of both families are tried side by side.
      autoSelectFamily: true,
      ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    }) as (options: buildConnector.Options, callback: buildConnector.Callback) => Socket;
    const connect: buildConnector.connector = (options, callback) => {
      const socket = connector(options, (...outcome: Parameters<buildConnector.Callback>) => {
        connecting.delete(socket);
        callback(...outcome);
      });
      connecting.add(socket);
    };
    const pool = new Pool(origin, {
      connections,
      connect,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: headerBytes,
      // Deadlines belong to the calls; undici would kill a silent event stream after 300 s (F-107).
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return { pool, connecting, users: 0 };
  }
}
