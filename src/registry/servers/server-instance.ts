import type { ConnectionResult } from '../../client/connection/connection-result.ts';
import type { HealthChange, HealthSnapshot } from '../../client/health/health-snapshot.ts';
import type { McpClient } from '../../client/mcp-client.ts';
import { ClientLease } from '../../client/pool/client-lease.ts';
import type { ClientStatsSnapshot } from '../../client/stats/client-stats.ts';
import type { ServerEntry } from '../../config/entry.ts';
import type { Clock } from '../../core/clock.ts';
import type { SignalboxError } from '../../core/errors.ts';
import type { Prompt, Resource, Tool } from '../../protocol/mcp-types.ts';
import type { BreakerChange } from '../../resilience/breaker/circuit-breaker.ts';
import { type DriftReview, ToolApprovals } from '../catalog/drift/tool-approvals.ts';
import type { ListName, ServerCatalog } from '../catalog/server-catalog.ts';
import { IdleWatch } from './idle-watch.ts';
import { ServerLife, type WishOptions } from './server-life.ts';
import { ServerLists } from './server-lists.ts';
import type { WantedState } from './server-machine.ts';
import { type ServerState, type ServerStatus, statusOf } from './server-status.ts';

/** What an instance tells its registry. */
export interface InstanceObserver {
  stateChanged(
    instance: ServerInstance,
    from: ServerState,
    reason: string,
    error: SignalboxError | undefined,
  ): void;
  healthChanged(instance: ServerInstance, change: HealthChange): void;
  /** Its circuit breaker opened, lets a probe in, or closed. */
  circuitChanged(instance: ServerInstance, change: BreakerChange): void;
  catalogChanged(instance: ServerInstance): void;
  /** What it is known to offer is the same; whether that still holds is not. */
  catalogDoubted(instance: ServerInstance): void;
  /** Its tools have been read and compared with what was approved. */
  toolsReviewed(instance: ServerInstance, review: DriftReview): void;
  warning(instance: ServerInstance, message: string): void;
}

/** One registered server: its client, its state, and what it offers. */
export class ServerInstance {
  readonly name: string;
  readonly entry: ServerEntry;
  readonly client: McpClient;
  /** Which definitions of its tools are approved. */
  readonly approvals: ToolApprovals;
  readonly #lease: ClientLease | undefined;
  readonly #life: ServerLife;
  readonly #lists: ServerLists;
  /** Undefined: it is not stopped when nobody uses it. */
  readonly #idle: IdleWatch | undefined;
  readonly #dispose: (() => void)[];

  /** @param own the client that is this server's own, or its share in one */
  constructor(own: McpClient | ClientLease, clock: Clock, observer: InstanceObserver) {
    const lease = own instanceof ClientLease ? own : undefined;
    const client = lease?.client ?? (own as McpClient);
    this.name = own.name;
    this.entry = own.entry;
    this.client = client;
    this.#lease = lease;
    this.#life = new ServerLife({
      client: own,
      clock,
      isDisabled: this.entry.disabled === true,
      changed: (from, to, reason, error) => {
        // Before it is told: who is told that it is connected can wait for its lists.
        if (to === 'connected') this.#lists.connected();
        else if (to === 'disconnected') this.#lists.disconnected();
        if (to !== 'connected') this.#idle?.end();
        else if (from !== to) this.#idle?.begin();
        observer.stateChanged(this, from, reason, error);
      },
    });
    const { drift, limits, lazy, timeouts } = client.settings;
    const { activity } = client;
    const idleMs = timeouts.idle;
    this.#idle = lazy ? new IdleWatch({ clock, activity, idleMs, idle: () => this.#rest() }) : undefined;
    // Twice what it can list: those that have vanished are remembered too.
    this.approvals = new ToolApprovals({ server: this.name, policy: drift, maxTools: 2 * limits.items });
    this.#lists = new ServerLists({
      client,
      clock,
      isConnected: () => this.isConnected,
      isOffered: (tool) => this.#isOffered(tool),
      approvals: this.approvals,
      changed: () => observer.catalogChanged(this),
      doubted: () => observer.catalogDoubted(this),
      reviewed: (review) => observer.toolsReviewed(this, review),
      warning: (message) => observer.warning(this, message),
    });
    this.#dispose = [
      lease === undefined
        ? client.on('state', (change) => this.#life.moved(change))
        : lease.on('state', (change) => this.#life.moved(change)),
      client.on('health', (change) => observer.healthChanged(this, change)),
      client.on('circuit', (change) => observer.circuitChanged(this, change)),
      client.on('listChanged', () => this.#lists.refreshSoon()),
      client.on('warning', ({ message }) => observer.warning(this, message)),
    ];
  }

  // --- its state --------------------------------------------------------------------------------------------------

  get state(): ServerState {
    return this.#life.state;
  }

  /** Why it is in this state; one readable sentence or word. */
  get reason(): string {
    return this.#life.reason;
  }

  /** Wall clock time at which it came into this state, in ms since the epoch. */
  get since(): number {
    return this.#life.since;
  }

  /** What went wrong last, until it is well again or was disconnected. */
  get error(): SignalboxError | undefined {
    return this.#life.error;
  }

  /** Number of the attempt to connect that is under way or waits for its turn, from 1; undefined while there is none. */
  get attempt(): number | undefined {
    const { connectionState } = this.client;
    const isOwn = this.state === connectionState.kind;
    return isOwn && 'attempt' in connectionState ? connectionState.attempt : undefined;
  }

  /** When it is tried again in the background, in ms since the epoch; undefined unless it was given up for now. */
  get retryAt(): number | undefined {
    const { connectionState } = this.client;
    return this.state === 'error' && connectionState.kind === 'error' ? connectionState.retryAt : undefined;
  }

  get isConnected(): boolean {
    return this.state === 'connected';
  }

  /**
   * True if what it offers can be called: it is connected, or it sleeps, is about to or is being woken, and what it
   * offers is known.
   */
  get isAvailable(): boolean {
    return this.isConnected || ((this.#life.isAsleep || this.#isWaking) && this.knowsCatalog);
  }

  /** Whether it was ever learned what tools it offers, here or in an earlier run. */
  get knowsCatalog(): boolean {
    return this.#lists.isKnown('tools');
  }

  /** True if it is to be started by the first call, and stopped when nobody uses it. */
  get isLazy(): boolean {
    return this.client.settings.lazy;
  }

  /**
   * False if it is not connected, or so unwell that another server should be asked where there is one. It still takes
   * calls: what it alone offers, nobody else can do.
   */
  get isUsable(): boolean {
    return this.isConnected && !this.client.isUnhealthy;
  }

  /** True if it was taken out of service on purpose: it is not connected then, and calls to it are refused. */
  get isOutOfService(): boolean {
    return this.#life.isOutOfService;
  }

  /** Whether it answers, and how fast. Plain and serialisable. */
  get health(): HealthSnapshot {
    return this.client.health;
  }

  /** What was asked of it, and how long it took. Plain and serialisable. */
  stats(): ClientStatsSnapshot {
    return this.client.stats();
  }

  /** All of the above and more: plain and serialisable, without secrets of the entry. */
  status(): ServerStatus {
    return statusOf(this);
  }

  /**
   * Moves it to where it is wanted; `ServerRegistry.updateState` is this with checks.
   * @throws SignalboxError ILLEGAL_TRANSITION at once; rejects with what `McpClient.connect` rejects with, and with
   * CONNECTION_CLOSED if something else was wanted meanwhile
   */
  want(state: WantedState, reason: string, options: WishOptions = {}): Promise<ConnectionResult | void> {
    return this.#life.want(state, reason, options);
  }

  /** Requests in flight that would be cut off if it were disconnected now. */
  get inFlight(): number {
    return this.#lease?.isWantedByOthers === true ? 0 : this.client.inFlight;
  }

  /** Connects it; rejects as `McpClient.connect` does. */
  connect(signal?: AbortSignal): Promise<ConnectionResult> {
    return this.#life.connect(signal);
  }

  /** Begins to connect it on behalf of a call, which waits for the client and hears there how it went. */
  wake(reason: string): void {
    this.#life.wake(reason);
  }

  /** Drops its connection, if any, and connects it anew; rejects as {@link want} with `connected` does. */
  reconnect(reason: string, options: WishOptions = {}): Promise<ConnectionResult> {
    return this.#life.reconnect(reason, options);
  }

  /** Resolves when a connection that is being closed is closed. */
  closed(): Promise<void> {
    return this.#life.closed();
  }

  /** Ends its connection for good: it cannot be connected again. A second call with `drainMs` 0 hurries. */
  end(drainMs?: number): Promise<void> {
    return this.#life.end(drainMs);
  }

  // --- what it offers ---------------------------------------------------------------------------------------------

  /** What it offered when its lists were last read, whatever its state is now. */
  get catalog(): ServerCatalog {
    return this.#lists.catalog;
  }

  /** As {@link catalog}: without those that `enabledTools` and `disabledTools` take away. */
  get tools(): readonly Tool[] {
    return this.catalog.tools;
  }

  get resources(): readonly Resource[] {
    return this.catalog.resources;
  }

  get prompts(): readonly Prompt[] {
    return this.catalog.prompts;
  }

  /** Resolves when the lists that are being read have been read. Never rejects. */
  settled(): Promise<void> {
    return this.#lists.settled();
  }

  /** Whether this list is only what was known last. */
  isStale(list: ListName): boolean {
    return this.#lists.isStale(list);
  }

  /** Takes over what it offered in an earlier run, from a store: stale until it has been read; no more after that. */
  restoreCatalog(saved: unknown): void {
    this.#lists.restore(saved);
  }

  /** Reads all lists. Single flight: a second call joins the first. Never rejects. */
  refresh(): Promise<void> {
    return this.#lists.refresh();
  }

  /** Why this server's part of a list is missing; undefined if it is not. A disabled server misses nothing. */
  missing(list: ListName): string | undefined {
    if (this.state === 'disabled') return undefined;
    if (this.isConnected) return this.#lists.unread(list);
    if (!this.isAvailable) return `${this.state}: ${this.reason}`;
    return this.#lists.isKnown(list) ? undefined : this.#lists.unread(list);
  }

  /** Ends the timers and subscriptions of its lists. It is still followed. */
  release(): void {
    this.#lists.dispose();
    this.#idle?.end();
  }

  /** {@link release}, and stops listening. The client is not touched. */
  dispose(): void {
    this.release();
    for (const dispose of this.#dispose) dispose();
  }

  /** A lazy server that is being started, for the first time or again. */
  get #isWaking(): boolean {
    return this.isLazy && (this.state === 'connecting' || this.state === 'initializing');
  }

  #rest(): void {
    const idleMs = this.client.settings.timeouts.idle;
    // Whoever wants something else of it meanwhile has the last word.
    void (async () => {
      await this.want('sleeping', `idle: nobody used it for ${idleMs / 1000} s`);
    })().catch(() => undefined);
  }

  #isOffered(tool: string): boolean {
    const { enabledTools, disabledTools } = this.entry;
    if (disabledTools?.includes(tool) === true) return false;
    return enabledTools === undefined || enabledTools.includes('*') || enabledTools.includes(tool);
  }
}
