import { type Clock, systemClock } from '../core/clock.ts';
import { SignalboxError } from '../core/errors.ts';
import { guardLogger, type Logger, silentLogger } from '../core/log.ts';
import type { ServerRegistry } from '../registry/server-registry.ts';

/** Bounds of everything that a client can make grow. Each is a positive number; Infinity lifts it. */
export interface GatewayLimits {
  /** Largest request body, and longest line on stdio, in bytes. Default 4 MiB. */
  readonly bodyBytes: number;
  /** Sessions of legacy clients. At the bound the one that was idle for longest gives way. Default 1 000. */
  readonly sessions: number;
  /** A session without request and stream for so long is forgotten, in ms. Default 30 min. */
  readonly sessionIdleMs: number;
  /** Requests of one session, or of one stdio client, that may be in flight. Default 256. */
  readonly inFlightPerSession: number;
  /** Requests in flight over HTTP, of all clients together. Default 4 096. */
  readonly inFlight: number;
  /** Event streams that stay open: `subscriptions/listen`, and GET of legacy clients. Default 1 000. */
  readonly streams: number;
  /** TCP connections. Default 4 096. */
  readonly connections: number;
  /** Time in which the head of a request must have arrived, in ms. Default 10 000. */
  readonly headersTimeoutMs: number;
  /** Time in which a whole request must have arrived, in ms. Default 60 000. */
  readonly requestTimeoutMs: number;
  /** A client that takes nothing of what is written to it for so long is cut off, in ms. Default 30 000. */
  readonly stallMs: number;
  /** What may wait for a slow reader before progress notifications are dropped, in bytes. Default 1 MiB. */
  readonly bufferedBytes: number;
  /** Pause between the comments that keep an event stream alive, in ms. Default 15 000. */
  readonly keepAliveMs: number;
  /** How long a call waits for its server to become connected, in ms. Default 15 000. */
  readonly connectWaitMs: number;
}

/** The defaults of {@link GatewayLimits}. */
export const GATEWAY_LIMITS: GatewayLimits = Object.freeze({
  bodyBytes: 4 * 1024 * 1024,
  sessions: 1000,
  sessionIdleMs: 30 * 60_000,
  inFlightPerSession: 256,
  inFlight: 4096,
  streams: 1000,
  connections: 4096,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  stallMs: 30_000,
  bufferedBytes: 1024 * 1024,
  keepAliveMs: 15_000,
  connectWaitMs: 15_000,
});

/** How a `Gateway` is set up. Only the registry is needed. */
export interface GatewayOptions {
  /** The servers to stand before. The gateway neither connects nor shuts it down. */
  readonly registry: ServerRegistry;
  /** Address to listen on. Default `127.0.0.1`. Others than loopback need `allowRemote` (S12). */
  readonly host?: string;
  /** Default 3920; 0 takes a free one. */
  readonly port?: number;
  /** Path of the MCP endpoint. Default `/mcp`. */
  readonly path?: string;
  /** Lets `host` be reachable from other machines. The gateway asks nobody for a credential. Default false. */
  readonly allowRemote?: boolean;
  /** Names by which clients may call the gateway besides loopback: `host` for any port, or `host:port`. */
  readonly allowedHosts?: readonly string[];
  /** Origins of web pages that may send requests besides the gateway's own: `https://app.example`. */
  readonly allowedOrigins?: readonly string[];
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly limits?: Partial<GatewayLimits>;
}

/** {@link GatewayOptions} with everything filled in. */
export interface ResolvedGatewayOptions {
  readonly registry: ServerRegistry;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly logger: Logger;
  readonly clock: Clock;
  readonly limits: GatewayLimits;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 3920;
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|\[::1\]|localhost)$/iu;

/** Fills in the defaults. @throws SignalboxError INVALID_ARGUMENT */
export function resolveGatewayOptions(options: GatewayOptions): ResolvedGatewayOptions {
  const host = options.host ?? DEFAULT_HOST;
  const port = options.port ?? DEFAULT_PORT;
  const path = options.path ?? '/mcp';
  if (!LOOPBACK.test(host) && options.allowRemote !== true) {
    throw invalid(
      `host "${host}" is reachable from other machines, and the gateway asks nobody for a credential; ` +
        'use 127.0.0.1, or set allowRemote and put something that checks credentials before it',
    );
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw invalid(`port must be a whole number from 0 to 65535, not ${String(port)}`);
  }
  if (!/^\/[\w./~-]*$/u.test(path) || path === '/healthz') {
    throw invalid(`path must begin with "/", hold only letters, digits and "._~/-", and not be /healthz`);
  }
  return {
    registry: options.registry,
    // A name can resolve to anything; loopback is an address.
    host: host.toLowerCase() === 'localhost' ? DEFAULT_HOST : host.replace(/^\[|\]$/gu, ''),
    port,
    path,
    allowedHosts: (options.allowedHosts ?? []).map((name) => name.toLowerCase()),
    allowedOrigins: (options.allowedOrigins ?? []).map((origin) => origin.toLowerCase().replace(/\/$/u, '')),
    logger: guardLogger(options.logger ?? silentLogger),
    clock: options.clock ?? systemClock,
    limits: resolveLimits(options.limits),
  };
}

/** @throws SignalboxError INVALID_ARGUMENT */
export function resolveLimits(limits: Partial<GatewayLimits> = {}): GatewayLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(GATEWAY_LIMITS, name)) throw invalid(`there is no limit "${name}"`);
    if (value !== undefined && !(value > 0)) {
      throw invalid(`limits.${name} must be more than 0, not ${String(value)}`);
    }
  }
  return { ...GATEWAY_LIMITS, ...limits };
}

function invalid(message: string): SignalboxError {
  return new SignalboxError('INVALID_ARGUMENT', message);
}
