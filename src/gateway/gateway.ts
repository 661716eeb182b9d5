import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignalboxError } from '../core/errors.ts';
import { sleep } from '../core/sleep.ts';
import { createCore, type GatewayCore } from './gateway-core.ts';
import {
  type GatewayOptions,
  type ResolvedGatewayOptions,
  resolveGatewayOptions,
} from './gateway-options.ts';
import { Guards } from './http/guards.ts';
import { HttpFront } from './http/http-front.ts';
import { listenError } from './http/listen-error.ts';

/** Where a gateway listens. */
export interface GatewayAddress {
  readonly host: string;
  readonly port: number;
  /** URL of the MCP endpoint. */
  readonly url: string;
}

/** Default time that requests in flight get when the gateway is closed, in ms. */
const DRAIN_MS = 5000;
/** How long an answer that has been written may take to leave, in ms. */
const FLUSH_MS = 250;
/** Idle connections are kept for so long, in ms. */
const KEEP_ALIVE_MS = 60_000;

/**
 * One MCP endpoint in front of all servers of a registry: Streamable HTTP, for clients of every revision at once.
 *
 * The registry stays its owner's: the gateway neither connects its servers nor shuts it down.
 */
export class Gateway implements AsyncDisposable {
  readonly #options: ResolvedGatewayOptions;
  readonly #core: GatewayCore;
  #server: Server | undefined;
  #front: HttpFront | undefined;
  #starting: Promise<GatewayAddress> | undefined;
  #closing: Promise<void> | undefined;
  readonly #hurry: AbortController = new AbortController();

  /** @throws SignalboxError INVALID_ARGUMENT */
  constructor(options: GatewayOptions) {
    this.#options = resolveGatewayOptions(options);
    this.#core = createCore(this.#options);
  }

  /** Starts to listen. A second call resolves with the same address. @throws SignalboxError LISTEN_FAILED */
  start(): Promise<GatewayAddress> {
    if (this.#closing !== undefined) {
      return Promise.reject(new SignalboxError('CONNECTION_CLOSED', 'the gateway has been closed'));
    }
    this.#starting ??= this.#listen();
    return this.#starting;
  }

  /**
   * Stops accepting, ends the streams in good order and gives requests in flight `drainMs` (default 5 000); what is
   * left then is answered with an error. Resolves when every socket and timer is released. A second call hurries.
   */
  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    if (this.#closing !== undefined) {
      this.#hurry.abort();
      return this.#closing;
    }
    this.#closing = this.#end(options.drainMs ?? DRAIN_MS);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listen(): Promise<GatewayAddress> {
    const { host, port, path, limits, allowedHosts, allowedOrigins } = this.#options;
    const server = createServer({
      headersTimeout: finite(limits.headersTimeoutMs),
      requestTimeout: finite(limits.requestTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    if (Number.isFinite(limits.connections)) server.maxConnections = limits.connections;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(listenError(cause, host, port)));
      server.listen(port, host, resolve);
    });
    const bound = server.address() as AddressInfo;
    const guards = new Guards({ host: bound.address, port: bound.port, allowedHosts, allowedOrigins });
    const front = new HttpFront(this.#core, { path, guards });
    server.on('request', (request, response) => front.handle(request, response));
    server.on('error', (error) =>
      this.#core.logger.error('the gateway has trouble', { error: error.message }),
    );
    this.#server = server;
    this.#front = front;
    const shown = bound.address.includes(':') ? `[${bound.address}]` : bound.address;
    const url = `http://${shown}:${bound.port}${path}`;
    this.#core.logger.info('the gateway listens', { event: 'gateway.listening', url });
    return { host: bound.address, port: bound.port, url };
  }

  async #end(drainMs: number): Promise<void> {
    await this.#starting?.catch(() => undefined);
    const server = this.#server;
    const front = this.#front;
    if (server === undefined || front === undefined) return;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    const drained = front.drain();
    await this.#within(drainMs, drained);
    front.close();
    // Whatever was aborted just now is still answered.
    await this.#within(FLUSH_MS, drained);
    server.closeIdleConnections();
    await this.#within(FLUSH_MS, closed);
    server.closeAllConnections();
    await closed;
  }

  /** Waits for `work`, but no longer than `limitMs`, nor when somebody is in a hurry. */
  async #within(limitMs: number, work: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const limit = AbortSignal.any([over.signal, this.#hurry.signal]);
    await Promise.race([work, sleep(this.#core.clock, limitMs, limit).catch(() => undefined)]);
    over.abort();
  }
}

/** Node spells "never" as 0. */
function finite(ms: number): number {
  return Number.isFinite(ms) ? ms : 0;
}
