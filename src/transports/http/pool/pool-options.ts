import type { Pool } from 'undici';
import type { PoolSettings } from './pool-settings.ts';

/** What undici is told about a pool, beside how it connects. */
export function poolOptions({ connections, keepAliveMs, headerBytes }: PoolSettings): Pool.Options {
  return {
    connections,
    keepAliveTimeout: keepAliveMs,
    maxHeaderSize: headerBytes,
    // Deadlines belong to the calls; undici would kill a silent event stream after 300 s (F-107).
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}
