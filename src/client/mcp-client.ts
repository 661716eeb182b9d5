import type { ServerEntry } from '../config/entry.ts';
import type { ParsedEntry } from '../config/parse-entry.ts';
import { type ResolvedSettings, resolveSettings } from '../config/settings.ts';
import { type Disposer, Emitter } from '../core/emitter.ts';
import type { Era, EraName } from '../protocol/eras/era.ts';
import type { InputHandlers } from '../protocol/input/input-handlers.ts';
import type {
  CallToolResult,
  CompleteResult,
  GetPromptResult,
  Implementation,
  Prompt,
  ReadResourceResult,
  Resource,
  ResourceTemplate,
  ServerCapabilities,
  Tool,
} from '../protocol/mcp-types.ts';
import type { Handshake } from '../protocol/negotiation/handshake.ts';
import { redress } from '../protocol/session/redress.ts';
import type { Session } from '../protocol/session/session.ts';
import { tasksEraOf } from '../protocol/tasks/tasks-era.ts';
import type { CircuitBreaker } from '../resilience/breaker/circuit-breaker.ts';
import { StderrLog } from '../transports/process/stderr-log.ts';
import type { Params } from '../wire/json-rpc.ts';
import { ClientActivity } from './activity/client-activity.ts';
import { ClientAuthorization } from './authorization/client-authorization.ts';
import type { CallOptions } from './calls/call-options.ts';
import { Caller } from './calls/caller.ts';
import type { CallGuard, GuardSnapshot } from './calls/guard/call-guard.ts';
import { clientGuard } from './calls/guard/client-guard.ts';
import { OutputCheck } from './calls/output-check.ts';
import { ToolBook } from './calls/tool-book.ts';
import { ToolCaller, type ToolCallOptions } from './calls/tool-caller.ts';
import { type ClientDiagnostics, diagnosticsOf } from './client-diagnostics.ts';
import { type ClientEvents, type LogLevel, stateChangeOf } from './client-events.ts';
import { ClientMemory } from './client-memory.ts';
import { Connection } from './connection/connection.ts';
import type {
  ConnectionEvent,
  ConnectionState,
  ConnectionStateName,
} from './connection/connection-machine.ts';
import { type ConnectionResult, metadataOf } from './connection/connection-result.ts';
import { type ClientEnvironment, Connector, type Established } from './connection/connector.ts';
import type { ClientHealth } from './health/client-health.ts';
import { createHealth } from './health/create-health.ts';
import type { HealthSnapshot } from './health/health-snapshot.ts';
import type { HealthCheckResult } from './health/liveness.ts';
import { InputDesk } from './input/input-desk.ts';
import { UrlElicitations } from './input/url-elicitations.ts';
import { CatalogReader, LISTS, mirrorsParams } from './lists/catalog-reader.ts';
import { ResponseCache } from './lists/response-cache.ts';
import { ToolDoubts } from './lists/tool-doubts.ts';
import { ServerLogLevel } from './server-log-level.ts';
import { ClientStats, type ClientStatsSnapshot } from './stats/client-stats.ts';
import { ServerNotifications } from './subscriptions/server-notifications.ts';
import type { Subscription, SubscriptionEvent, SubscriptionFilter } from './subscriptions/subscription.ts';
import { type SubscribeOptions, Subscriptions } from './subscriptions/subscriptions.ts';
import type { StoredTask } from './tasks/stored-task.ts';
import type { TaskHandle } from './tasks/task-handle.ts';
import type { TaskCallOptions } from './tasks/task-options.ts';

/** How long calls in flight may go on when the client is disconnected, in ms. */
export const DRAIN_MS = 5000;

/**
 * One MCP server, behind one interface whatever its transport and era. Made by a `ClientFactory`.
 *
 * Every method that talks to the server rejects with a SignalboxError for what Signalbox finds, or with a RemoteError
 * for a JSON-RPC error of the server. A call that finds the connection being repaired waits for it within its time.
 */
export class McpClient implements AsyncDisposable {
  readonly name: string;
  readonly entry: ServerEntry;
  readonly settings: ResolvedSettings;
  /**
   * The last `limits.stderrBytes` that the processes of this server wrote to stderr. Untrusted: it is not sanitised, and
   * secrets may be in it.
   */
  readonly stderr: StderrLog;
  /** What is worth keeping for the next run of the program; a registry with a store keeps it. */
  readonly memory: ClientMemory;
  /** What it has to do at the moment, and for how long it has had nothing. */
  readonly activity: ClientActivity;
  /** Logs in and out, where the server wants that. */
  readonly authorization: ClientAuthorization;
  readonly #environment: ClientEnvironment;
  readonly #events: Emitter<ClientEvents>;
  readonly #stats: ClientStats;
  readonly #desk: InputDesk;
  readonly #connection: Connection;
  readonly #health: ClientHealth;
  readonly #guard: CallGuard;
  readonly #caller: Caller;
  readonly #cache: ResponseCache;
  readonly #book: ToolBook = new ToolBook();
  readonly #catalog: CatalogReader;
  readonly #subscriptions: Subscriptions;
  readonly #notifications: ServerNotifications;
  readonly #tools: ToolCaller;
  readonly #logLevel: ServerLogLevel;
  #lastEstablished: Established | undefined;
  /** Calls of {@link reconnect} that are under way. */
  #reconnections = 0;

  /** @internal use `ClientFactory.create` */
  constructor(parsed: ParsedEntry, environment: ClientEnvironment) {
    const { name } = parsed;
    const { clock, logger } = environment;
    this.name = name;
    this.entry = parsed.entry;
    this.settings = resolveSettings(parsed.entry);
    this.#environment = environment;
    this.#events = new Emitter(logger);
    this.#stats = new ClientStats(clock);
    this.activity = new ClientActivity(clock, this.settings.lazy, {
      subscriptions: () => this.#subscriptions.wakeful,
      tasks: () => this.#tools.tasksSoFar?.unfinished ?? 0,
    });
    this.#cache = new ResponseCache(clock);
    this.#desk = new InputDesk(name, environment.identity);
    const urlElicitations = new UrlElicitations(name, this.#desk, clock);
    const notifications = new ServerNotifications({
      clock,
      counters: () => this.#lastEstablished?.session.counters,
      events: this.#events,
      cache: this.#cache,
      urlElicitations,
      subscriptions: () => this.#subscriptions,
      tasks: () => this.#tools.tasksSoFar,
    });
    this.#notifications = notifications;
    const doubts = new ToolDoubts(clock, this.#book, () => notifications.toolsDoubted());
    this.stderr = new StderrLog(this.settings.limits.stderrBytes, clock);
    this.authorization = new ClientAuthorization(parsed, this.settings, environment, () => this.#connection);
    const connector = new Connector(parsed, this.settings, environment, () => this.#desk.identity, {
      notification: (method, params) => notifications.handle(method, params),
      told: (type, data) => this.#events.emit('serverEvent', { type, data }),
      request: (method, params, signal) => this.#desk.serve(method, params, signal),
      sessionLost: (error) => this.#connection.sessionLost(error),
      settled: (method, elapsedMs, error, now) => this.#onSettled(method, elapsedMs, error, now),
      tally: this.#stats.tally,
      stderr: this.stderr,
      credentials: this.authorization.source,
    });
    this.memory = new ClientMemory(connector, this.#stats);
    this.#connection = new Connection(name, this.settings, environment, connector, {
      stateChanged: (from, to, event) => this.#onStateChanged(from, to, event),
      established: (established) => this.#onEstablished(established),
    });
    const { activity, settings } = this;
    const handshake = (): Handshake | undefined => this.#lastEstablished?.handshake;
    const connection = this.#connection;
    // No spread here or below: each object that is made by one has a hidden class of its own, half a KB for every client.
    this.#guard = clientGuard({ name, settings, environment, connection, ping: () => this.ping() });
    this.#guard.breaker?.on('state', (change) => this.#events.emit('circuit', change));
    this.#caller = new Caller({
      name,
      settings,
      environment,
      connection,
      activity,
      handshake,
      guard: this.#guard,
      desk: this.#desk,
      urlElicitations,
      headersFor: (method, params) =>
        method === 'tools/call' ? this.#book.headersFor(params?.['name'], params?.['arguments']) : undefined,
      findTool: (tool) => (typeof tool === 'string' ? this.#book.find(tool) : undefined),
      relearnTools: (options) => this.#catalog.tools(options),
      failed: (method, params, error) => doubts.failed(method, params, error),
    });
    const caller = this.#caller;
    const capabilities = (): ServerCapabilities | undefined => this.capabilities;
    const warn = (message: string): void => this.#warn(message);
    this.#logLevel = new ServerLogLevel({ caller, capabilities, redress: () => this.#redress(), warn });
    const parts = { name, settings, environment, connection, handshake, caller };
    const evidence = { breaker: this.#guard.breaker, traffic: this.#stats.traffic };
    this.#health = createHealth(parts, evidence, (change) => this.#events.emit('health', change));
    this.#catalog = new CatalogReader({
      name,
      bounds: settings.limits,
      caller,
      cache: this.#cache,
      book: this.#book,
      declares: (capability) => this.capabilities?.[capability] !== undefined,
      mirrorsParams: () => mirrorsParams(this.#connection.session),
      warn,
    });
    const tasksEra = (session: Session): Era | undefined =>
      tasksEraOf(session.era, this.#desk.identity, this.#logLevel.level);
    const notified = (event: SubscriptionEvent): void => notifications.subscribed(event);
    this.#subscriptions = new Subscriptions({ name, environment, caller, activity, tasksEra, notified });
    this.#tools = new ToolCaller({
      name,
      environment,
      caller,
      tasksEra,
      desk: this.#desk,
      subscriptions: this.#subscriptions,
      settings,
      book: this.#book,
      outputs: new OutputCheck(name, warn),
      protocolVersion: () => this.protocolVersion,
      capabilities,
      learnTools: (options) => this.#catalog.tools(options),
      isComingBack: () => this.#reconnections > 0,
    });
  }

  // --- connection -------------------------------------------------------------------------------------------------

  /**
   * Connects, with retries and backoff as configured. Resolves at once if connected, and joins an attempt that is
   * under way.
   * @throws SignalboxError SPAWN_FAILED, CONNECT_FAILED, CONNECT_TIMEOUT, PROTOCOL_UNSUPPORTED, AUTH_REQUIRED, …
   */
  async connect(options: { readonly signal?: AbortSignal } = {}): Promise<ConnectionResult> {
    const established = await this.#connection.connect(options.signal);
    return { success: true, error: undefined, metadata: metadataOf(this.name, established) };
  }

  /** The same as {@link connect}; the name by which other clients know it. */
  initialize(options: { readonly signal?: AbortSignal } = {}): Promise<ConnectionResult> {
    return this.connect(options);
  }

  /**
   * Ends the connection in good order. Calls in flight get `drainMs` (default 5 000), then fail with
   * CONNECTION_CLOSED. Resolves when everything is released; a second call meanwhile hurries.
   */
  disconnect(options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.#connection.disconnect(options.drainMs ?? DRAIN_MS);
  }

  /** {@link disconnect}, and then `sleeping`: the next call, or `connect`, connects again. */
  sleep(options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.#connection.sleep(options.drainMs ?? DRAIN_MS);
  }

  /** {@link disconnect} for good: nothing connects this client again. `ClientFactory.release` calls it. */
  end(options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.#connection.end(options.drainMs ?? DRAIN_MS);
  }

  /**
   * Resolves when there is a connection: waits for one that is on its way, begins one if none was asked for yet.
   * @param options.timeoutMs how long it waits; default: `timeouts.request`
   * @throws SignalboxError the cause, where the connection has been given up; REQUEST_TIMEOUT
   */
  async ready(
    options: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number | undefined } = {},
  ): Promise<void> {
    await this.#caller.session(options.signal, options.timeoutMs, true);
  }

  /** Drops the connection, if any, and connects anew. Earlier failures no longer count. */
  async reconnect(options: { readonly signal?: AbortSignal } = {}): Promise<ConnectionResult> {
    this.#reconnections++;
    try {
      const established = await this.#connection.reconnect(options.signal);
      return { success: true, error: undefined, metadata: metadataOf(this.name, established) };
    } finally {
      this.#reconnections--;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  /** Requests that wait for their answer; subscriptions do not count. */
  get inFlight(): number {
    return this.#lastEstablished?.session.inFlight ?? 0;
  }

  /** Resolves when no request is in flight any more, or after `limitMs`. Further requests are not refused for it. */
  drained(limitMs: number): Promise<void> {
    return this.#lastEstablished?.session.drained(limitMs) ?? Promise.resolve();
  }

  get isConnected(): boolean {
    return this.#connection.session !== undefined;
  }

  get state(): ConnectionStateName {
    return this.#connection.state.kind;
  }

  /** The state with what belongs to it: attempt, cause. */
  get connectionState(): ConnectionState {
    return this.#connection.state;
  }

  /** Undefined until the first connection, as the following are. */
  get era(): EraName | undefined {
    return this.#lastEstablished?.handshake.era.name;
  }

  get protocolVersion(): string | undefined {
    return this.#lastEstablished?.handshake.era.protocolVersion;
  }

  get serverInfo(): Implementation | undefined {
    return this.#lastEstablished?.handshake.serverInfo;
  }

  get capabilities(): ServerCapabilities | undefined {
    return this.#lastEstablished?.handshake.capabilities;
  }

  get instructions(): string | undefined {
    return this.#lastEstablished?.handshake.instructions;
  }

  /** Kind of the transport that carries the connection. */
  get transportKind(): string | undefined {
    return this.#lastEstablished?.kind;
  }

  /**
   * Gets authorization from the server's authorization server: asks the person that the factory knows how to ask, where one is
   * needed. A client that was `unauthorized` connects by itself then.
   * @throws SignalboxError AUTH_FAILED, NOT_SUPPORTED, REQUEST_ABORTED
   */
  readonly authorize: ClientAuthorization['login'] = (options) => this.authorization.login(options);

  // --- features ---------------------------------------------------------------------------------------------------

  /**
   * All tools of the server: every page, within `limits.pages` and `limits.items`. Empty if it offers none. Over HTTP
   * a tool of the modern era whose header annotations are invalid is left out, with a warning, as it must be.
   */
  listTools(options: CallOptions = {}): Promise<Tool[]> {
    return this.#catalog.tools(options);
  }

  listResources(options: CallOptions = {}): Promise<Resource[]> {
    return this.#catalog.list(LISTS.resources, options);
  }

  listResourceTemplates(options: CallOptions = {}): Promise<ResourceTemplate[]> {
    return this.#catalog.list(LISTS.resourceTemplates, options);
  }

  listPrompts(options: CallOptions = {}): Promise<Prompt[]> {
    return this.#catalog.list(LISTS.prompts, options);
  }

  /**
   * Calls a tool as a task: resolves as soon as the server has made one, with a handle that waits for the result, can
   * be stored and be resumed. Where server or tool makes no tasks it resolves with a handle that is completed.
   */
  callTool(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: TaskCallOptions,
  ): Promise<TaskHandle>;
  /**
   * Calls a tool once. It is never called a second time unless the first call provably was not executed. A tool that
   * fails by itself resolves with `isError: true`.
   */
  callTool(
    name: string,
    args?: Readonly<Record<string, unknown>>,
    options?: CallOptions & { readonly task?: undefined },
  ): Promise<CallToolResult>;
  callTool(
    name: string,
    args: Readonly<Record<string, unknown>> = {},
    options: ToolCallOptions = {},
  ): Promise<CallToolResult | TaskHandle> {
    return this.#tools.call(name, args, options);
  }

  /**
   * Goes on with a task that was stored as JSON, here or in another process. Nothing is sent until somebody waits for
   * it.
   * @throws SignalboxError INVALID_ARGUMENT if it is no task, or one of another server
   */
  resumeTask(stored: StoredTask): TaskHandle {
    return this.#tools.tasks.resume(stored);
  }

  readResource(uri: string, options: CallOptions = {}): Promise<ReadResourceResult> {
    return this.#catalog.read(uri, options);
  }

  getPrompt(
    name: string,
    args: Readonly<Record<string, string>> = {},
    options: CallOptions = {},
  ): Promise<GetPromptResult> {
    return this.#catalog.prompt(name, args, options);
  }

  /** Asks for completions of an argument. @param ref `{type:'ref/prompt', name}` or `{type:'ref/resource', uri}` */
  complete(
    ref: Readonly<Record<string, string>>,
    argument: { readonly name: string; readonly value: string },
    options: CallOptions = {},
  ): Promise<CompleteResult> {
    return this.#catalog.complete(ref, argument, options);
  }

  /** Proves that the server answers, in the manner of its era. Resolves with the latency in ms. Default time: 5 s. */
  ping(options: CallOptions = {}): Promise<number> {
    return this.#health.liveness.ping(options);
  }

  /** {@link ping} that never rejects. */
  healthCheck(options: CallOptions = {}): Promise<HealthCheckResult> {
    return this.#health.liveness.check(options);
  }

  /**
   * Sends any request of the present era and resolves with its result object: for methods that have no method here.
   * @throws SignalboxError, RemoteError
   */
  request(
    method: string,
    params: Params | undefined,
    options: CallOptions = {},
  ): Promise<Record<string, unknown>> {
    return this.#caller.request(method, params, options);
  }

  // --- what the server asks and tells -----------------------------------------------------------------------------

  /**
   * Gives the server what it may ask for: elicitation, sampling, roots. The same handlers serve a request of a legacy
   * server and an input request of a modern one; without a handler it is denied. Call it before `connect`: a legacy
   * server learns what a client can do only then.
   */
  onInputRequest(handlers: InputHandlers): void {
    this.#desk.handlers = handlers;
    this.#redress();
    if (this.era === 'legacy' && this.isConnected) {
      this.#warn(
        'input handlers were set after connecting: this server learns of them at the next connection',
      );
    }
  }

  /**
   * Listens to changes of lists and resources, over both eras alike; renewed by itself after a reconnection.
   * @throws SignalboxError, RemoteError if the server does not take the subscription
   */
  subscribe(
    filter: SubscriptionFilter,
    listener: (event: SubscriptionEvent) => void,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    return this.#subscriptions.subscribe(filter, listener, options);
  }

  /**
   * From which severity on the server may log to us; the `log` event tells. Set again after each reconnection.
   * `undefined` silences a modern server; a legacy one has no such level, it is asked for `emergency` only.
   */
  setLogLevel(level: LogLevel | undefined): Promise<void> {
    return this.#logLevel.set(level);
  }

  // --- observation ------------------------------------------------------------------------------------------------

  /** Listens to one kind of event. Calling what it returns, or `using` it, stops listening. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): Disposer {
    return this.#events.on(name, listener);
  }

  /** A plain, serialisable snapshot. */
  stats(): ClientStatsSnapshot {
    return this.#stats.snapshot();
  }

  /** True while nothing good can be expected of the server: a cheap part of {@link health}. */
  get isUnhealthy(): boolean {
    return this.#health.isUnhealthy;
  }

  /** How the server is: whether it answers, how fast, how many requests fail. Plain and serialisable. */
  get health(): HealthSnapshot {
    return this.#health.snapshot();
  }

  /** What stands between calls and the server, at this moment: plain and serialisable. */
  guard(): GuardSnapshot {
    return this.#guard.snapshot();
  }

  /** The circuit breaker: `isolate()` refuses all calls, `reset()` closes it. Undefined if it is switched off. */
  get circuit(): CircuitBreaker | undefined {
    return this.#guard.breaker;
  }

  /** What went wrong on the wire of the present or last connection, and what its transport knows. */
  diagnostics(): ClientDiagnostics {
    return diagnosticsOf(this.#lastEstablished?.session);
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  #onEstablished(established: Established): void {
    this.#lastEstablished = established;
    this.#stats.connected(established.connectMs);
    // Whatever changed while nobody listened is unknown.
    this.#cache.clear();
    this.#redress();
  }

  /** The modern era says with each request who we are, what we can do and what may be logged. */
  #redress(): void {
    redress(this.#lastEstablished?.session, this.#desk.identity, this.#logLevel.level);
  }

  #onSettled(method: string, elapsedMs: number, error: Error | undefined, now: number): void {
    // Setting a connection up, or listening, is not work that was asked for.
    if (method === 'initialize' || method === 'subscriptions/listen') return;
    if (method === 'server/discover' && !this.isConnected) return;
    this.#stats.settled(method, elapsedMs, error, now);
    if (error !== undefined) this.#health.trafficFailed();
  }

  #onStateChanged(from: ConnectionState, to: ConnectionState, event: ConnectionEvent): void {
    if (from.kind === 'connected') this.#stats.disconnected();
    const change = stateChangeOf(from, to, event);
    const fields = { event: 'client.state', server: this.name, from: from.kind, to: to.kind };
    this.#environment.logger.debug('the connection changed its state', { ...fields, reason: change.reason });
    this.#health.connectionChanged(to.kind, change.error);
    if (to.kind === 'connected') {
      this.#guard.connected();
      // Perhaps not the first connection: what was set up on the one before is set up again.
      this.#subscriptions.connected();
      this.#tools.tasksSoFar?.connected();
      this.#logLevel.renew(this.era);
    }
    if (to.kind === 'closing') this.#guard.disconnected();
    if (to.kind === 'disconnected') {
      this.#notifications.close();
      if (this.#reconnections === 0) this.#subscriptions.close();
      this.#tools.tasksSoFar?.disconnected();
    }
    this.#events.emit('state', change);
  }

  #warn(message: string): void {
    this.#environment.logger.warn(message, { event: 'client.warning', server: this.name });
    this.#events.emit('warning', { message });
  }
}
