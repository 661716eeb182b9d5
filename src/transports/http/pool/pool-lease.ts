import type { Dispatcher } from 'undici';
import type { SharedPool } from './shared-pool.ts';
import type { StreamPlace } from './stream-places.ts';

/** One user's hold on a shared pool. */
export class PoolLease {
  readonly #pool: SharedPool;
  #released: Promise<void> | undefined;

  constructor(pool: SharedPool) {
    this.#pool = pool;
    pool.join();
  }

  /** `scheme://host:port` */
  get origin(): string {
    return this.#pool.origin;
  }

  /** The proxy in between, as people may read it: without credentials. */
  get proxy(): string | undefined {
    return this.#pool.proxy;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch(options, handler);
  }

  /** For a request whose answer stays open by design: so that it takes no socket that a call waits for. */
  openStream(): PoolStream {
    return new PoolStream(this.#pool);
  }

  /** Gives the pool back; the last user closes its sockets. Idempotent. */
  release(): Promise<void> {
    this.#released ??= this.#pool.leave();
    return this.#released;
  }
}

/** The way of one request whose answer stays open by design. */
export class PoolStream {
  readonly #pool: SharedPool;
  readonly #place: StreamPlace;

  constructor(pool: SharedPool) {
    this.#pool = pool;
    this.#place = pool.takePlace();
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch(options, handler, this.#place.dispatcher);
  }

  /** Its answer has ended. Idempotent. */
  end(): void {
    this.#place.leave();
  }
}
