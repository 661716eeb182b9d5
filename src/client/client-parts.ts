import type { CredentialSource } from '../auth/credential-source.ts';
import type { ParsedEntry } from '../config/parse-entry.ts';
import { type ResolvedSettings, resolveSettings } from '../config/settings.ts';
import { Emitter } from '../core/emitter.ts';
import type { SignalboxError } from '../core/errors.ts';
import type { Era } from '../protocol/eras/era.ts';
import type { ClientIdentity, ServerCapabilities, Tool } from '../protocol/mcp-types.ts';
import type { Handshake } from '../protocol/negotiation/handshake.ts';
import { redress } from '../protocol/session/redress.ts';
import type { Session } from '../protocol/session/session.ts';
import type { WireCounters } from '../protocol/session/wire-counters.ts';
import { tasksEraOf } from '../protocol/tasks/tasks-era.ts';
import type { BreakerChange } from '../resilience/breaker/circuit-breaker.ts';
import { StderrLog } from '../transports/process/stderr-log.ts';
import type { TransportTally } from '../transports/transport-tally.ts';
import type { Params } from '../wire/json-rpc.ts';
import { type ActivityOwner, ClientActivity } from './activity/client-activity.ts';
import { type AuthorizationOwner, ClientAuthorization } from './authorization/client-authorization.ts';
import { clientCredentials } from './authorization/client-credentials.ts';
import type { CredentialOwner } from './authorization/credential-owner.ts';
import type { CallOptions } from './calls/call-options.ts';
import { Caller, type CallerOwner } from './calls/caller.ts';
import { CallGuard, type GuardOwner } from './calls/guard/call-guard.ts';
import { type ProbedClient, probeServer } from './calls/guard/probe-server.ts';
import { OutputCheck, type OutputCheckOwner } from './calls/output-check.ts';
import { ToolBook } from './calls/tool-book.ts';
import { ToolCaller, type ToolCallerOwner } from './calls/tool-caller.ts';
import { type ClientEvents, stateChangeOf } from './client-events.ts';
import { ClientMemory } from './client-memory.ts';
import { Connection, type ConnectionOwner } from './connection/connection.ts';
import type { ConnectionEvent, ConnectionState } from './connection/connection-machine.ts';
import {
  type ClientEnvironment,
  Connector,
  type ConnectorOwner,
  type Established,
} from './connection/connector.ts';
import { ClientHealth, type HealthOwner } from './health/client-health.ts';
import type { HealthChange } from './health/health-snapshot.ts';
import { InputDesk } from './input/input-desk.ts';
import { UrlElicitations, type UrlElicitationsOwner } from './input/url-elicitations.ts';
import { type CatalogOwner, CatalogReader } from './lists/catalog-reader.ts';
import { ResponseCache } from './lists/response-cache.ts';
import { ToolDoubts, type ToolDoubtsOwner } from './lists/tool-doubts.ts';
import { type LogLevelOwner, ServerLogLevel } from './server-log-level.ts';
import { ClientStats } from './stats/client-stats.ts';
import { type NotificationsOwner, ServerNotifications } from './subscriptions/server-notifications.ts';
import type { SubscriptionEvent } from './subscriptions/subscription.ts';
import { Subscriptions, type SubscriptionsOwner } from './subscriptions/subscriptions.ts';
import type { Tasks } from './tasks/tasks.ts';

/** All that the parts of a client ask of it. Each names its own need, and knows nothing else of the client. */
type PartsOwner = ActivityOwner &
  AuthorizationOwner &
  CallerOwner &
  CatalogOwner &
  ConnectionOwner &
  ConnectorOwner &
  CredentialOwner &
  GuardOwner &
  HealthOwner &
  LogLevelOwner &
  NotificationsOwner &
  OutputCheckOwner &
  ProbedClient &
  SubscriptionsOwner &
  ToolCallerOwner &
  ToolDoubtsOwner &
  UrlElicitationsOwner;

/**
 * The parts of one client, and the wires between them: whatever one part wants to know of another, or tells it, goes
 * through here, by the narrow interface that the part has named. So a part keeps one reference and no functions made for
 * it, which for a thousand clients is most of what they would weigh.
 *
 * Parts that most clients never need are made when they are needed.
 */
export class ClientParts implements PartsOwner {
  readonly parsed: ParsedEntry;
  readonly settings: ResolvedSettings;
  readonly environment: ClientEnvironment;
  readonly events: Emitter<ClientEvents>;
  readonly stats: ClientStats;
  readonly activity: ClientActivity;
  readonly credentials: CredentialSource | undefined;
  readonly connector: Connector;
  readonly connection: Connection;
  readonly guard: CallGuard;
  readonly caller: Caller;
  readonly health: ClientHealth;
  readonly tools: ToolCaller;
  /** The present connection, or the last one. */
  established: Established | undefined;
  /** Calls of `reconnect` that are under way. */
  reconnections = 0;
  #stderr: StderrLog | undefined;
  #memory: ClientMemory | undefined;
  #authorization: ClientAuthorization | undefined;
  #desk: InputDesk | undefined;
  #urlElicitations: UrlElicitations | undefined;
  #cache: ResponseCache | undefined;
  #book: ToolBook | undefined;
  #catalog: CatalogReader | undefined;
  #doubts: ToolDoubts | undefined;
  #outputs: OutputCheck | undefined;
  #logLevel: ServerLogLevel | undefined;
  #notifications: ServerNotifications | undefined;
  #subscriptions: Subscriptions | undefined;

  constructor(parsed: ParsedEntry, environment: ClientEnvironment) {
    const { clock, logger } = environment;
    this.parsed = parsed;
    this.environment = environment;
    this.settings = resolveSettings(parsed.entry);
    this.events = new Emitter(logger);
    this.stats = new ClientStats(clock);
    this.activity = new ClientActivity(this);
    this.credentials = clientCredentials(this);
    this.connector = new Connector(this);
    this.connection = new Connection(this);
    this.guard = new CallGuard(this);
    this.caller = new Caller(this);
    this.health = new ClientHealth(this);
    this.tools = new ToolCaller(this);
  }

  get name(): string {
    return this.parsed.name;
  }

  // --- parts that are made when they are needed ----------------------------------------------------------------------

  get stderr(): StderrLog {
    this.#stderr ??= new StderrLog(this.settings.limits.stderrBytes, this.environment.clock);
    return this.#stderr;
  }

  get memory(): ClientMemory {
    this.#memory ??= new ClientMemory(this.connector, this.stats);
    return this.#memory;
  }

  get authorization(): ClientAuthorization {
    this.#authorization ??= new ClientAuthorization(this);
    return this.#authorization;
  }

  get desk(): InputDesk {
    this.#desk ??= new InputDesk(this.name, this.environment.identity);
    return this.#desk;
  }

  get urlElicitations(): UrlElicitations {
    this.#urlElicitations ??= new UrlElicitations(this);
    return this.#urlElicitations;
  }

  get cache(): ResponseCache {
    this.#cache ??= new ResponseCache(this.environment.clock);
    return this.#cache;
  }

  get book(): ToolBook {
    this.#book ??= new ToolBook();
    return this.#book;
  }

  get catalog(): CatalogReader {
    this.#catalog ??= new CatalogReader(this);
    return this.#catalog;
  }

  get outputs(): OutputCheck {
    this.#outputs ??= new OutputCheck(this);
    return this.#outputs;
  }

  get logLevel(): ServerLogLevel {
    this.#logLevel ??= new ServerLogLevel(this);
    return this.#logLevel;
  }

  get subscriptions(): Subscriptions {
    this.#subscriptions ??= new Subscriptions(this);
    return this.#subscriptions;
  }

  get #news(): ServerNotifications {
    this.#notifications ??= new ServerNotifications(this);
    return this.#notifications;
  }

  // --- what they want to know ----------------------------------------------------------------------------------------

  get handshake(): Handshake | undefined {
    return this.established?.handshake;
  }

  get capabilities(): ServerCapabilities | undefined {
    return this.established?.handshake.capabilities;
  }

  get protocolVersion(): string | undefined {
    return this.established?.handshake.era.protocolVersion;
  }

  get counters(): WireCounters | undefined {
    return this.established?.session.counters;
  }

  get identity(): ClientIdentity {
    return this.#desk?.identity ?? this.environment.identity;
  }

  get tally(): TransportTally {
    return this.stats.tally;
  }

  get tasksSoFar(): Tasks | undefined {
    return this.tools.tasksSoFar;
  }

  get unfinishedTasks(): number {
    return this.tasksSoFar?.unfinished ?? 0;
  }

  get wakefulSubscriptions(): number {
    return this.#subscriptions?.wakeful ?? 0;
  }

  get isComingBack(): boolean {
    return this.reconnections > 0;
  }

  ping(): Promise<number> {
    return this.health.liveness.ping({});
  }

  probe(): Promise<void> {
    return probeServer(this);
  }

  headersFor(method: string, params: Params | undefined): Readonly<Record<string, string>> | undefined {
    return method === 'tools/call'
      ? this.#book?.headersFor(params?.['name'], params?.['arguments'])
      : undefined;
  }

  findTool(name: unknown): Tool | undefined {
    return typeof name === 'string' ? this.#book?.find(name) : undefined;
  }

  learnTools(options: CallOptions): Promise<unknown> {
    return this.catalog.tools(options);
  }

  tasksEra(session: Session): Era | undefined {
    return tasksEraOf(session.era, this.identity, this.#logLevel?.level);
  }

  // --- what they tell ------------------------------------------------------------------------------------------------

  notification(method: string, params: Params): void {
    this.#news.handle(method, params);
  }

  told(type: string, data: unknown): void {
    this.events.emit('serverEvent', { type, data });
  }

  request(method: string, params: Params, signal: AbortSignal): Promise<Record<string, unknown>> {
    return this.desk.serve(method, params, signal);
  }

  sessionLost(error: SignalboxError): void {
    this.connection.sessionLost(error);
  }

  settled(method: string, elapsedMs: number, error: Error | undefined, now: number): void {
    // Setting a connection up, or listening, is not work that was asked for.
    if (method === 'initialize' || method === 'subscriptions/listen') return;
    if (method === 'server/discover' && this.connection.session === undefined) return;
    this.stats.settled(method, elapsedMs, error, now);
    if (error !== undefined) this.health.trafficFailed();
  }

  circuitChanged(change: BreakerChange): void {
    this.events.emit('circuit', change);
    // Its present state: whoever listens may have changed it meanwhile, and health has heard of that already.
    this.health.observeBreaker(this.guard.breaker?.state ?? change.to);
  }

  healthChanged(change: HealthChange): void {
    this.events.emit('health', change);
  }

  requestFailed(method: string, params: Params | undefined, error: unknown): void {
    this.#doubts ??= new ToolDoubts(this);
    this.#doubts.failed(method, params, error);
  }

  toolsDoubted(): void {
    this.#news.toolsDoubted();
  }

  subscribed(event: SubscriptionEvent): void {
    this.#news.subscribed(event);
  }

  /** The modern era says with each request who we are, what we can do and what may be logged. */
  redress(): void {
    redress(this.established?.session, this.identity, this.#logLevel?.level);
  }

  adopted(established: Established): void {
    this.established = established;
    this.stats.connected(established.connectMs);
    // Whatever changed while nobody listened is unknown.
    this.#cache?.clear();
    this.redress();
  }

  stateChanged(from: ConnectionState, to: ConnectionState, event: ConnectionEvent): void {
    if (from.kind === 'connected') this.stats.disconnected();
    const change = stateChangeOf(from, to, event);
    const fields = { event: 'client.state', server: this.name, from: from.kind, to: to.kind };
    this.environment.logger.debug('the connection changed its state', { ...fields, reason: change.reason });
    this.health.connectionChanged(to.kind, change.error);
    if (to.kind === 'connected') {
      this.guard.connected();
      // Perhaps not the first connection: what was set up on the one before is set up again.
      this.#subscriptions?.connected();
      this.tasksSoFar?.connected();
      this.#logLevel?.renew(this.handshake?.era.name);
    }
    if (to.kind === 'closing') this.guard.disconnected();
    if (to.kind === 'disconnected') {
      this.#notifications?.close();
      if (!this.isComingBack) this.#subscriptions?.close();
      this.tasksSoFar?.disconnected();
    }
    this.events.emit('state', change);
  }

  warn(message: string): void {
    this.environment.logger.warn(message, { event: 'client.warning', server: this.name });
    this.events.emit('warning', { message });
  }
}
