import type { CallOptions } from '../client/calls/call-options.ts';
import { ClientFactory } from '../client/client-factory.ts';
import type { ConnectionResult } from '../client/connection/connection-result.ts';
import type { ServerEntry } from '../config/entry.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Disposer } from '../core/emitter.ts';
import { guardLogger, type Logger, silentLogger } from '../core/log.ts';
import type { CallToolResult, GetPromptResult, ReadResourceResult } from '../protocol/mcp-types.ts';
import type { AppliedServer } from './apply/apply-result.ts';
import { type ApplyOptions, ServerApply } from './apply/server-apply.ts';
import type {
  CatalogBlockedTool,
  CatalogPrompt,
  CatalogResource,
  CatalogResourceTemplate,
  CatalogTool,
} from './catalog/catalog.ts';
import { CatalogCalls } from './catalog/catalog-calls.ts';
import { DriftDesk } from './catalog/drift/drift-desk.ts';
import type { ServerApprovals } from './catalog/drift/saved-approvals.ts';
import { FleetCatalog, type ListOptions, type PartialList } from './catalog/fleet-catalog.ts';
import { NameResolver, type ResolveOptions } from './catalog/name-resolver.ts';
import type { FoundTool, SearchOptions } from './catalog/search/tool-search.ts';
import { EventDesk } from './events/event-desk.ts';
import type { EventsOptions, HistoryOptions } from './events/event-journal.ts';
import type { RegistryEvent } from './events/event-record.ts';
import type { EventStream } from './events/event-stream.ts';
import type { RegistryEvents } from './events/registry-events.ts';
import { type CallAllOptions, type CallOutcome, callAll } from './fleet/call-all.ts';
import { markAvailable } from './fleet/connect-server.ts';
import {
  type ConnectAllOptions,
  type DisconnectResult,
  FleetConnections,
} from './fleet/fleet-connections.ts';
import type { FleetResult } from './fleet/fleet-result.ts';
import { type ReadyOptions, waitForReady } from './fleet/readiness.ts';
import { Shutdown } from './fleet/shutdown.ts';
import { Registrar } from './servers/registrar.ts';
import { ServerDirectory } from './servers/server-directory.ts';
import type { ServerInstance } from './servers/server-instance.ts';
import type { WishOptions } from './servers/server-life.ts';
import type { WantedState } from './servers/server-machine.ts';
import type { ServerStatus } from './servers/server-status.ts';
import { updateState } from './servers/update-state.ts';
import { type RegistryStats, registryStatsOf } from './stats/registry-stats.ts';
import type { LastStatus } from './store/last-status.ts';
import { RegistryMemory } from './store/registry-memory.ts';
import type { SaveTimes } from './store/state-saver.ts';
import type { StateStore } from './store/state-store.ts';

/** Everything is optional: a registry without options works. */
export interface ServerRegistryOptions {
  /** Makes the clients. Default: a factory of its own. */
  readonly factory?: ClientFactory;
  /**
   * Whether servers with the same entry use one connection, also those of other registries with the same factory; with
   * `principal` on behalf of whom, so that a rotated token is the same connection. Default `false`: two entries may be
   * meant to be two processes.
   */
  readonly share?: boolean | { readonly principal: string };
  /**
   * Where is kept what is known of the servers: `FileStateStore`, or one of your own. It is read when the first server is
   * registered, and written when something changes and by `shutdown`. Default: nowhere.
   */
  readonly store?: StateStore;
  /** When what has changed is written to the store. */
  readonly save?: SaveTimes;
  /** Servers that bulk work begins to connect at the same time. Default 8. */
  readonly parallelConnects?: number;
  /** How long a server that is being connected holds one of these places, in ms. It goes on without. Default 2 000. */
  readonly connectPatienceMs?: number;
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
const CONNECT_PATIENCE_MS = 2000;
/** How long one call of `callAll` holds the place of another one, in ms. */
const CALL_PATIENCE_MS = 1000;
const LIST_WAIT_MS = 5000;
const MAX_TOOLS = 5000;
/** Default time that calls in flight get when everything is shut down, in ms. */
const SHUTDOWN_DRAIN_MS = 10_000;

/** Many servers under one roof: who is registered, in which state, and what they offer together. */
export class ServerRegistry implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #events: EventDesk;
  readonly #directory: ServerDirectory = new ServerDirectory();
  readonly #memory: RegistryMemory;
  readonly #catalog: FleetCatalog;
  readonly #drift: DriftDesk;
  readonly #resolver: NameResolver;
  readonly #calls: CatalogCalls;
  readonly #registrar: Registrar;
  readonly #connections: FleetConnections;
  readonly #apply: ServerApply;
  #shutdown: Shutdown | undefined;

  constructor(options: ServerRegistryOptions = {}) {
    const clock = options.clock ?? systemClock;
    const logger = guardLogger(options.logger ?? silentLogger);
    const directory = this.#directory;
    this.#clock = clock;
    this.#logger = logger;
    this.#events = new EventDesk(clock, logger, options.historySize);
    this.#catalog = new FleetCatalog({
      directory,
      events: this.#events,
      clock,
      listWaitMs: options.listWaitMs ?? LIST_WAIT_MS,
      maxTools: options.maxTools ?? MAX_TOOLS,
    });
    this.#drift = new DriftDesk({
      directory,
      events: this.#events,
      logger,
      changed: (server) => this.#catalog.changed(server),
    });
    this.#memory = new RegistryMemory({
      store: options.store,
      times: options.save ?? {},
      directory,
      events: this.#events,
      clock,
      logger,
      restoreApprovals: (saved) => this.#drift.restore(saved),
    });
    this.#resolver = new NameResolver({
      clock,
      directory,
      catalog: () => this.#catalog.index(),
    });
    this.#calls = new CatalogCalls({ directory, resolver: this.#resolver, clock });
    const factory = options.factory ?? new ClientFactory();
    this.#registrar = new Registrar({
      factory,
      share: options.share === true ? {} : options.share === false ? undefined : options.share,
      directory,
      events: this.#events,
      catalog: this.#catalog,
      drift: this.#drift,
      clock,
    });
    this.#connections = new FleetConnections({
      directory,
      clock,
      parallel: options.parallelConnects ?? PARALLEL_CONNECTS,
      patienceMs: options.connectPatienceMs ?? CONNECT_PATIENCE_MS,
    });
    this.#apply = new ServerApply({
      directory,
      registrar: this.#registrar,
      connections: this.#connections,
      events: this.#events,
      kinds: () => factory.supportedTransports(),
    });
  }

  // --- who is there -----------------------------------------------------------------------------------------------

  /**
   * Adds a server. It is not connected yet.
   * @throws SignalboxError CONFIG_INVALID, ALREADY_REGISTERED, CONNECTION_CLOSED after `shutdown`
   */
  register(name: string, entry: ServerEntry): ServerInstance {
    return this.#registrar.register(name, entry);
  }

  /**
   * Takes a server away: its tools vanish at once, calls in flight get `drainMs` (default 5 000), then nothing of it is
   * left. Until that has settled its name is taken. Unknown names are ignored. A second call joins the first one; with
   * `drainMs` 0 it hurries.
   */
  unregister(name: string, options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.#registrar.unregister(name, options.drainMs);
  }

  /**
   * Makes the registered servers those that are wanted, as a configuration says that has changed: what is new is added
   * and connected, what is not wanted any more is removed, what has changed is replaced under its name at once while calls
   * on the old one get `drainMs` (default 5 000), and what is as it was is left alone. Entries that cannot be used are
   * told, and what runs under their names goes on. Never rejects for a server: the outcomes stand by name. The last call
   * wins, whatever earlier ones still wait for.
   * @example const { servers, failed } = await loadConfig('.mcp.json'); await registry.apply(servers, { failed });
   * @throws SignalboxError CONNECTION_CLOSED after `shutdown`
   */
  apply(
    servers: ReadonlyMap<string, ServerEntry>,
    options: ApplyOptions = {},
  ): Promise<Map<string, AppliedServer>> {
    return this.#apply.apply(servers, options);
  }

  /**
   * How a server was when its last run was saved; undefined without a store, and for a server that is new or whose entry
   * has changed.
   */
  previousStatus(name: string): Promise<LastStatus | undefined> {
    return this.#memory.previousStatus(name);
  }

  /**
   * Resolves when what the store has kept of the registered servers has been given to them: stale catalogs, verdicts
   * about eras, totals, approvals. It begins with the first registration, and `connectAll` waits for it. Never rejects.
   */
  restore(): Promise<void> {
    return this.#memory.restore();
  }

  /** Writes everything to the store as it is now, behind a save that is under way. Never rejects: a fault is logged. */
  save(): Promise<void> {
    return this.#memory.save();
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
   * Moves a server to the state that a person or a program wants it to be in: `connected`, `disconnected`, `sleeping`
   * (the next call wakes it), `unavailable` or `disabled` (both: out of service, until it is `disconnected` or, if it was
   * unavailable, `connected` again). Whether that is possible is decided at once, and what is out of service is so at
   * once; resolves when the server is there. The last wish wins.
   * @param reason one sentence for people: `status().reason` and the events tell it
   * @throws SignalboxError UNKNOWN_SERVER, INVALID_ARGUMENT; ILLEGAL_TRANSITION where the machine of a server refuses it;
   * CONNECTION_CLOSED if another wish has overtaken this one; with `connected` also what `McpClient.connect` throws
   */
  updateState(
    name: string,
    state: WantedState,
    reason: string,
    options: WishOptions = {},
  ): Promise<ServerStatus> {
    return updateState(this.#directory, name, state, reason, options);
  }

  /**
   * Takes a server out of service: its tools vanish from the lists and calls to it are refused at once; its
   * connection is closed in good order in the background.
   * @throws SignalboxError UNKNOWN_SERVER; ILLEGAL_TRANSITION if it is disabled
   */
  markUnavailable(name: string, reason: string): void {
    const closed = this.#directory.require(name).want('unavailable', reason);
    // It settles when the connection is closed, which nobody waits for here; that it was overtaken harms nobody.
    closed.catch(() => undefined);
  }

  /**
   * Puts a server that was marked unavailable back into service and connects it. Rejects only with UNKNOWN_SERVER: the
   * outcome says whether it is connected.
   */
  async markAvailable(name: string, reason: string = 'back in service'): Promise<ConnectionResult> {
    const instance = this.#directory.require(name);
    return await markAvailable(this.#directory, instance, reason);
  }

  // --- bulk work --------------------------------------------------------------------------------------------------

  /**
   * Connects every server that is in service, in parallel. Never rejects: each outcome stands by itself. A server
   * counts as connected when its lists have been read too. A lazy server whose offer is known is left `asleep`. Required servers come first, those that have just failed last;
   * one that takes long holds the others up for `connectPatienceMs` at most.
   */
  async connectAll(options: ConnectAllOptions = {}): Promise<Map<string, FleetResult>> {
    await this.#memory.restore();
    return await this.#connections.connectAll(options);
  }

  /** Drops all connections and makes them anew, as {@link connectAll} does. Subscriptions are kept. Never rejects. */
  reconnectAll(options: ConnectAllOptions = {}): Promise<Map<string, FleetResult>> {
    return this.#connections.reconnectAll(options);
  }

  /** Disconnects every server; calls in flight get `drainMs` (default 5 000). Never rejects. */
  disconnectAll(options: { readonly drainMs?: number } = {}): Promise<Map<string, DisconnectResult>> {
    return this.#connections.disconnectAll(options.drainMs);
  }

  /**
   * Calls the tool of this own name (not `server__tool`) on every server in service that is known to offer it, in
   * parallel. Never rejects for a server: the outcomes stand by name, in the order of registration. `timeoutMs` holds for
   * each call.
   * @throws SignalboxError CONNECTION_CLOSED after `shutdown`
   */
  async callAll(
    tool: string,
    args: Readonly<Record<string, unknown>> = {},
    options: CallAllOptions = {},
  ): Promise<Map<string, CallOutcome>> {
    this.#directory.requireOpen();
    return await callAll(
      {
        directory: this.#directory,
        catalog: () => this.#catalog.index(),
        clock: this.#clock,
        patienceMs: CALL_PATIENCE_MS,
        call: (name, given, rest) => this.#calls.tool(name, given, rest),
      },
      tool,
      args,
      options,
    );
  }

  /**
   * Resolves when all `required` servers (default: those whose entry says so), and `quorum` servers in all, are connected
   * and their lists have been read; one that sleeps is ready if its offer is known. It connects nobody by itself.
   * @throws SignalboxError UNKNOWN_SERVER; CONNECT_TIMEOUT naming those that are not, after `timeoutMs` (default 30 000);
   * REQUEST_ABORTED, INVALID_ARGUMENT, CONNECTION_CLOSED after `shutdown`
   */
  waitForReady(options: ReadyOptions = {}): Promise<void> {
    return waitForReady({ directory: this.#directory, events: this.#events, clock: this.#clock }, options);
  }

  /**
   * Ends everything in good order, in six steps that the event `shutdown` tells of: calls in flight get `drainMs` (default
   * 10 000). The registry takes no more work. A second call hurries. Never rejects.
   */
  shutdown(options: { readonly drainMs?: number } = {}): Promise<void> {
    if (this.#shutdown !== undefined) {
      this.#shutdown.hurry();
      return this.#shutdown.ended;
    }
    const shutdown = new Shutdown({
      directory: this.#directory,
      events: this.#events,
      clock: this.#clock,
      logger: this.#logger,
      release: (instance) => this.#registrar.release(instance),
      forget: () => this.#catalog.clear(),
      save: () => this.#memory.close(),
    });
    // Known before it begins: a listener that is told may ask for it again.
    this.#shutdown = shutdown;
    this.#memory.freeze();
    void shutdown.run(options.drainMs ?? SHUTDOWN_DRAIN_MS);
    return shutdown.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  // --- what they offer --------------------------------------------------------------------------------------------

  /**
   * All tools of all servers that are connected or would be woken by a call, under their exposed names; on demand also
   * what is known of the others.
   */
  listTools(options: ListOptions = {}): Promise<PartialList<CatalogTool>> {
    return this.#catalog.list('tools', options, (catalog) => [...catalog.tools.values()]);
  }

  listPrompts(options: ListOptions = {}): Promise<PartialList<CatalogPrompt>> {
    return this.#catalog.list('prompts', options, (catalog) => [...catalog.prompts.values()]);
  }

  listResources(options: ListOptions = {}): Promise<PartialList<CatalogResource>> {
    return this.#catalog.list('resources', options, (catalog) => [...catalog.resources.values()]);
  }

  listResourceTemplates(options: ListOptions = {}): Promise<PartialList<CatalogResourceTemplate>> {
    return this.#catalog.list('resources', options, (catalog) => catalog.resourceTemplates);
  }

  /**
   * The tools in whose name, title or description every word occurs, or begins a word; the best first. Those of servers
   * that are away are among them, and marked as stale.
   * @throws SignalboxError INVALID_ARGUMENT, UNKNOWN_SERVER
   */
  searchTools(words: string, options: SearchOptions = {}): readonly FoundTool[] {
    return this.#catalog.search(words, options);
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

  /** Where a name leads, as of now; undefined if no server that is connected or asleep offers it. */
  findTool(name: string): CatalogTool | undefined {
    return this.#catalog.ifAvailable(this.#catalog.index().tools.get(name));
  }

  findPrompt(name: string): CatalogPrompt | undefined {
    return this.#catalog.ifAvailable(this.#catalog.index().prompts.get(name));
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

  // --- tools that change ------------------------------------------------------------------------------------------

  /** The tools that are kept away because they are not what was approved (`x-signalbox.drift` is `block`). */
  blockedTools(): readonly CatalogBlockedTool[] {
    return [...this.#catalog.index().blockedTools.values()];
  }

  /**
   * Approves tools of a server as they are defined now, by their own names; all of them if none is named.
   * @throws SignalboxError UNKNOWN_SERVER, UNKNOWN_NAME
   */
  approveTools(server: string, names?: readonly string[]): void {
    this.#drift.approve(server, names);
  }

  /** What is approved of each server, as plain data to be kept for the next run. */
  approvals(): readonly ServerApprovals[] {
    return this.#drift.saved();
  }

  /**
   * Takes what {@link approvals} gave in an earlier run; what is not sound is left out. It wins over what has been seen
   * first in this run. Servers may be registered later.
   */
  restoreApprovals(saved: unknown): void {
    this.#drift.restore(saved);
  }

  // --- observation ------------------------------------------------------------------------------------------------

  on<Name extends keyof RegistryEvents>(
    name: Name,
    listener: (event: RegistryEvents[Name]) => void,
  ): Disposer {
    return this.#events.on(name, listener);
  }

  /**
   * What was asked of each server and of all together, how long it took and what it cost: plain and serialisable, and
   * cheap enough to be asked every second. Servers that are gone do not count any more.
   */
  stats(): RegistryStats {
    return registryStatsOf(this.#directory.all(), this.#clock.wallNow());
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
}
