import type { ResolvedHttp } from '../../../config/http-settings.ts';
import { SignalboxError } from '../../../core/errors.ts';
import { type Environment, proxyFor } from './proxy-choice.ts';
import { readTlsIdentity, type TlsIdentity } from './tls-identity.ts';

/** All that the sockets of a pool have in common. */
export interface PoolSettings {
  /** `scheme://host:port` */
  readonly origin: string;
  /** Largest response header block, in bytes. */
  readonly headerBytes: number;
  readonly connections: number | null;
  readonly keepAliveMs: number;
  readonly connectTimeoutMs: number;
  readonly blockPrivate: boolean;
  readonly tls: TlsIdentity | undefined;
  /** May hold credentials. */
  readonly proxy: URL | undefined;
}

/** What a pool is asked for by. */
export interface PoolRequest {
  readonly server: string;
  readonly url: URL;
  readonly http: ResolvedHttp;
  readonly headerBytes: number;
  /** Whether addresses are checked wherever we look names up ourselves, whatever `http.blockPrivate` says. Default `false`. */
  readonly vetted?: boolean | undefined;
}

/** Reads the files and variables that the settings name. @throws SignalboxError CONFIG_INVALID */
export async function poolSettings(request: PoolRequest, environment: Environment): Promise<PoolSettings> {
  const { server, url, http, headerBytes } = request;
  const { connections, keepAliveMs, connectTimeoutMs } = http;
  const proxy = proxyFor(url, http.proxy, environment, server);
  if (proxy !== undefined && http.blockPrivate) {
    throw new SignalboxError(
      'CONFIG_INVALID',
      '"x-signalbox.http.blockPrivate" cannot be kept through the proxy of the environment, which looks names up itself; ' +
        'drop one of them, or name the host in NO_PROXY',
      { server },
    );
  }
  const tls =
    http.tls === undefined || url.protocol !== 'https:' ? undefined : await readTlsIdentity(http.tls, server);
  const { origin } = url;
  const blockPrivate = http.blockPrivate || (request.vetted === true && proxy === undefined);
  return { origin, headerBytes, connections, keepAliveMs, connectTimeoutMs, blockPrivate, tls, proxy };
}

/** Two pools with the same key are interchangeable. */
export function poolKey(settings: PoolSettings): string {
  const { tls, proxy, ...plain } = settings;
  return JSON.stringify([Object.values(plain), tls?.fingerprint, proxy?.href]);
}
