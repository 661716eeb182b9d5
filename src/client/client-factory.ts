import type { ServerEntry } from '../config/entry.ts';
import { type ParsedEntry, parseEntry } from '../config/parse-entry.ts';
import type { RegisteredKind } from '../config/registered-kind.ts';
import { AwakeClock } from '../core/awake-clock.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { DeadlineWheel } from '../core/deadline-wheel.ts';
import { SignalboxError } from '../core/errors.ts';
import { guardLogger, type Logger, silentLogger, type WireTap } from '../core/log.ts';
import { type Random, systemRandom } from '../core/random.ts';
import { VERSION } from '../core/version.ts';
import type { ClientCapabilities, Implementation } from '../protocol/mcp-types.ts';
import { type EraCache, MemoryEraCache } from '../protocol/negotiation/era-cache.ts';
import { builtInTransports } from '../transports/built-in.ts';
import { type TransportBuilder, TransportCatalog, type TransportKindOptions } from '../transports/catalog.ts';
import { PoolCache } from '../transports/http/pool-cache.ts';
import type { Transport } from '../transports/transport.ts';
import {
  type AuthorizationOptions,
  authorizationEnvironment,
} from './authorization/authorization-environment.ts';
import { bareTransport } from './connection/bare-transport.ts';
import type { ConnectionMetadata } from './connection/connection-result.ts';
import type { ClientEnvironment } from './connection/connector.ts';
import { HealthScheduler } from './health/health-scheduler.ts';
import { McpClient } from './mcp-client.ts';
import type { ClientLease } from './pool/client-lease.ts';
import { ClientPool } from './pool/client-pool.ts';

/** Everything is optional: a factory without options works. */
export interface ClientFactoryOptions {
  /** Who the clients say they are. Default: Signalbox and its version. */
  readonly clientInfo?: Implementation;
  /** What the clients declare to be able to do. Default: nothing. Declare only what is answered. */
  readonly capabilities?: ClientCapabilities;
  /** Default: silence. */
  readonly logger?: Logger;
  /** Sees each protocol message. Default: none. */
  readonly tap?: WireTap;
  /** Default: in memory, for the life of the factory. */
  readonly eraCache?: EraCache;
  /** How servers that want authorization get it. Default: tokens in memory, and nobody to ask. */
  readonly authorization?: AuthorizationOptions;
  /** Default: the clock of the machine. */
  readonly clock?: Clock;
  /** Default: the random source of the machine. */
  readonly random?: Random;
}

/** Sees each new client before anybody else does, and may put another object in its place. */
export type ClientHook = (client: McpClient, entry: ServerEntry) => McpClient | undefined | void;

/** What {@link ClientFactory.validateConfig} found. */
export interface ConfigReport {
  readonly valid: boolean;
  /** Transport kind, if it could be told. `auto`: HTTP first, HTTP+SSE where that is refused. */
  readonly transport: string | undefined;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** What {@link ClientFactory.testConnection} found. */
export interface ConnectionReport {
  readonly success: boolean;
  readonly metadata: ConnectionMetadata | undefined;
  readonly tools: number;
  readonly resources: number;
  readonly prompts: number;
  /** Time from the beginning to the last answer, in ms. */
  readonly elapsedMs: number;
  readonly error: Error | undefined;
}

/** Makes clients from server entries and keeps them by name. An instance, not a global: make as many as you like. */
export class ClientFactory implements AsyncDisposable {
  readonly #environment: ClientEnvironment;
  readonly #clients: Map<string, McpClient> = new Map();
  /** Clients that have lost their name to another one and have not ended yet. */
  readonly #replaced: Set<McpClient> = new Set();
  readonly #pool: ClientPool;
  readonly #hooks: ClientHook[] = [];

  constructor(options: ClientFactoryOptions = {}) {
    const machineClock = options.clock ?? systemClock;
    const random = options.random ?? systemRandom;
    const logger = guardLogger(options.logger ?? silentLogger);
    const clock = new AwakeClock(machineClock, logger);
    const info = options.clientInfo ?? { name: 'signalbox', version: VERSION };
    this.#environment = {
      catalog: new TransportCatalog(builtInTransports),
      pools: new PoolCache(),
      identity: {
        info,
        capabilities: options.capabilities ?? {},
      },
      eraCache: options.eraCache ?? new MemoryEraCache(machineClock),
      clock,
      wheel: new DeadlineWheel({ clock }),
      health: new HealthScheduler({ clock, random, logger }),
      random,
      logger,
      tap: options.tap,
      authorization: authorizationEnvironment(options.authorization ?? {}, info.name),
    };
    this.#pool = new ClientPool((parsed) => this.#make(parsed), logger);
  }

  /**
   * Makes a client; it does not connect yet. The client is kept under its name until {@link release}, or until
   * another one takes the name after it was disconnected.
   * @throws SignalboxError CONFIG_INVALID, ALREADY_REGISTERED
   */
  create(name: string, entry: ServerEntry): McpClient {
    const holder = this.#clients.get(name);
    if (holder !== undefined && holder.state !== 'disconnected') {
      throw new SignalboxError(
        'ALREADY_REGISTERED',
        `a client of this name is ${holder.state}; release it first`,
        {
          server: name,
        },
      );
    }
    const client = this.#build(name, entry);
    this.#clients.set(name, client);
    return client;
  }

  /**
   * {@link create} where another client may have the name: that one loses it at once and goes on without, until
   * {@link release} or {@link shutdownAll} ends it.
   * @throws SignalboxError CONFIG_INVALID
   */
  replace(name: string, entry: ServerEntry): McpClient {
    const client = this.#build(name, entry);
    const holder = this.#clients.get(name);
    if (holder !== undefined) this.#replaced.add(holder);
    this.#clients.set(name, client);
    return client;
  }

  /**
   * A lease on a connection that is shared by identity: whoever gives the same entry on behalf of the same principal
   * gets the same client, which ends with its last lease. Nothing is connected yet.
   *
   * With `principal` (a user, a tenant) a rotated token is the same connection, which uses it when it is next made.
   * Without one every value takes part, so that whoever has another token has another connection.
   * @param options.name what the lease is called. Default `shared`
   * @throws SignalboxError CONFIG_INVALID
   */
  share(
    entry: ServerEntry,
    options: { readonly principal?: string | undefined; readonly name?: string | undefined } = {},
  ): ClientLease {
    return this.#pool.lease(this.#parse(options.name ?? 'shared', entry), options.principal);
  }

  /** {@link create}, then `connect`. If that fails the client is released again. */
  async createAndConnect(
    name: string,
    entry: ServerEntry,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<McpClient> {
    const client = this.create(name, entry);
    try {
      await client.connect(options);
    } catch (error) {
      await this.release(name);
      throw error;
    }
    return client;
  }

  /**
   * A transport without a client around it, not opened yet, for who speaks the protocol in another way:
   * `signalbox/adapters/mcp-sdk` gives it to the official client. Of the settings of the entry those count that are
   * about the transport. It is the caller's to close. An entry without `type` is not tried with HTTP+SSE.
   * @throws SignalboxError CONFIG_INVALID
   */
  async createTransport(name: string, entry: ServerEntry): Promise<Transport> {
    return await bareTransport(this.#parse(name, entry), this.#environment);
  }

  /** Checks an entry without making anything of it. Never throws. */
  validateConfig(entry: unknown, name: string = 'server'): ConfigReport {
    try {
      const parsed = parseEntry(name, entry, { kinds: this.#environment.catalog.registered });
      return { valid: true, transport: parsed.kind, errors: [], warnings: parsed.warnings };
    } catch (error) {
      const problems = SignalboxError.is(error) ? error.details['problems'] : undefined;
      const errors = Array.isArray(problems)
        ? problems.map(({ message }: { message: string }) => message)
        : [(error as Error).message];
      return { valid: false, transport: undefined, errors, warnings: [] };
    }
  }

  /**
   * Adds a transport kind; entries choose it by `type`, and have whatever keys it wants beside those of all entries.
   * @param kind lower-case letters, digits and `-`, at most 32
   * @param options `check` looks at the entries of this kind before anything is made of them
   * @throws SignalboxError INVALID_ARGUMENT, ALREADY_REGISTERED
   */
  registerTransport(kind: string, builder: TransportBuilder, options: TransportKindOptions = {}): void {
    this.#environment.catalog.register(kind, builder, options);
  }

  /**
   * The kinds that were added, for `loadConfig` and `watchConfig`, which refuse those that they do not know:
   * `loadConfig('.mcp.json', { kinds: factory.registeredTransports() })`.
   */
  registeredTransports(): readonly RegisteredKind[] {
    return this.#environment.catalog.registered;
  }

  supportedTransports(): readonly string[] {
    return this.#environment.catalog.kinds;
  }

  /** Adds a hook; hooks run in the order in which they were added, each on what the one before returned. */
  onCreate(hook: ClientHook): void {
    this.#hooks.push(hook);
  }

  getClient(name: string): McpClient | undefined {
    return this.#clients.get(name);
  }

  listClients(): readonly McpClient[] {
    return [...this.#clients.values()];
  }

  /**
   * Disconnects a client and forgets it. Clients that others have made are left alone.
   * @param which the name, or the client itself, which may have lost its name
   */
  async release(which: string | McpClient, options: { readonly drainMs?: number } = {}): Promise<void> {
    const [name, holder] = [...this.#clients].find((entry) => entry.includes(which)) ?? [];
    if (name !== undefined) this.#clients.delete(name);
    const client = holder ?? (typeof which === 'string' || !this.#replaced.delete(which) ? undefined : which);
    await client?.end(options);
  }

  /** Disconnects all clients, in parallel, the shared ones too, and forgets them. */
  async shutdownAll(options: { readonly drainMs?: number } = {}): Promise<void> {
    const clients = [...this.#clients.values(), ...this.#replaced];
    await Promise.all([
      ...clients.map((client) => this.release(client, options)),
      this.#pool.endAll(options.drainMs),
    ]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdownAll();
  }

  /** Connects with an entry, lists what the server offers, disconnects, and reports. Never throws, keeps nothing. */
  async testConnection(
    entry: ServerEntry,
    options: { readonly name?: string; readonly signal?: AbortSignal } = {},
  ): Promise<ConnectionReport> {
    const { clock } = this.#environment;
    const startedAt = clock.now();
    const found = {
      metadata: undefined as ConnectionMetadata | undefined,
      tools: 0,
      resources: 0,
      prompts: 0,
    };
    let client: McpClient | undefined;
    let failure: Error | undefined;
    try {
      client = this.#build(options.name ?? 'test', entry);
      found.metadata = (await client.connect(options)).metadata;
      found.tools = (await client.listTools(options)).length;
      found.resources = (await client.listResources(options)).length;
      found.prompts = (await client.listPrompts(options)).length;
    } catch (error) {
      failure = error as Error;
    } finally {
      await client?.end({ drainMs: 0 });
    }
    return { success: failure === undefined, ...found, elapsedMs: clock.now() - startedAt, error: failure };
  }

  #build(name: string, entry: ServerEntry): McpClient {
    return this.#make(this.#parse(name, entry));
  }

  #parse(name: string, entry: ServerEntry): ParsedEntry {
    const parsed = parseEntry(name, entry, { kinds: this.#environment.catalog.registered });
    for (const warning of parsed.warnings) this.#environment.logger.warn(warning, { server: name });
    return parsed;
  }

  #make(parsed: ParsedEntry): McpClient {
    let client = new McpClient(parsed, this.#environment);
    for (const hook of this.#hooks) client = hook(client, parsed.entry) ?? client;
    return client;
  }
}
