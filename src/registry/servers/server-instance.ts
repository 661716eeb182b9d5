import type { StateChange } from '../../client/client-events.ts';
import type { HealthChange } from '../../client/health/health-snapshot.ts';
import type { McpClient } from '../../client/mcp-client.ts';
import type { ServerEntry } from '../../config/entry.ts';
import type { Clock } from '../../core/clock.ts';
import type { SignalboxError } from '../../core/errors.ts';
import type { ServerCatalog } from '../catalog/catalog.ts';
import { type ListName, ServerLists } from './server-lists.ts';
import type { ServerState, ServerStatus } from './server-status.ts';

/** What an instance tells its registry. */
export interface InstanceObserver {
  stateChanged(
    instance: ServerInstance,
    from: ServerState,
    reason: string,
    error: SignalboxError | undefined,
  ): void;
  healthChanged(instance: ServerInstance, change: HealthChange): void;
  catalogChanged(instance: ServerInstance): void;
  warning(instance: ServerInstance, message: string): void;
}

/** One registered server: its client, its state, and what it offers. */
export class ServerInstance {
  readonly name: string;
  readonly entry: ServerEntry;
  readonly client: McpClient;
  readonly #clock: Clock;
  readonly #observer: InstanceObserver;
  readonly #lists: ServerLists;
  readonly #dispose: (() => void)[];
  #state: ServerState;
  #reason: string;
  #since: number;
  #error: SignalboxError | undefined;
  #leaving: Promise<void> = Promise.resolve();

  constructor(client: McpClient, clock: Clock, observer: InstanceObserver) {
    this.name = client.name;
    this.entry = client.entry;
    this.client = client;
    this.#clock = clock;
    this.#observer = observer;
    this.#state = this.entry.disabled === true ? 'disabled' : 'disconnected';
    this.#reason = this.#state === 'disabled' ? 'disabled in the configuration' : 'not connected yet';
    this.#since = clock.wallNow();
    this.#lists = new ServerLists({
      client,
      clock,
      isConnected: () => this.isConnected,
      isOffered: (tool) => this.#isOffered(tool),
      changed: () => observer.catalogChanged(this),
      warning: (message) => observer.warning(this, message),
    });
    this.#dispose = [
      client.on('state', (change) => this.#onClientState(change)),
      client.on('health', (change) => observer.healthChanged(this, change)),
      client.on('listChanged', () => this.#lists.refreshSoon()),
      client.on('warning', ({ message }) => observer.warning(this, message)),
    ];
  }

  get state(): ServerState {
    return this.#state;
  }

  get reason(): string {
    return this.#reason;
  }

  /** Wall clock time of the last change of state, in ms since the epoch. */
  get since(): number {
    return this.#since;
  }

  get error(): SignalboxError | undefined {
    return this.#error;
  }

  /** What it offered when its lists were last read, whatever its state is now. */
  get catalog(): ServerCatalog {
    return this.#lists.catalog;
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
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
    return this.#state === 'disabled' || this.#state === 'unavailable';
  }

  /** Resolves when the lists that are being read have been read. Never rejects. */
  settled(): Promise<void> {
    return this.#lists.settled();
  }

  /** Takes the server out of service and closes its connection in the background; {@link left} tells when it is. */
  markUnavailable(reason: string): void {
    this.#setState('unavailable', reason, undefined);
    this.#leaving = this.client.disconnect();
  }

  /** Resolves when a connection that was closed by {@link markUnavailable} is closed. */
  left(): Promise<void> {
    return this.#leaving;
  }

  /** Puts it back into service; it is not connected yet. */
  markAvailable(): void {
    if (this.#state === 'unavailable') this.#setState('disconnected', 'back in service', undefined);
  }

  /** Reads all lists. Single flight: a second call joins the first. Never rejects. */
  refresh(): Promise<void> {
    return this.#lists.refresh();
  }

  /** Why this server's part of a list is missing; undefined if it is not. A disabled server misses nothing. */
  missing(list: ListName): string | undefined {
    if (this.#state === 'disabled') return undefined;
    return this.isConnected ? this.#lists.unread(list) : `${this.#state}: ${this.#reason}`;
  }

  /** Stops listening. The client is not touched. */
  dispose(): void {
    this.#lists.dispose();
    for (const dispose of this.#dispose) dispose();
  }

  status(): ServerStatus {
    const { client, catalog } = this;
    const pid = client.diagnostics().transport.pid;
    return {
      name: this.name,
      state: this.#state,
      reason: this.#reason,
      since: new Date(this.#since).toISOString(),
      transport: client.transportKind ?? kindOf(this.entry),
      era: client.era,
      protocolVersion: client.protocolVersion,
      tools: catalog.tools.length,
      resources: catalog.resources.length,
      prompts: catalog.prompts.length,
      connectMs: client.stats().connectMs,
      pid: client.isConnected ? pid : undefined,
      error: this.#error?.toJSON(),
      retryAt: this.#retryAt(),
      health: client.isConnected ? client.health : undefined,
    };
  }

  #retryAt(): string | undefined {
    const { connectionState } = this.client;
    if (this.#state !== 'error' || connectionState.kind !== 'error') return undefined;
    const { retryAt } = connectionState;
    return retryAt === undefined ? undefined : new Date(retryAt).toISOString();
  }

  #isOffered(tool: string): boolean {
    const { enabledTools, disabledTools } = this.entry;
    if (disabledTools?.includes(tool) === true) return false;
    return enabledTools === undefined || enabledTools.includes('*') || enabledTools.includes(tool);
  }

  #onClientState(change: StateChange): void {
    if (this.isOutOfService) return;
    this.#setState(change.to, change.reason, change.error);
    if (change.to === 'connected') this.#lists.connected();
    else if (change.to === 'disconnected') this.#lists.disconnected();
  }

  #setState(to: ServerState, reason: string, error: SignalboxError | undefined): void {
    const from = this.#state;
    this.#state = to;
    this.#reason = reason;
    this.#since = this.#clock.wallNow();
    // The cause of the trouble stays readable until the server is well again.
    if (to === 'connected' || to === 'disconnected') this.#error = undefined;
    else this.#error = error ?? this.#error;
    this.#observer.stateChanged(this, from, reason, error);
  }
}

function kindOf(entry: ServerEntry): string | undefined {
  return entry.type ?? (entry.command === undefined ? 'http' : 'stdio');
}
