import type { LookupFunction, Socket } from 'node:net';
import { type Dispatcher, Pool } from 'undici';
import { directConnector } from './connectors.ts';
import { poolOptions } from './pool-options.ts';
import type { PoolSettings } from './pool-settings.ts';
import { createProxyAgent } from './proxy-agent.ts';
import { type StreamPlace, StreamPlaces } from './stream-places.ts';

/**
 * The sockets of all servers that connect to the same place in the same way. It stands in `home` under `key` for as long as
 * it has users.
 */
export class SharedPool {
  /** `scheme://host:port` */
  readonly origin: string;
  /** The proxy in between, as people may read it: without credentials. */
  readonly proxy: string | undefined;
  readonly #home: Map<string, SharedPool>;
  readonly #key: string;
  readonly #dispatcher: Dispatcher;
  readonly #streams: StreamPlaces;
  /** Sockets that undici would leave behind. */
  readonly #sockets: Set<Socket> = new Set();
  #users = 0;

  constructor(
    home: Map<string, SharedPool>,
    key: string,
    settings: PoolSettings,
    lookup: LookupFunction | undefined,
  ) {
    this.origin = settings.origin;
    this.proxy = settings.proxy?.origin;
    this.#home = home;
    this.#key = key;
    this.#dispatcher = createDispatcher(settings, lookup, this.#sockets);
    const most = settings.connections ?? Number.POSITIVE_INFINITY;
    const beside = { ...settings, connections: null };
    this.#streams = new StreamPlaces(this.#dispatcher, most, () =>
      createDispatcher(beside, lookup, this.#sockets),
    );
    home.set(key, this);
  }

  join(): void {
    this.#users++;
  }

  /** The last user closes the sockets. */
  async leave(): Promise<void> {
    this.#users--;
    if (this.#users > 0) return;
    this.#home.delete(this.#key);
    const gone = Promise.all([this.#dispatcher.destroy(), this.#streams.destroy()]);
    // With an error, as undici ends its timer for the connect only then; it has a listener on each of them.
    for (const socket of this.#sockets) socket.destroy(new Error('the pool is closed'));
    await gone;
  }

  /** A place for a request whose answer stays open by design, to be left when it has ended. */
  takePlace(): StreamPlace {
    return this.#streams.take();
  }

  /** @param by another dispatcher of this pool than the one for calls */
  dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
    by: Dispatcher = this.#dispatcher,
  ): void {
    // An agent for a proxy asks for the origin each time; a pool has its own.
    by.dispatch(this.proxy === undefined ? options : { ...options, origin: this.origin }, handler);
  }
}

function createDispatcher(
  settings: PoolSettings,
  lookup: LookupFunction | undefined,
  sockets: Set<Socket>,
): Dispatcher {
  const { origin, proxy } = settings;
  if (proxy !== undefined) return createProxyAgent(settings, proxy, lookup, sockets);
  const connect = directConnector(settings, lookup, sockets);
  return new Pool(origin, { ...poolOptions(settings), connect });
}
