export type {
  AuthorizationHandler,
  AuthorizationPrompt,
  DevicePrompt,
} from './auth/authorization-handler.ts';
export type { AuthorizationStatus } from './auth/authorization-result.ts';
export { openBrowser } from './auth/browser/open-browser.ts';
export type { AuthChallenge } from './auth/challenge.ts';
export type {
  CredentialHeaders,
  CredentialRefusal,
  CredentialRequest,
  CredentialSource,
  CredentialVerdict,
} from './auth/credential-source.ts';
export { Secret } from './auth/secret.ts';
export { FileTokenStore, type FileTokenStoreOptions } from './auth/store/file-token-store.ts';
export type { StoredClient, StoredGrant, StoredServer, StoredTokens } from './auth/store/stored-grant.ts';
export { MemoryTokenStore, type StoreChange, type TokenStore } from './auth/store/token-store.ts';
export type { AuthorizationOptions } from './client/authorization/authorization-environment.ts';
export type { AuthorizeOptions, ClientAuthorization } from './client/authorization/client-authorization.ts';
export type { CallOptions } from './client/calls/call-options.ts';
export type { GuardSnapshot } from './client/calls/guard/call-guard.ts';
export type {
  ClientEvents,
  ForeignServerEvent,
  LogLevel,
  ServerLog,
  StateChange,
} from './client/client-events.ts';
export {
  ClientFactory,
  type ClientFactoryOptions,
  type ClientHook,
  type ConfigReport,
  type ConnectionReport,
} from './client/client-factory.ts';
export type { ConnectionState, ConnectionStateName } from './client/connection/connection-machine.ts';
export type { ConnectionMetadata, ConnectionResult } from './client/connection/connection-result.ts';
export type { HealthChange, HealthSnapshot } from './client/health/health-snapshot.ts';
export type { HealthCheckResult } from './client/health/liveness.ts';
export { McpClient } from './client/mcp-client.ts';
export type { ClientLease } from './client/pool/client-lease.ts';
export type { ClientStatsSnapshot } from './client/stats/client-stats.ts';
export type {
  Subscription,
  SubscriptionEvent,
  SubscriptionFilter,
} from './client/subscriptions/subscription.ts';
export type { SubscribeOptions } from './client/subscriptions/subscriptions.ts';
export type { StoredTask } from './client/tasks/stored-task.ts';
export type { TaskEvents, TaskHandle } from './client/tasks/task-handle.ts';
export type { TaskCallOptions, TaskOptions } from './client/tasks/task-options.ts';
export type { TaskOutcome } from './client/tasks/task-outcome.ts';
export type { ConnectRpcSettings, DialectSettings } from './config/dialect-settings.ts';
export type { DriftPolicy, ServerEntry, SignalboxSettings } from './config/entry.ts';
export type { HttpSettings, TlsSettings } from './config/http-settings.ts';
export { type LoadedConfig, loadConfig } from './config/load.ts';
export type { OpenApiSettings } from './config/openapi-settings.ts';
export { type ParsedEntry, parseEntry } from './config/parse-entry.ts';
export type { EntryProblem, RegisteredKind } from './config/registered-kind.ts';
export type { SandboxLimits, SandboxSettings } from './config/sandbox.ts';
export { type ResolvedSettings, resolveSettings, SETTINGS_DEFAULTS } from './config/settings.ts';
export {
  type ConfigChange,
  type ConfigWatch,
  type WatchOptions,
  watchConfig,
} from './config/watch/watch-config.ts';
export { type Clock, systemClock, type Timer } from './core/clock.ts';
export type { Disposer } from './core/emitter.ts';
export { ERROR_CODES, type SignalboxErrorCode } from './core/error-codes.ts';
export { type Delivery, RemoteError, SignalboxError, type SignalboxErrorOptions } from './core/errors.ts';
export type { LogFields, Logger, WireTap } from './core/log.ts';
export { sanitizePeerText } from './core/peer-text.ts';
export type { Random } from './core/random.ts';
export { Redactor } from './core/redact.ts';
export { VERSION } from './core/version.ts';
export type { EraName } from './protocol/eras/era.ts';
export { InputRefusal } from './protocol/input/input-answers.ts';
export type * from './protocol/input/input-handlers.ts';
export type * from './protocol/mcp-types.ts';
export { type EraCache, MemoryEraCache } from './protocol/negotiation/era-cache.ts';
export type { TaskStatus } from './protocol/tasks/task-snapshot.ts';
export { LEGACY_VERSIONS, MODERN_VERSIONS } from './protocol/versions.ts';
export type { AppliedChange, AppliedEvent, AppliedServer } from './registry/apply/apply-result.ts';
export type { ApplyOptions } from './registry/apply/server-apply.ts';
export type {
  CatalogBlockedTool,
  CatalogItem,
  CatalogPrompt,
  CatalogResource,
  CatalogResourceTemplate,
  CatalogTool,
} from './registry/catalog/catalog.ts';
export type {
  BlockedTool,
  DefinitionChange,
  DriftEvent,
} from './registry/catalog/drift/definition-change.ts';
export type { DefinitionField } from './registry/catalog/drift/fingerprint.ts';
export type { ServerApprovals, ToolApproval } from './registry/catalog/drift/saved-approvals.ts';
export type { ListOptions, PartialList } from './registry/catalog/fleet-catalog.ts';
export type { FoundTool, SearchOptions } from './registry/catalog/search/tool-search.ts';
export type { ListName, ServerCatalog } from './registry/catalog/server-catalog.ts';
export type { EventsOptions, HistoryOptions } from './registry/events/event-journal.ts';
export type { DroppedEvents, EventRecord, RegistryEvent } from './registry/events/event-record.ts';
export type { EventStream, EventStreamOptions, StreamedEvent } from './registry/events/event-stream.ts';
export type {
  CircuitEvent,
  RegistryEvents,
  ServerEvent,
  ShutdownEvent,
} from './registry/events/registry-events.ts';
export type { CallAllOptions, CallOutcome } from './registry/fleet/call-all.ts';
export type { ConnectAllOptions, DisconnectResult } from './registry/fleet/fleet-connections.ts';
export type { AsleepResult, FleetResult } from './registry/fleet/fleet-result.ts';
export type { ReadyOptions } from './registry/fleet/readiness.ts';
export { SHUTDOWN_STEPS, type ShutdownStepName } from './registry/fleet/shutdown-steps.ts';
export { ServerRegistry, type ServerRegistryOptions } from './registry/server-registry.ts';
export type { ServerInstance } from './registry/servers/server-instance.ts';
export type { WishOptions } from './registry/servers/server-life.ts';
export type { WantedState } from './registry/servers/server-machine.ts';
export type { ServerState, ServerStatus } from './registry/servers/server-status.ts';
export type { RegistryStats, TotalStats } from './registry/stats/registry-stats.ts';
export type { Counts, LatencySummary, ServerStats } from './registry/stats/server-stats.ts';
export { FileStateStore, type FileStateStoreOptions } from './registry/store/file-state-store.ts';
export type { LastStatus } from './registry/store/last-status.ts';
export type { SaveTimes } from './registry/store/state-saver.ts';
export {
  MemoryStateStore,
  type RegistryState,
  type SavedServer,
  type StateStore,
} from './registry/store/state-store.ts';
export { type BackoffOptions, fullJitter } from './resilience/backoff.ts';
export type { BreakerStateName, BreakerTripCause } from './resilience/breaker/breaker-machine.ts';
export {
  CIRCUIT_BREAKER_DEFAULTS,
  type CircuitBreakerOptions,
} from './resilience/breaker/breaker-options.ts';
export type { BreakerPermit, BreakerRefusal } from './resilience/breaker/breaker-permit.ts';
export {
  type BreakerChange,
  type BreakerEvents,
  type BreakerSnapshot,
  CircuitBreaker,
} from './resilience/breaker/circuit-breaker.ts';
export type { ResilienceEnvironment } from './resilience/environment.ts';
export { EWMA_DEFAULTS, Ewma, type EwmaOptions } from './resilience/ewma.ts';
export {
  HEALTH_DEFAULTS,
  type HealthCause,
  type HealthEvidence,
  type HealthObservation,
  type HealthOptions,
  type HealthState,
  type HealthStateName,
  INITIAL_HEALTH,
  nextCheckMs,
  observeHealth,
  type ResolvedHealthOptions,
  resolveHealthOptions,
} from './resilience/health-machine.ts';
export {
  type AcquireOptions,
  CONCURRENCY_LIMIT_DEFAULTS,
  ConcurrencyLimit,
  type ConcurrencyLimitOptions,
  type ConcurrencyRefusal,
  type ConcurrencySnapshot,
  type RunOutcome,
} from './resilience/limits/concurrency-limit.ts';
export {
  RATE_LIMIT_DEFAULTS,
  RateLimit,
  type RateLimitOptions,
  type RateLimitRefusal,
  type RateLimitSnapshot,
  type TakeOptions,
} from './resilience/limits/rate-limit.ts';
export type { WaitOptions } from './resilience/limits/waiter.ts';
export { RestartLimit, type RestartLimitOptions } from './resilience/restart-limit.ts';
export { RETRY_BUDGET_DEFAULTS, RetryBudget, type RetryBudgetOptions } from './resilience/retry-budget.ts';
export {
  SLIDING_WINDOW_DEFAULTS,
  SlidingWindow,
  type SlidingWindowOptions,
  type WindowCounts,
} from './resilience/sliding-window.ts';
export type { BuilderContext, TransportBuilder, TransportKindOptions } from './transports/catalog.ts';
export { ConsentStore } from './transports/process/consent/consent-store.ts';
export {
  type ConsentRecord,
  type ConsentState,
  type ConsentSubject,
  consentState,
} from './transports/process/consent/launch-consent.ts';
export { launchHash } from './transports/process/consent/launch-hash.ts';
export { lintLaunch } from './transports/process/consent/lint-launch.ts';
export { useStateFolder } from './transports/process/leftovers/state-folder.ts';
export type {
  CloseReason,
  NoiseKind,
  Outgoing,
  Transport,
  TransportDiagnostics,
  TransportReceiver,
} from './transports/transport.ts';
export type { TransportContext, TransportLimits } from './transports/transport-context.ts';
