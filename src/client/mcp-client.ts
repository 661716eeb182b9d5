import type { AuthorizationStatus } from '../auth/authorization-result.ts';
import type { ServerEntry } from '../config/entry.ts';
import type { ParsedEntry } from '../config/parse-entry.ts';
import type { ResolvedSettings } from '../config/settings.ts';
import type { Disposer } from '../core/emitter.ts';
import type { EraName } from '../protocol/eras/era.ts';
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
import type { CircuitBreaker } from '../resilience/breaker/circuit-breaker.ts';
import type { StderrLog } from '../transports/process/stderr-log.ts';
import type { Params } from '../wire/json-rpc.ts';
import type { ClientActivity } from './activity/client-activity.ts';
import type { AuthorizeOptions, ClientAuthorization } from './authorization/client-authorization.ts';
import type { CallOptions } from './calls/call-options.ts';
import type { GuardSnapshot } from './calls/guard/call-guard.ts';
import type { ToolCallOptions } from './calls/tool-caller.ts';
import { type ClientDiagnostics, diagnosticsOf } from './client-diagnostics.ts';
import type { ClientEvents, LogLevel } from './client-events.ts';
import type { ClientMemory } from './client-memory.ts';
import { ClientParts } from './client-parts.ts';
import type { ConnectionState, ConnectionStateName } from './connection/connection-machine.ts';
import { type ConnectionResult, metadataOf } from './connection/connection-result.ts';
import type { ClientEnvironment } from './connection/connector.ts';
import type { HealthSnapshot } from './health/health-snapshot.ts';
import type { HealthCheckResult } from './health/liveness.ts';
import { LISTS } from './lists/catalog-reader.ts';
import type { ClientStatsSnapshot } from './stats/client-stats.ts';
import type { Subscription, SubscriptionEvent, SubscriptionFilter } from './subscriptions/subscription.ts';
import type { SubscribeOptions } from './subscriptions/subscriptions.ts';
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
  readonly #parts: ClientParts;

  /** @internal use `ClientFactory.create` */
  constructor(parsed: ParsedEntry, environment: ClientEnvironment) {
    this.#parts = new ClientParts(parsed, environment);
  }

  get name(): string {
    return this.#parts.name;
  }

  get entry(): ServerEntry {
    return this.#parts.parsed.entry;
  }

  get settings(): ResolvedSettings {
    return this.#parts.settings;
  }

  /**
   * The last `limits.stderrBytes` that the processes of this server wrote to stderr. Untrusted: it is not sanitised, and
   * secrets may be in it.
   */
  get stderr(): StderrLog {
    return this.#parts.stderr;
  }

  /** What is worth keeping for the next run of the program; a registry with a store keeps it. */
  get memory(): ClientMemory {
    return this.#parts.memory;
  }

  /** What it has to do at the moment, and for how long it has had nothing. */
  get activity(): ClientActivity {
    return this.#parts.activity;
  }

  /** Logs in and out, where the server wants that. */
  get authorization(): ClientAuthorization {
    return this.#parts.authorization;
  }

  // --- connection -------------------------------------------------------------------------------------------------

  /**
   * Connects, with retries and backoff as configured. Resolves at once if connected, and joins an attempt that is
   * under way.
   * @throws SignalboxError SPAWN_FAILED, CONNECT_FAILED, CONNECT_TIMEOUT, PROTOCOL_UNSUPPORTED, AUTH_REQUIRED, …
   */
  async connect(options: { readonly signal?: AbortSignal } = {}): Promise<ConnectionResult> {
    const established = await this.#parts.connection.connect(options.signal);
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
    return this.#parts.connection.disconnect(options.drainMs ?? DRAIN_MS);
  }

  /** {@link disconnect}, and then `sleeping`: the next call, or `connect`, connects again. */
  sleep(options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.#parts.connection.sleep(options.drainMs ?? DRAIN_MS);
  }

  /** {@link disconnect} for good: nothing connects this client again. `ClientFactory.release` calls it. */
  end(options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.#parts.connection.end(options.drainMs ?? DRAIN_MS);
  }

  /**
   * Resolves when there is a connection: waits for one that is on its way, begins one if none was asked for yet.
   * @param options.timeoutMs how long it waits; default: `timeouts.request`
   * @throws SignalboxError the cause, where the connection has been given up; REQUEST_TIMEOUT
   */
  async ready(
    options: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number | undefined } = {},
  ): Promise<void> {
    await this.#parts.caller.session(options.signal, options.timeoutMs, true);
  }

  /** Drops the connection, if any, and connects anew. Earlier failures no longer count. */
  async reconnect(options: { readonly signal?: AbortSignal } = {}): Promise<ConnectionResult> {
    this.#parts.reconnections++;
    try {
      const established = await this.#parts.connection.reconnect(options.signal);
      return { success: true, error: undefined, metadata: metadataOf(this.name, established) };
    } finally {
      this.#parts.reconnections--;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  /** Requests that wait for their answer; subscriptions do not count. */
  get inFlight(): number {
    return this.#parts.established?.session.inFlight ?? 0;
  }

  /** Resolves when no request is in flight any more, or after `limitMs`. Further requests are not refused for it. */
  drained(limitMs: number): Promise<void> {
    return this.#parts.established?.session.drained(limitMs) ?? Promise.resolve();
  }

  get isConnected(): boolean {
    return this.#parts.connection.session !== undefined;
  }

  get state(): ConnectionStateName {
    return this.#parts.connection.state.kind;
  }

  /** The state with what belongs to it: attempt, cause. */
  get connectionState(): ConnectionState {
    return this.#parts.connection.state;
  }

  /** Undefined until the first connection, as the following are. */
  get era(): EraName | undefined {
    return this.#parts.handshake?.era.name;
  }

  get protocolVersion(): string | undefined {
    return this.#parts.protocolVersion;
  }

  get serverInfo(): Implementation | undefined {
    return this.#parts.handshake?.serverInfo;
  }

  get capabilities(): ServerCapabilities | undefined {
    return this.#parts.capabilities;
  }

  get instructions(): string | undefined {
    return this.#parts.handshake?.instructions;
  }

  /** Kind of the transport that carries the connection. */
  get transportKind(): string | undefined {
    return this.#parts.established?.kind;
  }

  /**
   * Gets authorization from the server's authorization server: asks the person that the factory knows how to ask, where one is
   * needed. A client that was `unauthorized` connects by itself then.
   * @throws SignalboxError AUTH_FAILED, NOT_SUPPORTED, REQUEST_ABORTED
   */
  authorize(options: AuthorizeOptions = {}): Promise<AuthorizationStatus> {
    return this.#parts.authorization.login(options);
  }

  // --- features ---------------------------------------------------------------------------------------------------

  /**
   * All tools of the server: every page, within `limits.pages` and `limits.items`. Empty if it offers none. Over HTTP
   * a tool of the modern era whose header annotations are invalid is left out, with a warning, as it must be.
   */
  listTools(options: CallOptions = {}): Promise<Tool[]> {
    return this.#parts.catalog.tools(options);
  }

  listResources(options: CallOptions = {}): Promise<Resource[]> {
    return this.#parts.catalog.list(LISTS.resources, options);
  }

  listResourceTemplates(options: CallOptions = {}): Promise<ResourceTemplate[]> {
    return this.#parts.catalog.list(LISTS.resourceTemplates, options);
  }

  listPrompts(options: CallOptions = {}): Promise<Prompt[]> {
    return this.#parts.catalog.list(LISTS.prompts, options);
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
    return this.#parts.tools.call(name, args, options);
  }

  /**
   * Goes on with a task that was stored as JSON, here or in another process. Nothing is sent until somebody waits for
   * it.
   * @throws SignalboxError INVALID_ARGUMENT if it is no task, or one of another server
   */
  resumeTask(stored: StoredTask): TaskHandle {
    return this.#parts.tools.tasks.resume(stored);
  }

  readResource(uri: string, options: CallOptions = {}): Promise<ReadResourceResult> {
    return this.#parts.catalog.read(uri, options);
  }

  getPrompt(
    name: string,
    args: Readonly<Record<string, string>> = {},
    options: CallOptions = {},
  ): Promise<GetPromptResult> {
    return this.#parts.catalog.prompt(name, args, options);
  }

  /** Asks for completions of an argument. @param ref `{type:'ref/prompt', name}` or `{type:'ref/resource', uri}` */
  complete(
    ref: Readonly<Record<string, string>>,
    argument: { readonly name: string; readonly value: string },
    options: CallOptions = {},
  ): Promise<CompleteResult> {
    return this.#parts.catalog.complete(ref, argument, options);
  }

  /** Proves that the server answers, in the manner of its era. Resolves with the latency in ms. Default time: 5 s. */
  ping(options: CallOptions = {}): Promise<number> {
    return this.#parts.health.liveness.ping(options);
  }

  /** {@link ping} that never rejects. */
  healthCheck(options: CallOptions = {}): Promise<HealthCheckResult> {
    return this.#parts.health.liveness.check(options);
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
    return this.#parts.caller.request(method, params, options);
  }

  // --- what the server asks and tells -----------------------------------------------------------------------------

  /**
   * Gives the server what it may ask for: elicitation, sampling, roots. The same handlers serve a request of a legacy
   * server and an input request of a modern one; without a handler it is denied. Call it before `connect`: a legacy
   * server learns what a client can do only then.
   */
  onInputRequest(handlers: InputHandlers): void {
    this.#parts.desk.handlers = handlers;
    this.#parts.redress();
    if (this.era === 'legacy' && this.isConnected) {
      this.#parts.warn(
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
    return this.#parts.subscriptions.subscribe(filter, listener, options);
  }

  /**
   * From which severity on the server may log to us; the `log` event tells. Set again after each reconnection.
   * `undefined` silences a modern server; a legacy one has no such level, it is asked for `emergency` only.
   */
  setLogLevel(level: LogLevel | undefined): Promise<void> {
    return this.#parts.logLevel.set(level);
  }

  // --- observation ------------------------------------------------------------------------------------------------

  /** Listens to one kind of event. Calling what it returns, or `using` it, stops listening. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): Disposer {
    return this.#parts.events.on(name, listener);
  }

  /** A plain, serialisable snapshot. */
  stats(): ClientStatsSnapshot {
    return this.#parts.stats.snapshot();
  }

  /** True while nothing good can be expected of the server: a cheap part of {@link health}. */
  get isUnhealthy(): boolean {
    return this.#parts.health.isUnhealthy;
  }

  /** How the server is: whether it answers, how fast, how many requests fail. Plain and serialisable. */
  get health(): HealthSnapshot {
    return this.#parts.health.snapshot();
  }

  /** What stands between calls and the server, at this moment: plain and serialisable. */
  guard(): GuardSnapshot {
    return this.#parts.guard.snapshot();
  }

  /** The circuit breaker: `isolate()` refuses all calls, `reset()` closes it. Undefined if it is switched off. */
  get circuit(): CircuitBreaker | undefined {
    return this.#parts.guard.breaker;
  }

  /** What went wrong on the wire of the present or last connection, and what its transport knows. */
  diagnostics(): ClientDiagnostics {
    return diagnosticsOf(this.#parts.established?.session);
  }
}
