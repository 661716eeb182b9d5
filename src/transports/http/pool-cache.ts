import type { LookupFunction } from 'node:net';
import { PoolLease } from './pool/pool-lease.ts';
import { type PoolRequest, poolKey, poolSettings } from './pool/pool-settings.ts';
import type { Environment } from './pool/proxy-choice.ts';
import { SharedPool } from './pool/shared-pool.ts';

/** What of the machine a {@link PoolCache} uses. */
export interface PoolCacheOptions {
  /** Who names are looked up with. Default: the resolver of the machine. */
  readonly lookup?: LookupFunction | undefined;
  /** Where `http.proxy: 'env'` looks. Default: `process.env`. */
  readonly environment?: Environment | undefined;
}

/**
 * Connection pools, shared by all servers that connect to the same place in the same way, and closed when the last of
 * them leaves.
 */
export class PoolCache {
  readonly #lookup: LookupFunction | undefined;
  readonly #environment: Environment | undefined;
  readonly #pools: Map<string, SharedPool> = new Map();

  constructor(options: PoolCacheOptions = {}) {
    this.#lookup = options.lookup;
    this.#environment = options.environment;
  }

  /** Number of pools that are open. */
  get size(): number {
    return this.#pools.size;
  }

  /**
   * Reads the files and variables that the settings name; opens no socket yet.
   * @throws SignalboxError CONFIG_INVALID
   */
  async acquire(request: PoolRequest): Promise<PoolLease> {
    const settings = await poolSettings(request, this.#environment ?? process.env);
    const key = poolKey(settings);
    const pool = this.#pools.get(key) ?? new SharedPool(this.#pools, key, settings, this.#lookup);
    return new PoolLease(pool);
  }
}
