import type { ServerEntry } from '../../config/entry.ts';
import { type Disposer, Emitter } from '../../core/emitter.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { StateChange } from '../client-events.ts';
import type { ConnectionStateName } from '../connection/connection-machine.ts';
import type { ConnectionResult } from '../connection/connection-result.ts';
import type { McpClient } from '../mcp-client.ts';

/** What a {@link ClientLease} works with. */
export interface ClientLeaseOptions {
  readonly name: string;
  readonly entry: ServerEntry;
  readonly client: McpClient;
  readonly identity: string;
  /** All leases on the client, this one among them until it is given back. */
  readonly leases: ReadonlySet<ClientLease>;
  readonly logger: Logger;
  /** The lease has been given back: ends the client if it was the last. */
  readonly released: (lease: ClientLease, drainMs: number | undefined) => Promise<void>;
}

/** Where a lease can be without its connection. */
type Apart = 'disconnected' | 'sleeping';

/**
 * A share in a connection that several use. Requests go to {@link client}; connecting and disconnecting go through the
 * lease, which speaks for one user only: the connection is closed when nobody is left who wants it, and the client ends
 * with its last lease.
 */
export class ClientLease implements AsyncDisposable {
  /** What the connection is called by whoever has this lease; errors of the client carry the name of the first one. */
  readonly name: string;
  readonly entry: ServerEntry;
  readonly client: McpClient;
  /** The same for all who share a connection. A keyed hash: it tells nothing of the entry, and holds in this process only. */
  readonly identity: string;
  readonly #options: ClientLeaseOptions;
  readonly #events: Emitter<{ readonly state: StateChange }>;
  readonly #stopFollowing: Disposer;
  /** Set while what becomes of the connection is no business of this lease. */
  #apart: Apart | undefined = 'disconnected';
  /** The connection is being closed for this lease alone: whoever connects it next does so for himself. */
  #leaving: Apart | undefined;
  #isReleased = false;

  /** @internal use `ClientFactory.share` */
  constructor(options: ClientLeaseOptions) {
    const { client, identity } = options;
    this.name = options.name;
    this.entry = options.entry;
    this.client = client;
    this.identity = identity;
    this.#options = options;
    this.#events = new Emitter(options.logger);
    this.#stopFollowing = client.on('state', (change) => this.#moved(change));
  }

  /** The state of the connection as far as this lease wants it. */
  get state(): ConnectionStateName {
    return this.#apart ?? this.client.state;
  }

  /** Whether somebody else wants the connection at the moment. */
  get isWantedByOthers(): boolean {
    return [...this.#options.leases].some((lease) => lease !== this && lease.#wantsIt);
  }

  get #wantsIt(): boolean {
    return this.#apart === undefined && this.#leaving === undefined;
  }

  /** Listens to {@link state}. Calling what it returns, or `using` it, stops listening. */
  on(name: 'state', listener: (change: StateChange) => void): Disposer {
    return this.#events.on(name, listener);
  }

  /** As `McpClient.connect`: joins the connection if there is one. */
  async connect(options: { readonly signal?: AbortSignal } = {}): Promise<ConnectionResult> {
    this.#join('connect');
    return await this.client.connect(options);
  }

  /** As `McpClient.reconnect`: for all who share the connection. */
  async reconnect(options: { readonly signal?: AbortSignal } = {}): Promise<ConnectionResult> {
    this.#join('reconnect');
    return await this.client.reconnect(options);
  }

  /** As `McpClient.disconnect`, if nobody else wants the connection; otherwise it goes on without this lease. */
  disconnect(options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.#leave('disconnected', () => this.client.disconnect(options));
  }

  /** As `McpClient.sleep`, if nobody else wants the connection. */
  sleep(options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.#leave('sleeping', () => this.client.sleep(options));
  }

  /** Gives the lease back. The last one ends the client; a second call with `drainMs` 0 hurries that. */
  async release(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#isReleased = true;
    if (this.isWantedByOthers) this.#part('disconnected', 'release');
    await this.#options.released(this, options.drainMs);
    this.#stopFollowing();
  }

  /** The same as {@link release}. */
  end(options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.release(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #join(reason: string): void {
    if (this.#isReleased) {
      const message = 'the lease was given back; take a new one';
      throw new SignalboxError('CONNECTION_CLOSED', message, { server: this.name });
    }
    const from = this.state;
    this.#apart = undefined;
    this.#leaving = undefined;
    this.#tell(from, reason);
  }

  async #leave(to: Apart, close: () => Promise<void>): Promise<void> {
    if (this.isWantedByOthers || this.#apart !== undefined) {
      this.#part(to, to === 'sleeping' ? 'sleep' : 'disconnect');
      return;
    }
    this.#leaving = to;
    await close();
    // Unless it was wanted again meanwhile.
    if (this.#leaving !== to) return;
    this.#leaving = undefined;
    this.#apart = to;
  }

  #part(to: Apart, reason: string): void {
    const from = this.state;
    this.#apart = to;
    this.#leaving = undefined;
    this.#tell(from, reason);
  }

  #moved(change: StateChange): void {
    if (this.#apart !== undefined) return;
    if (this.#leaving !== undefined && change.to === 'connecting') {
      const from = change.from;
      this.#apart = this.#leaving;
      this.#leaving = undefined;
      this.#tell(from, 'disconnect');
      return;
    }
    this.#events.emit('state', change);
  }

  #tell(from: ConnectionStateName, reason: string): void {
    const to = this.state;
    if (from === to) return;
    this.#events.emit('state', { from, to, reason, error: undefined, retryAt: undefined });
  }
}
