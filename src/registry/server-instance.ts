import type { StateChange } from '../client/client-events.ts';
import type { ConnectionStateName } from '../client/connection/connection-machine.ts';
import type { McpClient } from '../client/mcp-client.ts';
import type { ServerEntry } from '../config/entry.ts';
import type { Clock, Timer } from '../core/clock.ts';
import type { SignalboxError } from '../core/errors.ts';
import { messageOf } from '../core/errors.ts';
import { EMPTY_CATALOG, type ServerCatalog } from './catalog.ts';

/** The state of a server as the registry sees it: that of its connection, or why it has none. */
export type ServerState = ConnectionStateName | 'disabled' | 'unavailable';

/** Which list of a server. */
export type ListName = 'tools' | 'resources' | 'prompts';

const LISTS: readonly ListName[] = ['tools', 'resources', 'prompts'];

/** A plain, serialisable account of one server. */
export interface ServerStatus {
  readonly name: string;
  readonly state: ServerState;
  /** Why it is in this state; one readable sentence or word. */
  readonly reason: string;
  /** Since when it is in this state, ISO 8601. */
  readonly since: string;
  readonly transport: string | undefined;
  readonly era: string | undefined;
  readonly protocolVersion: string | undefined;
  readonly tools: number;
  readonly resources: number;
  readonly prompts: number;
  readonly connectMs: number | null;
  readonly pid: number | undefined;
  readonly error: Record<string, unknown> | undefined;
  /** When it is tried again in the background, ISO 8601; undefined unless it was given up for now. */
  readonly retryAt: string | undefined;
}

/** What an instance tells its registry. */
export interface InstanceObserver {
  stateChanged(
    instance: ServerInstance,
    from: ServerState,
    reason: string,
    error: SignalboxError | undefined,
  ): void;
  catalogChanged(instance: ServerInstance, list: ListName | 'all'): void;
  warning(instance: ServerInstance, message: string): void;
}

/** Changes that come within this time are read together, in ms (F-058, F-125). */
const DEBOUNCE_MS = 100;

/** Time between two readings of the lists of one server that it asks for, in ms (F-125). */
const MIN_PAUSE_MS = 1000;

/** Pause before lists that could not be read are read again, in ms: doubled each time, up to the second number. */
const REREAD_MS: readonly [number, number] = [5000, 60_000];

/** One registered server: its client, its state, and what it offers. */
export class ServerInstance {
  readonly name: string;
  readonly entry: ServerEntry;
  readonly client: McpClient;
  readonly #clock: Clock;
  readonly #observer: InstanceObserver;
  readonly #dispose: (() => void)[];
  #state: ServerState;
  #reason: string;
  #since: number;
  #error: SignalboxError | undefined;
  #catalog: ServerCatalog = EMPTY_CATALOG;
  #refreshing: Promise<void> | undefined;
  /** Why a list is not what the server offers now. */
  #unread: Map<ListName, string> = new Map(LISTS.map((list) => [list, 'it has not been read yet']));
  #failures = 0;
  #debounce: Timer | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #leaving: Promise<void> = Promise.resolve();
  #isListening = false;
  #isDisposed = false;
  #reread: Timer | undefined;

  constructor(client: McpClient, clock: Clock, observer: InstanceObserver) {
    this.name = client.name;
    this.entry = client.entry;
    this.client = client;
    this.#clock = clock;
    this.#observer = observer;
    this.#state = this.entry.disabled === true ? 'disabled' : 'disconnected';
    this.#reason = this.#state === 'disabled' ? 'disabled in the configuration' : 'not connected yet';
    this.#since = clock.wallNow();
    this.#dispose = [
      client.on('state', (change) => this.#onClientState(change)),
      client.on('listChanged', () => this.#refreshSoon()),
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
    return this.#catalog;
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  /** True if it was taken out of service on purpose: it is not connected then, and calls to it are refused. */
  get isOutOfService(): boolean {
    return this.#state === 'disabled' || this.#state === 'unavailable';
  }

  /** Resolves when the lists that are being read have been read. Never rejects. */
  settled(): Promise<void> {
    return this.#refreshing ?? Promise.resolve();
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
    this.#refreshing ??= this.#readLists().finally(() => {
      this.#readAt = this.#clock.now();
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Why this server's part of a list is missing; undefined if it is not. A disabled server misses nothing. */
  missing(list: ListName): string | undefined {
    if (this.#state === 'disabled') return undefined;
    return this.isConnected ? this.#unread.get(list) : `${this.#state}: ${this.#reason}`;
  }

  /** Stops listening. The client is not touched. */
  dispose(): void {
    this.#isDisposed = true;
    this.#debounce?.cancel();
    this.#reread?.cancel();
    for (const dispose of this.#dispose) dispose();
  }

  status(): ServerStatus {
    const { client } = this;
    const pid = client.diagnostics().transport.pid;
    return {
      name: this.name,
      state: this.#state,
      reason: this.#reason,
      since: new Date(this.#since).toISOString(),
      transport: client.transportKind ?? kindOf(this.entry),
      era: client.era,
      protocolVersion: client.protocolVersion,
      tools: this.#catalog.tools.length,
      resources: this.#catalog.resources.length,
      prompts: this.#catalog.prompts.length,
      connectMs: client.stats().connectMs,
      pid: client.isConnected ? pid : undefined,
      error: this.#error?.toJSON(),
      retryAt: this.#retryAt(),
    };
  }

  #retryAt(): string | undefined {
    const { connectionState } = this.client;
    if (this.#state !== 'error' || connectionState.kind !== 'error') return undefined;
    const { retryAt } = connectionState;
    return retryAt === undefined ? undefined : new Date(retryAt).toISOString();
  }

  async #readLists(): Promise<void> {
    const { client } = this;
    const unread = new Map<ListName, string>();
    // One list that fails must not hide the others; what was known of it stays.
    const read = async <Item>(
      list: () => Promise<Item[]>,
      known: readonly Item[],
      what: string,
      part: ListName,
    ): Promise<readonly Item[]> => {
      try {
        return await list();
      } catch (error) {
        const reason = `${what} could not be listed: ${messageOf(error)}`;
        unread.set(part, reason);
        if (client.isConnected) this.#observer.warning(this, reason);
        return known;
      }
    };
    const [tools, resources, resourceTemplates, prompts] = await Promise.all([
      read(() => client.listTools(), this.#catalog.tools, 'tools', 'tools'),
      read(() => client.listResources(), this.#catalog.resources, 'resources', 'resources'),
      read(
        () => client.listResourceTemplates(),
        this.#catalog.resourceTemplates,
        'resource templates',
        'resources',
      ),
      read(() => client.listPrompts(), this.#catalog.prompts, 'prompts', 'prompts'),
    ]);
    this.#catalog = {
      tools: tools.filter((tool) => this.#isOffered(tool.name)),
      resources,
      resourceTemplates,
      prompts,
    };
    this.#unread = unread;
    this.#observer.catalogChanged(this, 'all');
    this.#rereadLater();
  }

  /** A list that could not be read is tried again: the server gives no other sign that it can be. */
  #rereadLater(): void {
    this.#reread?.cancel();
    this.#reread = undefined;
    if (this.#unread.size === 0 || this.#isDisposed || !this.isConnected) {
      this.#failures = 0;
      return;
    }
    const delayMs = Math.min(REREAD_MS[1], REREAD_MS[0] * 2 ** this.#failures++);
    this.#reread = this.#clock.setTimeout(() => {
      if (this.isConnected) void this.refresh();
    }, delayMs);
    this.#reread.unref();
  }

  #isOffered(tool: string): boolean {
    const { enabledTools, disabledTools } = this.entry;
    if (disabledTools?.includes(tool) === true) return false;
    return enabledTools === undefined || enabledTools.includes('*') || enabledTools.includes(tool);
  }

  #refreshSoon(): void {
    if (this.#debounce !== undefined) return;
    // A server whose every reading leads to another change would be read without end otherwise.
    const pauseMs = this.#readAt + MIN_PAUSE_MS - this.#clock.now();
    this.#debounce = this.#clock.setTimeout(
      () => {
        this.#debounce = undefined;
        // A change that comes while lists are being read is not in them: they are read once more.
        void this.settled().then(() => (this.isConnected ? this.refresh() : undefined));
      },
      Math.max(DEBOUNCE_MS, pauseMs),
    );
  }

  #onClientState(change: StateChange): void {
    if (this.isOutOfService) return;
    this.#setState(change.to, change.reason, change.error);
    if (change.to === 'connected') {
      void this.refresh();
      void this.#listenToChanges();
    } else if (change.to === 'disconnected') {
      this.#isListening = false;
    }
  }

  /** A modern server tells of changes only to those who subscribe; the subscription renews itself. */
  async #listenToChanges(): Promise<void> {
    const { era, capabilities } = this.client;
    const filter = {
      ...(capabilities?.tools?.listChanged === true ? { toolsListChanged: true } : {}),
      ...(capabilities?.resources?.listChanged === true ? { resourcesListChanged: true } : {}),
      ...(capabilities?.prompts?.listChanged === true ? { promptsListChanged: true } : {}),
    };
    if (era !== 'modern' || this.#isListening || Object.keys(filter).length === 0) return;
    this.#isListening = true;
    try {
      await this.client.subscribe(filter, (event) => {
        if (event.type === 'renewed') this.#refreshSoon();
      });
    } catch (error) {
      this.#isListening = false;
      if (this.isConnected)
        this.#observer.warning(this, `changes cannot be listened to: ${messageOf(error)}`);
    }
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
