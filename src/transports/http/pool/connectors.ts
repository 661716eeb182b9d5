import type { LookupFunction, Socket } from 'node:net';
import { buildConnector } from 'undici';
import { blockedLiteral, guardedLookup } from '../address-guard.ts';
import type { PoolSettings } from './pool-settings.ts';

/** The part of undici's connector that its types leave out: it returns the socket at once. */
type SocketConnector = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket;

/**
 * Opens the sockets of a pool. Those that are not handed over yet stand in `dialling`: undici forgets them when a pool
 * is destroyed, and they would keep the process alive until they time out.
 */
export function directConnector(
  settings: PoolSettings,
  lookup: LookupFunction | undefined,
  dialling: Set<Socket>,
): buildConnector.connector {
  const { tls, blockPrivate } = settings;
  const resolver = blockPrivate ? guardedLookup(lookup) : lookup;
  const connector = buildConnector({
    ...dialOptions(settings, resolver),
    ...(tls === undefined ? {} : { secureContext: tls.secureContext }),
    ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
  }) as SocketConnector;
  return (options, callback) => {
    const refusal = blockPrivate ? blockedLiteral(options.hostname) : undefined;
    if (refusal !== undefined) {
      queueMicrotask(() => callback(refusal, null));
      return;
    }
    const socket = connector(options, (...outcome: Parameters<buildConnector.Callback>) => {
      dialling.delete(socket);
      callback(...outcome);
    });
    dialling.add(socket);
  };
}

/**
 * Opens sockets to a proxy. They stay in `sockets` until they are closed: a tunnel is not in use before TLS is set up
 * within it, which nobody else keeps an eye on.
 */
export function proxyConnector(
  settings: PoolSettings,
  lookup: LookupFunction | undefined,
  sockets: Set<Socket>,
): buildConnector.connector {
  const connector = buildConnector(dialOptions(settings, lookup)) as SocketConnector;
  return (options, callback) => {
    const socket = connector(options, callback);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
}

function dialOptions(
  settings: PoolSettings,
  lookup: LookupFunction | undefined,
): { timeout: number; autoSelectFamily: boolean; lookup?: LookupFunction } {
  return {
    timeout: settings.connectTimeoutMs,
    // F-095: addresses of both families are tried side by side.
    autoSelectFamily: true,
    ...(lookup === undefined ? {} : { lookup }),
  };
}
