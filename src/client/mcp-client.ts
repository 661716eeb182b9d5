import type { ServerEntry } from '../config/entry.ts';
import type { ParsedEntry } from '../config/parse-entry.ts';
import { type ResolvedSettings, resolveSettings } from '../config/settings.ts';
import { type Disposer, disposer, Emitter } from '../core/emitter.ts';
import { RemoteError, SignalboxError } from '../core/errors.ts';
import type { EraName } from '../protocol/eras/era.ts';
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
import { RequestRefusal } from '../protocol/session/request-refusal.ts';
import type { Session } from '../protocol/session/session.ts';
import type { WireCounters } from '../protocol/session/wire-counters.ts';
import type { TransportDiagnostics } from '../transports/transport.ts';
import { isObject, JSON_RPC_ERROR, type Params } from '../wire/json-rpc.ts';
import type { CallOptions } from './call-options.ts';
import { ClientStats, type ClientStatsSnapshot } from './client-stats.ts';
import { Connection } from './connection.ts';
import type { ConnectionState, ConnectionStateName } from './connection-machine.ts';
import type { ConnectionMetadata, ConnectionResult } from './connection-result.ts';
import { type ClientEnvironment, Connector, type Established } from './connector.ts';
import { readPages } from './listing.ts';

/** A change of the connection's state. */
export interface StateChange {
  readonly from: ConnectionStateName;
  readonly to: ConnectionStateName;
  /** What led there: the event of the machine, or the error behind it. */
  readonly reason: string;
  readonly error: SignalboxError | undefined;
}

/** What a client tells of itself. */
export interface ClientEvents {
  readonly state: StateChange;
  /** The server says that one of its lists has changed. */
  readonly listChanged: { readonly list: 'tools' | 'resources' | 'prompts' };
  /** Any other notification of the server, as it came: untrusted. */
  readonly notification: { readonly method: string; readonly params: Params };
  /** Something is odd but not broken; one readable sentence. */
  readonly warning: { readonly message: string };
}

/** How long calls in flight may go on when the client is disconnected, in ms. */
export const DRAIN_MS = 5000;

/** How long a health check waits, in ms. */
const PING_TIMEOUT_MS = 5000;

const LIST_CHANGES: ReadonlyMap<string, 'tools' | 'resources' | 'prompts'> = new Map([
  ['notifications/tools/list_changed', 'tools'],
  ['notifications/resources/list_changed', 'resources'],
  ['notifications/prompts/list_changed', 'prompts'],
]);

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
  readonly #events: Emitter<ClientEvents>;
  readonly #connection: Connection;
  readonly #environment: ClientEnvironment;
  readonly #stats: ClientStats;
  #lastEstablished: Established | undefined;

  /** @internal use `ClientFactory.create` */
  constructor(parsed: ParsedEntry, environment: ClientEnvironment) {
    this.name = parsed.name;
    this.entry = parsed.entry;
    this.settings = resolveSettings(parsed.entry);
    this.#environment = environment;
    this.#events = new Emitter(environment.logger);
    this.#stats = new ClientStats(environment.clock);
    const connector = new Connector(parsed, this.settings, environment, {
      notification: (method, params) => this.#onNotification(method, params),
      request: () =>
        Promise.reject(
          new RequestRefusal(JSON_RPC_ERROR.methodNotFound, 'this client does not offer this method'),
        ),
      settled: (method, elapsedMs, error) => {
        // Setting a connection up is not work that was asked for.
        if (method === 'initialize' || (method === 'server/discover' && !this.isConnected)) return;
        // A JSON-RPC error is an answer, but not one that was wanted.
        this.#stats.settled(method, elapsedMs, error !== undefined);
      },
    });
    this.#connection = new Connection(this.name, this.settings, environment, connector, {
      stateChanged: (from, to, event) => this.#onStateChanged(from, to, event),
      established: (established) => {
        this.#lastEstablished = established;
        this.#stats.connected(established.connectMs);
      },
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
    return { success: true, error: undefined, metadata: this.#metadata(established) };
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

  /** Drops the connection, if any, and connects anew. Earlier failures no longer count. */
  async reconnect(options: { readonly signal?: AbortSignal } = {}): Promise<ConnectionResult> {
    const established = await this.#connection.reconnect(options.signal);
    return { success: true, error: undefined, metadata: this.#metadata(established) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
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

  // --- features ---------------------------------------------------------------------------------------------------

  /** All tools of the server: every page, within `limits.pages` and `limits.items`. Empty if it offers none. */
  listTools(options: CallOptions = {}): Promise<Tool[]> {
    return this.#list('tools/list', 'tools', 'name', 'tools', options);
  }

  listResources(options: CallOptions = {}): Promise<Resource[]> {
    return this.#list('resources/list', 'resources', 'uri', 'resources', options);
  }

  listResourceTemplates(options: CallOptions = {}): Promise<ResourceTemplate[]> {
    return this.#list('resources/templates/list', 'resourceTemplates', 'uriTemplate', 'resources', options);
  }

  listPrompts(options: CallOptions = {}): Promise<Prompt[]> {
    return this.#list('prompts/list', 'prompts', 'name', 'prompts', options);
  }

  /**
   * Calls a tool once. It is never called a second time unless the first call provably was not executed. A tool that
   * fails by itself resolves with `isError: true`.
   */
  async callTool(
    name: string,
    args: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Promise<CallToolResult> {
    const result = await this.request('tools/call', { name, arguments: args }, options);
    if (!Array.isArray(result['content'])) throw this.#invalid('tools/call', 'it has no array "content"');
    return result as unknown as CallToolResult;
  }

  async readResource(uri: string, options: CallOptions = {}): Promise<ReadResourceResult> {
    const result = await this.request('resources/read', { uri }, options);
    if (!Array.isArray(result['contents']))
      throw this.#invalid('resources/read', 'it has no array "contents"');
    return result as unknown as ReadResourceResult;
  }

  async getPrompt(
    name: string,
    args: Readonly<Record<string, string>> = {},
    options: CallOptions = {},
  ): Promise<GetPromptResult> {
    const result = await this.request('prompts/get', { name, arguments: args }, options);
    if (!Array.isArray(result['messages'])) throw this.#invalid('prompts/get', 'it has no array "messages"');
    return result as unknown as GetPromptResult;
  }

  /** Asks for completions of an argument. @param ref `{type:'ref/prompt', name}` or `{type:'ref/resource', uri}` */
  async complete(
    ref: Readonly<Record<string, string>>,
    argument: { readonly name: string; readonly value: string },
    options: CallOptions = {},
  ): Promise<CompleteResult> {
    const result = await this.request('completion/complete', { ref, argument }, options);
    if (!isObject(result['completion'])) throw this.#invalid('completion/complete', 'it has no "completion"');
    return result as unknown as CompleteResult;
  }

  /** Proves that the server answers, in the manner of its era. Resolves with the latency in ms. */
  async ping(options: CallOptions = {}): Promise<number> {
    const session = await this.#session(options.signal);
    const startedAt = this.#environment.clock.now();
    const method = session.era?.pingMethod ?? 'ping';
    const timeoutMs = options.timeoutMs ?? PING_TIMEOUT_MS;
    try {
      await session.request(method, method === 'ping' ? undefined : {}, {
        timeoutMs,
        signal: options.signal,
      });
    } catch (error) {
      // Any answer proves life: some servers do not know the method.
      if (!(error instanceof RemoteError)) throw error;
    }
    return this.#environment.clock.now() - startedAt;
  }

  /** {@link ping} that never rejects. */
  async healthCheck(options: CallOptions = {}): Promise<{
    readonly healthy: boolean;
    readonly latencyMs: number | undefined;
    readonly error: Error | undefined;
  }> {
    try {
      return { healthy: true, latencyMs: await this.ping(options), error: undefined };
    } catch (error) {
      return { healthy: false, latencyMs: undefined, error: error as Error };
    }
  }

  /**
   * Sends any request of the present era and resolves with its result object: for methods that have no method here.
   * @throws SignalboxError, RemoteError
   */
  async request(
    method: string,
    params: Params | undefined,
    options: CallOptions = {},
  ): Promise<Record<string, unknown>> {
    const { timeouts } = this.settings;
    const request = {
      timeoutMs: options.timeoutMs ?? timeouts.request,
      totalTimeoutMs: options.totalTimeoutMs ?? timeouts.total,
      signal: options.signal,
      onProgress: options.onProgress,
    };
    const session = this.#connection.session ?? (await this.#session(options.signal, request.timeoutMs));
    try {
      return (await session.request(method, params, request)) as Record<string, unknown>;
    } catch (error) {
      // The server forgot the session and executed nothing: the call goes to a new one, once.
      if (!SignalboxError.is(error) || error.code !== 'SESSION_LOST') throw error;
      const renewed = await this.#session(options.signal, request.timeoutMs);
      return (await renewed.request(method, params, request)) as Record<string, unknown>;
    }
  }

  // --- observation ------------------------------------------------------------------------------------------------

  /** Listens to one kind of event. Calling what it returns, or `using` it, stops listening. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): Disposer {
    const stop = this.#events.on(name, listener);
    return disposer(stop);
  }

  /** A plain, serialisable snapshot. */
  stats(): ClientStatsSnapshot {
    return this.#stats.snapshot();
  }

  /** What went wrong on the wire of the present or last connection, and what its transport knows. */
  diagnostics(): {
    readonly wire: Readonly<WireCounters> | undefined;
    readonly transport: TransportDiagnostics;
  } {
    const session = this.#lastEstablished?.session;
    return {
      wire: session === undefined ? undefined : { ...session.counters },
      transport: session?.transport.diagnostics() ?? {},
    };
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  /** The session of the present connection, waiting for one that is on its way for at most `limitMs`. */
  async #session(
    signal: AbortSignal | undefined,
    limitMs: number = this.settings.timeouts.request,
  ): Promise<Session> {
    const { session } = this.#connection;
    if (session !== undefined) return session;
    const over = new AbortController();
    const timer = this.#environment.clock.setTimeout(() => {
      const message = `the connection did not come back within ${Math.round(limitMs)} ms; the request was not sent`;
      over.abort(new SignalboxError('REQUEST_TIMEOUT', message, { server: this.name }));
    }, limitMs);
    try {
      return await this.#connection.ready(
        signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]),
      );
    } finally {
      timer.cancel();
    }
  }

  async #list<Item>(
    method: string,
    key: string,
    nameKey: string,
    capability: 'tools' | 'resources' | 'prompts',
    options: CallOptions,
  ): Promise<Item[]> {
    await this.#session(options.signal);
    // A feature that was not declared must not be used (lifecycle, operation phase); it offers nothing then.
    if (this.capabilities?.[capability] === undefined) return [];
    try {
      const listing = await readPages<Item>(
        (cursor) => this.request(method, cursor === undefined ? {} : { cursor }, options),
        key,
        nameKey,
        this.settings.limits,
        this.name,
      );
      if (listing.truncated !== undefined)
        this.#warn(`the answer to ${method} was cut: ${listing.truncated}`);
      if (listing.malformed > 0)
        this.#warn(`${listing.malformed} entries of ${method} lack "${nameKey}" and were left out`);
      return listing.items;
    } catch (error) {
      // F-066: declared, but not there. Resource templates are optional anyway.
      if (!(error instanceof RemoteError) || error.code !== JSON_RPC_ERROR.methodNotFound) throw error;
      if (method !== 'resources/templates/list')
        this.#warn(`the server declares ${capability} but does not know ${method}`);
      return [];
    }
  }

  #onNotification(method: string, params: Params): void {
    const list = LIST_CHANGES.get(method);
    if (list === undefined) this.#events.emit('notification', { method, params });
    else this.#events.emit('listChanged', { list });
  }

  #onStateChanged(
    from: ConnectionState,
    to: ConnectionState,
    event: { readonly type: string; readonly cause?: SignalboxError },
  ): void {
    if (from.kind === 'connected') this.#stats.disconnected();
    this.#environment.logger.debug('the connection changed its state', {
      event: 'client.state',
      server: this.name,
      from: from.kind,
      to: to.kind,
      reason: event.cause?.message ?? event.type,
    });
    this.#events.emit('state', {
      from: from.kind,
      to: to.kind,
      reason: event.cause?.message ?? event.type,
      error: event.cause,
    });
  }

  #warn(message: string): void {
    this.#environment.logger.warn(message, { event: 'client.warning', server: this.name });
    this.#events.emit('warning', { message });
  }

  #invalid(method: string, why: string): SignalboxError {
    return new SignalboxError('INVALID_RESULT', `the answer to ${method} is unusable: ${why}`, {
      server: this.name,
      delivered: 'yes',
    });
  }

  #metadata(established: Established): ConnectionMetadata {
    const { handshake, kind, connectMs } = established;
    return {
      server: this.name,
      transport: kind,
      era: handshake.era.name,
      protocolVersion: handshake.era.protocolVersion,
      serverInfo: handshake.serverInfo,
      capabilities: handshake.capabilities,
      instructions: handshake.instructions,
      connectMs,
    };
  }
}
