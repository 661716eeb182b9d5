import type { CallOptions } from '../client/calls/call-options.ts';
import { ClientFactory } from '../client/client-factory.ts';
import type { ConnectionResult } from '../client/connection/connection-result.ts';
import type { ServerEntry } from '../config/entry.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { deferred } from '../core/deferred.ts';
import type { Disposer } from '../core/emitter.ts';
import { SignalboxError } from '../core/errors.ts';
import { guardLogger, type Logger, silentLogger } from '../core/log.ts';
import type { CallToolResult, GetPromptResult, ReadResourceResult } from '../protocol/mcp-types.ts';
import type {
  CatalogPrompt,
  CatalogResource,
  CatalogResourceTemplate,
  CatalogTool,
} from './catalog/catalog.ts';
import { CatalogCalls } from './catalog/catalog-calls.ts';
import { FleetCatalog, type PartialList } from './catalog/fleet-catalog.ts';
import { NameResolver, type ResolveOptions } from './catalog/name-resolver.ts';
import { EventDesk } from './events/event-desk.ts';
import type { EventsOptions, HistoryOptions } from './events/event-journal.ts';
import type { RegistryEvent } from './events/event-record.ts';
import type { EventStream } from './events/event-stream.ts';
import type { RegistryEvents } from './events/registry-events.ts';
import { connectServer } from './fleet/connect-server.ts';
import { inParallel } from './fleet/limited-parallel.ts';
import { type ReadyOptions, waitForReady } from './fleet/readiness.ts';
import { redactorOf } from './servers/entry-secrets.ts';
import { ServerDirectory } from './servers/server-directory.ts';
import { ServerInstance } from './servers/server-instance.ts';
import type { ServerStatus } from './servers/server-status.ts';
import { LastState } from './store/last-state.ts';
import type { StateStore } from './store/state-store.ts';

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
  /** Events that {@link ServerRegistry.history} keeps. Default 256; 0 to 100 000. */
  readonly historySize?: number;
  readonly logger?: Logger;
  readonly clock?: Clock;
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
  readonly #clock: Clock;
  readonly #events: EventDesk;
  readonly #directory: ServerDirectory = new ServerDirectory();
  readonly #lastState: LastState;
  readonly #catalog: FleetCatalog;
  readonly #resolver: NameResolver;
  readonly #calls: CatalogCalls;
  #shutdown: Promise<void> | undefined;

  constructor(options: ServerRegistryOptions = {}) {
    const clock = options.clock ?? systemClock;
    const logger = guardLogger(options.logger ?? silentLogger);
    const directory = this.#directory;
    this.#factory = options.factory ?? new ClientFactory();
    this.#parallelConnects = options.parallelConnects ?? PARALLEL_CONNECTS;
    this.#clock = clock;
    this.#events = new EventDesk(clock, logger, options.historySize);
    this.#lastState = new LastState(options.store, clock, logger);
    this.#catalog = new FleetCatalog({
      directory,
      events: this.#events,
      clock,
      listWaitMs: options.listWaitMs ?? LIST_WAIT_MS,
      maxTools: options.maxTools ?? MAX_TOOLS,
    });
    this.#resolver = new NameResolver({
      clock,
      servers: () => directory.all(),
      catalog: () => this.#catalog.index(),
    });
    this.#calls = new CatalogCalls({ directory, resolver: this.#resolver, clock });
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
    if (this.#directory.get(name) !== undefined) {
      const message = 'a server of this name is registered; unregister it first';
      throw new SignalboxError('ALREADY_REGISTERED', message, { server: name });
    }
    const instance = new ServerInstance(this.#factory.create(name, entry), this.#clock, {
      stateChanged: (changed, from, reason, error) => {
        this.#catalog.changed(changed.name);
        this.#events.tellServer('state', changed, from, reason, error);
      },
      healthChanged: (changed, health) => {
        this.#catalog.reordered();
        this.#events.tellHealth(changed, health);
      },
      catalogChanged: (changed) => this.#catalog.changed(changed.name),
      warning: (changed, message) => this.#events.tellServer('warning', changed, changed.state, message),
    });
    this.#directory.add(instance);
    this.#events.journal.protect(name, redactorOf(instance.entry));
    this.#events.tellServer('registered', instance, undefined, instance.reason);
    return instance;
  }

  /** Disconnects a server and forgets it. Unknown names are ignored. */
  async unregister(name: string, options: { readonly drainMs?: number } = {}): Promise<void> {
    const instance = this.#directory.get(name);
    if (instance === undefined) return;
    this.#directory.delete(instance);
    this.#catalog.changed(name);
    await instance.left();
    await this.#factory.release(name, options);
    instance.dispose();
    this.#events.tellServer('unregistered', instance, instance.state, 'unregistered');
    if (this.#directory.get(name) === undefined) this.#events.journal.protect(name, undefined);
  }

  /** How a server was when the state was last saved; undefined without a store or for a server that is new. */
  async previousStatus(name: string): Promise<ServerStatus | undefined> {
    return (await this.#lastState.load())?.servers.find((status) => status.name === name);
  }

  getServer(name: string): ServerInstance | undefined {
    return this.#directory.get(name);
  }

  /** In the order of their registration. */
  getAllServers(): readonly ServerInstance[] {
    return this.#directory.all();
  }

  getConnectedServers(): readonly ServerInstance[] {
    return this.#directory.connected();
  }

  /**
   * The connected servers less those that are unhealthy: of several that offer the same resource one of these is asked.
   * What an unhealthy server alone offers can still be called.
   */
  getUsableServers(): readonly ServerInstance[] {
    return this.#directory.usable();
  }

  /**
   * Takes a server out of service: its tools vanish from the lists and calls to it are refused at once; its
   * connection is closed in good order in the background.
   * @throws SignalboxError UNKNOWN_SERVER
   */
  markUnavailable(name: string, reason: string): void {
    this.#directory.require(name).markUnavailable(reason);
  }

  /** Puts a server that was marked unavailable back into service and connects it. */
  async markAvailable(name: string): Promise<ConnectionResult> {
    const instance = this.#directory.require(name);
    await instance.left();
    instance.markAvailable();
    return await connectServer(this.#directory, instance, undefined);
  }

  // --- bulk work --------------------------------------------------------------------------------------------------

  /**
   * Connects every server that is in service, in parallel. Never rejects: each outcome stands by itself. A server
   * counts as connected when its lists have been read too.
   */
  async connectAll(options: { readonly signal?: AbortSignal } = {}): Promise<Map<string, ConnectionResult>> {
    await this.#lastState.load();
    return await this.#forAll((instance) => connectServer(this.#directory, instance, options.signal));
  }

  /** Drops all connections and makes them anew. Never rejects. */
  reconnectAll(options: { readonly signal?: AbortSignal } = {}): Promise<Map<string, ConnectionResult>> {
    return this.#forAll(async (instance) => {
      await instance.client.disconnect({ drainMs: 0 });
      return await connectServer(this.#directory, instance, options.signal);
    });
  }

  async disconnectAll(options: { readonly drainMs?: number } = {}): Promise<void> {
    await Promise.all(this.getAllServers().map((instance) => instance.client.disconnect(options)));
  }

  /**
   * Resolves when all `required` servers (default: those whose entry says so) are connected.
   * @throws SignalboxError UNKNOWN_SERVER; CONNECT_TIMEOUT naming those that are not, after `timeoutMs` (default 30 000)
   */
  waitForReady(options: ReadyOptions = {}): Promise<void> {
    return waitForReady({ directory: this.#directory, events: this.#events, clock: this.#clock }, options);
  }

  /** Ends everything in good order: calls in flight get `drainMs` (default 10 000). The registry takes no more work. */
  shutdown(options: { readonly drainMs?: number } = {}): Promise<void> {
    if (this.#shutdown !== undefined) {
      // A second call hurries.
      void this.disconnectAll({ drainMs: 0 });
      return this.#shutdown;
    }
    const done = deferred<void>();
    // Known before it is told: a listener may call it again.
    this.#shutdown = done.promise;
    this.#events.tell('shutdown', { phase: 'begun', reason: 'the registry is being shut down' });
    this.#end(options.drainMs ?? SHUTDOWN_DRAIN_MS).then(
      () => done.resolve(),
      (error: unknown) => done.reject(error),
    );
    return this.#shutdown;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #end(drainMs: number): Promise<void> {
    const instances = this.getAllServers();
    const statuses = instances.map((instance) => instance.status());
    await Promise.all(instances.map(({ name }) => this.#factory.release(name, { drainMs })));
    for (const instance of instances) {
      instance.dispose();
      this.#directory.delete(instance);
    }
    await this.#lastState.save(statuses);
    this.#events.tell('shutdown', { phase: 'ended', reason: 'the registry has been shut down' });
    this.#events.journal.close();
  }

  // --- what they offer --------------------------------------------------------------------------------------------

  /** All tools of all connected servers, under their exposed names. */
  listTools(): Promise<PartialList<CatalogTool>> {
    return this.#catalog.list('tools', (catalog) => [...catalog.tools.values()]);
  }

  listPrompts(): Promise<PartialList<CatalogPrompt>> {
    return this.#catalog.list('prompts', (catalog) => [...catalog.prompts.values()]);
  }

  listResources(): Promise<PartialList<CatalogResource>> {
    return this.#catalog.list('resources', (catalog) => [...catalog.resources.values()]);
  }

  listResourceTemplates(): Promise<PartialList<CatalogResourceTemplate>> {
    return this.#catalog.list('resources', (catalog) => catalog.resourceTemplates);
  }

  /**
   * Calls a tool by its exposed name (`server__tool`).
   * @throws SignalboxError UNKNOWN_NAME, SERVER_UNAVAILABLE, and what `McpClient.callTool` throws
   */
  callTool(
    name: string,
    args: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Promise<CallToolResult> {
    return this.#calls.tool(name, args, options);
  }

  /** Gets a prompt by its exposed name (`server__prompt`). */
  getPrompt(
    name: string,
    args: Readonly<Record<string, string>> = {},
    options: CallOptions = {},
  ): Promise<GetPromptResult> {
    return this.#calls.prompt(name, args, options);
  }

  /**
   * Reads a resource from the server that lists its URI, or whose template it fits. `server` names one outright.
   * @throws SignalboxError UNKNOWN_NAME if no server offers it
   */
  readResource(
    uri: string,
    options: CallOptions & { readonly server?: string } = {},
  ): Promise<ReadResourceResult> {
    return this.#calls.resource(uri, options);
  }

  /** Where a name leads, as of now; undefined if no connected server offers it. */
  findTool(name: string): CatalogTool | undefined {
    return this.#catalog.ifConnected(this.#catalog.index().tools.get(name));
  }

  findPrompt(name: string): CatalogPrompt | undefined {
    return this.#catalog.ifConnected(this.#catalog.index().prompts.get(name));
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

  /**
   * Everything that happens from now on, as a stream: plain data, each event with its number, time, server and reason.
   * It ends with the shutdown, with `signal`, or when its reader leaves the loop. A reader that is too slow is told how
   * many events it has missed (`{ type: 'dropped', count }`).
   * @throws SignalboxError INVALID_ARGUMENT; OVERLOADED if more than 1 000 streams are open
   */
  events(options: EventsOptions = {}): EventStream {
    return this.#events.journal.stream(options);
  }

  /** The last events, the oldest first: plain, serialisable, without the secrets of the servers they are about. */
  history(options: HistoryOptions = {}): readonly RegistryEvent[] {
    return this.#events.journal.history(options);
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
}
