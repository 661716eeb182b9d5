import type { CallOptions } from '../client/calls/call-options.ts';
import { ClientFactory } from '../client/client-factory.ts';
import type { ConnectionResult } from '../client/connection/connection-result.ts';
import type { ServerEntry } from '../config/entry.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { type Disposer, Emitter } from '../core/emitter.ts';
import { messageOf, SignalboxError } from '../core/errors.ts';
import { guardLogger, type Logger, silentLogger } from '../core/log.ts';
import { sanitizePeerText } from '../core/peer-text.ts';
import { sleep } from '../core/sleep.ts';
import type { CallToolResult, GetPromptResult, ReadResourceResult } from '../protocol/mcp-types.ts';
import {
  Catalog,
  type CatalogPrompt,
  type CatalogResource,
  type CatalogResourceTemplate,
  type CatalogTool,
} from './catalog/catalog.ts';
import { NameResolver, type ResolveOptions } from './catalog/name-resolver.ts';
import { inParallel } from './fleet/limited-parallel.ts';
import { ServerInstance } from './servers/server-instance.ts';
import type { ListName } from './servers/server-lists.ts';
import type { ServerState, ServerStatus } from './servers/server-status.ts';
import type { RegistryState, StateStore } from './store/state-store.ts';

export interface ServerRegistryOptions {
  /** Makes the clients. Default: a factory of its own. */
  readonly factory?: ClientFactory;
  /** Where the last state of the servers is kept. Loaded by the first `connectAll`, saved by `shutdown`. Default: nowhere. */
  readonly store?: StateStore;
  /** Servers that are connected at the same time by bulk work. Default 8. */
  readonly parallelConnects?: number;
  /** How long a list waits for servers whose lists are just being read, in ms (F-127). Default 5 000. */
  readonly listWaitMs?: number;
  /** Tools of all servers together; whoever has most of them is cut first, with a warning (F-123). Default 5 000. */
  readonly maxTools?: number;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** Something happened to one server. */
export interface ServerEvent {
  readonly type: 'registered' | 'unregistered' | 'state' | 'warning';
  readonly server: string;
  readonly from: ServerState | undefined;
  readonly to: ServerState;
  /** One readable sentence or word. */
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
  readonly error: SignalboxError | undefined;
}

export interface RegistryEvents {
  readonly server: ServerEvent;
  /** What is offered has changed: lists were read, or a server came or went. */
  readonly catalog: { readonly server: string };
}

/** A list over all servers that tells what is not in it. */
export interface PartialList<Item> {
  readonly items: readonly Item[];
  /** Servers that may offer more, and why it is not here. Disabled servers are not missing. */
  readonly missing: readonly { readonly server: string; readonly reason: string }[];
  /** True if nothing is missing. */
  readonly complete: boolean;
}

const PARALLEL_CONNECTS = 8;
const LIST_WAIT_MS = 5000;
const MAX_TOOLS = 5000;
/** Default time that calls in flight get when everything is shut down, in ms. */
const SHUTDOWN_DRAIN_MS = 10_000;

/** Many servers under one roof: who is registered, in which state, and what they offer together. */
export class ServerRegistry implements AsyncDisposable {
  readonly #factory: ClientFactory;
  readonly #parallelConnects: number;
  readonly #listWaitMs: number;
  readonly #maxTools: number;
  readonly #store: StateStore | undefined;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #events: Emitter<RegistryEvents>;
  readonly #resolver: NameResolver;
  readonly #servers: Map<string, ServerInstance> = new Map();
  #catalog: Catalog | undefined;
  #toolsLeftOut: ReadonlyMap<string, number> = new Map();
  #previous: Promise<RegistryState | undefined> | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(options: ServerRegistryOptions = {}) {
    this.#factory = options.factory ?? new ClientFactory();
    this.#parallelConnects = options.parallelConnects ?? PARALLEL_CONNECTS;
    this.#listWaitMs = options.listWaitMs ?? LIST_WAIT_MS;
    this.#maxTools = options.maxTools ?? MAX_TOOLS;
    this.#clock = options.clock ?? systemClock;
    this.#store = options.store;
    this.#logger = guardLogger(options.logger ?? silentLogger);
    this.#events = new Emitter(this.#logger);
    this.#resolver = new NameResolver({
      clock: this.#clock,
      servers: () => this.getAllServers(),
      catalog: () => this.#index(),
    });
  }

  // --- who is there -----------------------------------------------------------------------------------------------

  /**
   * Adds a server. It is not connected yet.
   * @throws SignalboxError CONFIG_INVALID, ALREADY_REGISTERED, CONNECTION_CLOSED after `shutdown`
   */
  register(name: string, entry: ServerEntry): ServerInstance {
    if (this.#shutdown !== undefined) {
      throw new SignalboxError('CONNECTION_CLOSED', 'the registry has been shut down', { server: name });
    }
    if (this.#servers.has(name)) {
      throw new SignalboxError(
        'ALREADY_REGISTERED',
        'a server of this name is registered; unregister it first',
        {
          server: name,
        },
      );
    }
    const instance = new ServerInstance(this.#factory.create(name, entry), this.#clock, {
      stateChanged: (changed, from, reason, error) => {
        this.#catalogChanged(changed.name);
        this.#tell('state', changed, from, reason, error);
      },
      catalogChanged: (changed) => this.#catalogChanged(changed.name),
      warning: (changed, message) => this.#tell('warning', changed, changed.state, message),
    });
    this.#servers.set(name, instance);
    this.#tell('registered', instance, undefined, instance.reason);
    return instance;
  }

  /** Disconnects a server and forgets it. Unknown names are ignored. */
  async unregister(name: string, options: { readonly drainMs?: number } = {}): Promise<void> {
    const instance = this.#servers.get(name);
    if (instance === undefined) return;
    this.#servers.delete(name);
    this.#catalogChanged(name);
    await instance.left();
    await this.#factory.release(name, options);
    instance.dispose();
    this.#tell('unregistered', instance, instance.state, 'unregistered');
  }

  /** How a server was when the state was last saved; undefined without a store or for a server that is new. */
  async previousStatus(name: string): Promise<ServerStatus | undefined> {
    return (await this.#load())?.servers.find((status) => status.name === name);
  }

  getServer(name: string): ServerInstance | undefined {
    return this.#servers.get(name);
  }

  /** In the order of their registration. */
  getAllServers(): readonly ServerInstance[] {
    return [...this.#servers.values()];
  }

  getConnectedServers(): readonly ServerInstance[] {
    return this.getAllServers().filter((instance) => instance.isConnected);
  }

  /**
   * Takes a server out of service: its tools vanish from the lists and calls to it are refused at once; its
   * connection is closed in good order in the background.
   * @throws SignalboxError UNKNOWN_SERVER
   */
  markUnavailable(name: string, reason: string): void {
    this.#require(name).markUnavailable(reason);
  }

  /** Puts a server that was marked unavailable back into service and connects it. */
  async markAvailable(name: string): Promise<ConnectionResult> {
    const instance = this.#require(name);
    await instance.left();
    instance.markAvailable();
    return await this.#connect(instance);
  }

  // --- bulk work --------------------------------------------------------------------------------------------------

  /**
   * Connects every server that is in service, in parallel. Never rejects: each outcome stands by itself. A server
   * counts as connected when its lists have been read too.
   */
  async connectAll(options: { readonly signal?: AbortSignal } = {}): Promise<Map<string, ConnectionResult>> {
    await this.#load();
    return await this.#forAll((instance) => this.#connect(instance, options.signal));
  }

  /** Drops all connections and makes them anew. Never rejects. */
  reconnectAll(options: { readonly signal?: AbortSignal } = {}): Promise<Map<string, ConnectionResult>> {
    return this.#forAll(async (instance) => {
      await instance.client.disconnect({ drainMs: 0 });
      return await this.#connect(instance, options.signal);
    });
  }

  async disconnectAll(options: { readonly drainMs?: number } = {}): Promise<void> {
    await Promise.all(this.getAllServers().map((instance) => instance.client.disconnect(options)));
  }

  /**
   * Resolves when all `required` servers (default: those whose entry says so) are connected.
   * @throws SignalboxError UNKNOWN_SERVER; CONNECT_TIMEOUT naming those that are not, after `timeoutMs` (default 30 000)
   */
  async waitForReady(
    options: {
      readonly required?: readonly string[];
      readonly timeoutMs?: number;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<void> {
    const { timeoutMs = 30_000, signal } = options;
    const required = options.required ?? this.#requiredByEntry();
    for (const name of required) this.#require(name);
    const isReady = (): boolean => required.every((name) => this.#servers.get(name)?.isConnected === true);
    if (isReady()) return;
    const over = new AbortController();
    const stop = this.on('server', () => {
      if (isReady()) over.abort();
    });
    try {
      await sleep(
        this.#clock,
        timeoutMs,
        signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]),
      );
    } catch (error) {
      if (!over.signal.aborted) throw error;
      return;
    } finally {
      stop();
    }
    const late = required.filter((name) => this.#servers.get(name)?.isConnected !== true);
    throw new SignalboxError('CONNECT_TIMEOUT', `not ready after ${timeoutMs} ms: ${late.join(', ')}`, {
      details: { missing: late },
    });
  }

  /** Ends everything in good order: calls in flight get `drainMs` (default 10 000). The registry takes no more work. */
  shutdown(options: { readonly drainMs?: number } = {}): Promise<void> {
    if (this.#shutdown !== undefined) {
      // A second call hurries.
      void this.disconnectAll({ drainMs: 0 });
      return this.#shutdown;
    }
    this.#shutdown = this.#end(options.drainMs ?? SHUTDOWN_DRAIN_MS);
    return this.#shutdown;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #end(drainMs: number): Promise<void> {
    const servers = this.getAllServers().map((instance) => instance.status());
    await Promise.all(
      this.getAllServers().map((instance) => this.#factory.release(instance.name, { drainMs })),
    );
    for (const instance of this.#servers.values()) instance.dispose();
    this.#servers.clear();
    const savedAt = new Date(this.#clock.wallNow()).toISOString();
    await this.#store?.save({ version: 1, savedAt, servers }).catch((error: unknown) => {
      this.#logger.error('the state of the registry could not be saved', { error: messageOf(error) });
    });
  }

  #load(): Promise<RegistryState | undefined> {
    this.#previous ??= Promise.resolve(this.#store?.load()).catch((error: unknown) => {
      this.#logger.error('the state of the registry could not be loaded', { error: messageOf(error) });
      return undefined;
    });
    return this.#previous;
  }

  // --- what they offer --------------------------------------------------------------------------------------------

  /** All tools of all connected servers, under their exposed names. */
  listTools(): Promise<PartialList<CatalogTool>> {
    return this.#list('tools', (catalog) => [...catalog.tools.values()]);
  }

  listPrompts(): Promise<PartialList<CatalogPrompt>> {
    return this.#list('prompts', (catalog) => [...catalog.prompts.values()]);
  }

  listResources(): Promise<PartialList<CatalogResource>> {
    return this.#list('resources', (catalog) => [...catalog.resources.values()]);
  }

  listResourceTemplates(): Promise<PartialList<CatalogResourceTemplate>> {
    return this.#list('resources', (catalog) => catalog.resourceTemplates);
  }

  /**
   * Calls a tool by its exposed name (`server__tool`).
   * @throws SignalboxError UNKNOWN_NAME, SERVER_UNAVAILABLE, and what `McpClient.callTool` throws
   */
  async callTool(
    name: string,
    args: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Promise<CallToolResult> {
    const startedAt = this.#clock.now();
    const { server, tool } = await this.#resolver.tool(name, options);
    return await this.#require(server).client.callTool(tool.name, args, this.#rest(options, startedAt));
  }

  /** Gets a prompt by its exposed name (`server__prompt`). */
  async getPrompt(
    name: string,
    args: Readonly<Record<string, string>> = {},
    options: CallOptions = {},
  ): Promise<GetPromptResult> {
    const startedAt = this.#clock.now();
    const { server, prompt } = await this.#resolver.prompt(name, options);
    return await this.#require(server).client.getPrompt(prompt.name, args, this.#rest(options, startedAt));
  }

  /**
   * Reads a resource from the server that lists its URI, or whose template it fits. `server` names one outright.
   * @throws SignalboxError UNKNOWN_NAME if no server offers it
   */
  async readResource(
    uri: string,
    options: CallOptions & { readonly server?: string } = {},
  ): Promise<ReadResourceResult> {
    const server = options.server ?? this.#resolver.resourceOwner(uri);
    if (server === undefined) {
      const shown = sanitizePeerText(uri, 200);
      throw new SignalboxError('UNKNOWN_NAME', `no connected server offers the resource "${shown}"`);
    }
    return await this.#inService(this.#require(server)).client.readResource(uri, options);
  }

  /** Where a name leads, as of now; undefined if no connected server offers it. */
  findTool(name: string): CatalogTool | undefined {
    return this.#ifConnected(this.#index().tools.get(name));
  }

  findPrompt(name: string): CatalogPrompt | undefined {
    return this.#ifConnected(this.#index().prompts.get(name));
  }

  /**
   * Where a name leads, after its server has been connected if it was not.
   * @throws SignalboxError UNKNOWN_NAME, SERVER_UNAVAILABLE with the cause
   */
  resolveTool(name: string, options: ResolveOptions = {}): CatalogTool | Promise<CatalogTool> {
    return this.#resolver.tool(name, options);
  }

  resolvePrompt(name: string, options: ResolveOptions = {}): CatalogPrompt | Promise<CatalogPrompt> {
    return this.#resolver.prompt(name, options);
  }

  /** The server that lists a resource or has a template that its URI fits; undefined if none does. */
  resourceOwner(uri: string): string | undefined {
    return this.#resolver.resourceOwner(uri);
  }

  // --- observation ------------------------------------------------------------------------------------------------

  on<Name extends keyof RegistryEvents>(
    name: Name,
    listener: (event: RegistryEvents[Name]) => void,
  ): Disposer {
    return this.#events.on(name, listener);
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  async #forAll(
    task: (instance: ServerInstance) => Promise<ConnectionResult>,
  ): Promise<Map<string, ConnectionResult>> {
    const instances = this.getAllServers().filter((instance) => !instance.isOutOfService);
    // Filled in the order of registration, whatever the order in which they finish.
    const results = new Map<string, ConnectionResult>();
    const found = new Map<string, ConnectionResult>();
    await inParallel(instances, this.#parallelConnects, async (instance) => {
      found.set(instance.name, await task(instance));
    });
    for (const { name } of instances) results.set(name, found.get(name)!);
    return results;
  }

  async #connect(instance: ServerInstance, signal?: AbortSignal): Promise<ConnectionResult> {
    try {
      // It may have left, or everybody may have, while this one waited for its turn.
      if (this.#shutdown !== undefined || this.#servers.get(instance.name) !== instance) {
        throw new SignalboxError('CONNECTION_CLOSED', 'the server is no longer registered', {
          server: instance.name,
        });
      }
      this.#inService(instance);
      const result = await instance.client.connect(signal === undefined ? {} : { signal });
      await instance.settled();
      return result;
    } catch (error) {
      const known = SignalboxError.is(error)
        ? error
        : new SignalboxError('INTERNAL', messageOf(error), { server: instance.name, cause: error });
      return { success: false, error: known, metadata: undefined };
    }
  }

  async #list<Item extends { readonly server: string }>(
    list: ListName,
    select: (catalog: Catalog) => readonly Item[],
  ): Promise<PartialList<Item>> {
    await this.#listsRead();
    const missing = this.getAllServers().flatMap((instance) => {
      const reason = instance.missing(list);
      return reason === undefined ? [] : [{ server: instance.name, reason }];
    });
    const items = select(this.#index()).filter(
      ({ server }) => this.#servers.get(server)?.isConnected === true,
    );
    return { items, missing, complete: missing.length === 0 };
  }

  /** Waits for lists that are being read right now, but not for ever for one that hangs. */
  async #listsRead(): Promise<void> {
    const reading = this.getConnectedServers().map((instance) => instance.settled());
    const over = new AbortController();
    const limit = sleep(this.#clock, this.#listWaitMs, over.signal).catch(() => undefined);
    await Promise.race([Promise.all(reading), limit]);
    over.abort();
  }

  #ifConnected<Item extends { readonly server: string }>(item: Item | undefined): Item | undefined {
    return item !== undefined && this.#servers.get(item.server)?.isConnected === true ? item : undefined;
  }

  /** What is left of a call's time after its server was found. */
  #rest(options: CallOptions, startedAt: number): CallOptions {
    const { timeoutMs } = options;
    return timeoutMs === undefined
      ? options
      : { ...options, timeoutMs: Math.max(1, timeoutMs - (this.#clock.now() - startedAt)) };
  }

  #inService(instance: ServerInstance): ServerInstance {
    if (!instance.isOutOfService) return instance;
    throw new SignalboxError('SERVER_UNAVAILABLE', `the server is ${instance.state}: ${instance.reason}`, {
      server: instance.name,
    });
  }

  #require(name: string): ServerInstance {
    const instance = this.#servers.get(name);
    if (instance !== undefined) return instance;
    throw new SignalboxError('UNKNOWN_SERVER', `no server is registered as "${name.slice(0, 64)}"`);
  }

  #requiredByEntry(): string[] {
    return this.getAllServers()
      .filter((instance) => instance.client.settings.required)
      .map((instance) => instance.name);
  }

  #index(): Catalog {
    if (this.#catalog !== undefined) return this.#catalog;
    const parts = this.getAllServers().map(({ name, isConnected, catalog }) => ({
      server: name,
      isConnected,
      offers: catalog,
    }));
    this.#catalog = new Catalog(parts, this.#maxTools);
    this.#warnOfLeftOut(this.#catalog.toolsLeftOut);
    return this.#catalog;
  }

  /** Once for each number that a server loses: the catalog is built again and again. */
  #warnOfLeftOut(leftOut: ReadonlyMap<string, number>): void {
    const known = this.#toolsLeftOut;
    this.#toolsLeftOut = leftOut;
    for (const [name, count] of leftOut) {
      const instance = this.#servers.get(name);
      if (instance === undefined || known.get(name) === count) continue;
      const reason = `${count} of its tools are left out: all servers together offer more than maxTools (${this.#maxTools})`;
      this.#tell('warning', instance, instance.state, reason);
    }
  }

  #catalogChanged(server: string): void {
    this.#catalog = undefined;
    this.#events.emit('catalog', { server });
  }

  #tell(
    type: ServerEvent['type'],
    instance: ServerInstance,
    from: ServerState | undefined,
    reason: string,
    error?: SignalboxError,
  ): void {
    const at = new Date(this.#clock.wallNow()).toISOString();
    this.#events.emit('server', { type, server: instance.name, from, to: instance.state, reason, at, error });
  }
}
