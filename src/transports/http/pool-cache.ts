import type { LookupFunction, Socket } from 'node:net';
import { type Dispatcher, Pool } from 'undici';
import { directConnector } from './pool/connectors.ts';
import { poolOptions } from './pool/pool-options.ts';
import { type PoolRequest, type PoolSettings, poolKey, poolSettings } from './pool/pool-settings.ts';
import { createProxyAgent } from './pool/proxy-agent.ts';
import type { Environment } from './pool/proxy-choice.ts';
import { StreamPlaces } from './pool/stream-places.ts';

/** What of the machine a {@link PoolCache} uses. */
export interface PoolCacheOptions {
  /** Who names are looked up with. Default: the resolver of the machine. */
  readonly lookup?: LookupFunction | undefined;
  /** Where `http.proxy: 'env'` looks. Default: `process.env`. */
  readonly environment?: Environment | undefined;
}

/** One user's hold on a shared pool. */
export interface PoolLease {
  /** `scheme://host:port` */
  readonly origin: string;
  /** The proxy in between, as people may read it: without credentials. */
  readonly proxy: string | undefined;
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void;
  /** For a request whose answer stays open by design: so that it takes no socket that a call waits for. */
  openStream(): PoolStream;
  /** Gives the pool back; the last user closes its sockets. Idempotent. */
  release(): Promise<void>;
}

/** The way of one request whose answer stays open by design. */
export interface PoolStream {
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void;
  /** Its answer has ended. Idempotent. */
  end(): void;
}

interface Entry {
  readonly dispatcher: Dispatcher;
  readonly streams: StreamPlaces;
  /** Sockets that undici would leave behind. */
  readonly sockets: Set<Socket>;
  users: number;
}

/**
 * Connection pools, shared by all servers that connect to the same place in the same way, and closed when the last of
 * them leaves.
 */
export class PoolCache {
  readonly #lookup: LookupFunction | undefined;
  readonly #environment: Environment | undefined;
  readonly #entries: Map<string, Entry> = new Map();

  constructor(options: PoolCacheOptions = {}) {
    this.#lookup = options.lookup;
    this.#environment = options.environment;
  }

  /** Number of pools that are open. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Reads the files and variables that the settings name; opens no socket yet.
   * @throws SignalboxError CONFIG_INVALID
   */
  async acquire(request: PoolRequest): Promise<PoolLease> {
    const settings = await poolSettings(request, this.#environment ?? process.env);
    const key = poolKey(settings);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = this.#create(settings);
      this.#entries.set(key, entry);
    }
    entry.users++;
    const held = entry;
    const { origin, proxy } = settings;
    let released: Promise<void> | undefined;
    const dispatchBy = (dispatcher: Dispatcher): PoolLease['dispatch'] =>
      proxy === undefined
        ? (options, handler) => void dispatcher.dispatch(options, handler)
        : (options, handler) => void dispatcher.dispatch({ ...options, origin }, handler);
    return {
      origin,
      proxy: proxy?.origin,
      dispatch: dispatchBy(held.dispatcher),
      openStream: () => {
        const place = held.streams.take();
        return { dispatch: dispatchBy(place.dispatcher), end: () => place.leave() };
      },
      release: () => (released ??= this.#release(key, held)),
    };
  }

  async #release(key: string, entry: Entry): Promise<void> {
    entry.users--;
    if (entry.users > 0) return;
    this.#entries.delete(key);
    const gone = Promise.all([entry.dispatcher.destroy(), entry.streams.destroy()]);
    // With an error, as undici ends its timer for the connect only then; it has a listener on each of them.
    for (const socket of entry.sockets) socket.destroy(new Error('the pool is closed'));
    await gone;
  }

  #create(settings: PoolSettings): Entry {
    const sockets = new Set<Socket>();
    const dispatcher = this.#dispatcher(settings, sockets);
    const { connections } = settings;
    const beside = (): Dispatcher => this.#dispatcher({ ...settings, connections: null }, sockets);
    const streams = new StreamPlaces(dispatcher, connections ?? Number.POSITIVE_INFINITY, beside);
    return { dispatcher, streams, sockets, users: 0 };
  }

  #dispatcher(settings: PoolSettings, sockets: Set<Socket>): Dispatcher {
    const { origin, proxy } = settings;
    if (proxy !== undefined) return createProxyAgent(settings, proxy, this.#lookup, sockets);
    const connect = directConnector(settings, this.#lookup, sockets);
    return new Pool(origin, { ...poolOptions(settings), connect });
  }
}
