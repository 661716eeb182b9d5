import type { McpClient } from '../../client/mcp-client.ts';
import type { Subscription } from '../../client/subscriptions/subscription.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { DriftReview, ToolApprovals } from '../catalog/drift/tool-approvals.ts';
import { readSavedCatalog } from '../catalog/saved-catalog.ts';
import { EMPTY_CATALOG, type ListName, type ServerCatalog } from '../catalog/server-catalog.ts';

const LISTS: readonly ListName[] = ['tools', 'resources', 'prompts'];

/** Changes that come within this time are read together, in ms (F-058, F-125). */
const DEBOUNCE_MS = 100;

/** Time between two readings of the lists of one server that it asks for, in ms (F-125). */
const MIN_PAUSE_MS = 1000;

/** Pause before lists that could not be read are read again, in ms: doubled each time, up to the second number. */
const REREAD_MS: readonly [number, number] = [5000, 60_000];

export interface ServerListsOptions {
  readonly client: McpClient;
  readonly clock: Clock;
  /** Whether the server is connected and in service: only then its lists are read. */
  readonly isConnected: () => boolean;
  /** Whether a tool of this name is offered at all. */
  readonly isOffered: (tool: string) => boolean;
  /** Which definitions of its tools are approved. */
  readonly approvals: ToolApprovals;
  /** Lists have been read. */
  readonly changed: () => void;
  /** What is known is the same; whether it still holds is not. */
  readonly doubted: () => void;
  /** What a look at tools that have been read has found. */
  readonly reviewed: (review: DriftReview) => void;
  readonly warning: (message: string) => void;
}

/** What one server offers: read when it is connected, again when it says that it has changed, and when reading failed. */
export class ServerLists {
  readonly #on: ServerListsOptions;
  #catalog: ServerCatalog = EMPTY_CATALOG;
  #refreshing: Promise<void> | undefined;
  /** Why a list is not what the server offers now. */
  #unread: Map<ListName, string> = new Map(LISTS.map((list) => [list, 'it has not been read yet']));
  /** How often there was a reason to read the lists, and how many of these reasons the last reading has seen. */
  #reasons = 0;
  #reasonsSeen = 0;
  #again = false;
  #failures = 0;
  #debounce: Timer | undefined;
  #reread: Timer | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  /** Lists that were read once, or taken over from an earlier run. */
  readonly #known: Set<ListName> = new Set();
  #isListening = false;
  #subscription: Subscription | undefined;
  #isDisposed = false;

  constructor(on: ServerListsOptions) {
    this.#on = on;
  }

  /** What it offered when its lists were last read, whatever its state is now. */
  get catalog(): ServerCatalog {
    return this.#catalog;
  }

  /** Why this list is not what the server offers now; undefined if it is. */
  unread(list: ListName): string | undefined {
    return this.#unread.get(list);
  }

  /** Whether it was ever learned what is in this list, here or in an earlier run. */
  isKnown(list: ListName): boolean {
    return this.#known.has(list);
  }

  /** Whether this list is only what was known last. */
  isStale(list: ListName): boolean {
    return !this.#on.isConnected() || this.#reasons !== this.#reasonsSeen || this.#unread.has(list);
  }

  /**
   * Takes over what was known in an earlier run, from a file that anybody may have written to: it is stale until it has
   * been read. What has been read already stays.
   */
  restore(saved: unknown): void {
    if (this.#readAt !== Number.NEGATIVE_INFINITY || this.#isDisposed) return;
    const { client, isOffered, approvals, changed, warning } = this.#on;
    const { catalog, leftOut } = readSavedCatalog(saved, client.settings.limits);
    this.#catalog = { ...catalog, tools: catalog.tools.filter((tool) => isOffered(tool.name)) };
    for (const list of LISTS) this.#known.add(list);
    approvals.recall(this.#catalog.tools);
    if (leftOut > 0) warning(`${leftOut} entries of its saved catalog are unusable and were left out`);
    changed();
  }

  /** Resolves when the lists that are being read have been read. Never rejects. */
  settled(): Promise<void> {
    return this.#refreshing ?? Promise.resolve();
  }

  /** Reads all lists. Single flight: a second call joins the first. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#readUntilSeen().finally(() => {
      this.#readAt = this.#on.clock.now();
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #readUntilSeen(): Promise<void> {
    do {
      this.#again = false;
      await this.#read();
    } while (this.#again && this.#on.isConnected());
  }

  /** The server is connected: what it offers is read, and its changes are listened to. */
  connected(): void {
    this.#reasons++;
    // A reading that began on the connection before may have ended with it.
    if (this.#refreshing !== undefined) this.#again = true;
    void this.refresh();
    void this.#listenToChanges();
  }

  /** The client was disconnected: its subscriptions have ended. */
  disconnected(): void {
    this.#isListening = false;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#debounce?.cancel();
    this.#reread?.cancel();
    void this.#subscription?.close();
    this.#subscription = undefined;
  }

  /** The server says that something has changed. */
  refreshSoon(): void {
    if (this.#isDisposed) return;
    const { clock, isConnected, doubted } = this.#on;
    this.#reasons++;
    doubted();
    if (this.#debounce !== undefined) return;
    // A server whose every reading leads to another change would be read without end otherwise.
    const pauseMs = this.#readAt + MIN_PAUSE_MS - clock.now();
    this.#debounce = clock.setTimeout(
      () => {
        this.#debounce = undefined;
        // A change that comes while lists are being read is not in them: they are read once more.
        void this.settled().then(() => (isConnected() ? this.refresh() : undefined));
      },
      Math.max(DEBOUNCE_MS, pauseMs),
    );
  }

  async #read(): Promise<void> {
    const { client, isOffered, approvals, changed, reviewed } = this.#on;
    const reasons = this.#reasons;
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
        if (client.isConnected) this.#on.warning(reason);
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
      tools: tools.filter((tool) => isOffered(tool.name)),
      resources,
      resourceTemplates,
      prompts,
    };
    this.#unread = unread;
    for (const list of LISTS) if (!unread.has(list)) this.#known.add(list);
    this.#reasonsSeen = reasons;
    const review = unread.has('tools') ? undefined : approvals.review(this.#catalog.tools);
    changed();
    if (review !== undefined) reviewed(review);
    this.#rereadLater();
  }

  /** A list that could not be read is tried again: the server gives no other sign that it can be. */
  #rereadLater(): void {
    const { clock, isConnected } = this.#on;
    this.#reread?.cancel();
    this.#reread = undefined;
    if (this.#unread.size === 0 || this.#isDisposed || !isConnected()) {
      this.#failures = 0;
      return;
    }
    const delayMs = Math.min(REREAD_MS[1], REREAD_MS[0] * 2 ** this.#failures++);
    this.#reread = clock.setTimeout(() => {
      if (isConnected()) void this.refresh();
    }, delayMs);
    this.#reread.unref();
  }

  /** A modern server tells of changes only to those who subscribe; the subscription renews itself. */
  async #listenToChanges(): Promise<void> {
    const { client, isConnected } = this.#on;
    const { era, capabilities } = client;
    const filter = {
      ...(capabilities?.tools?.listChanged === true ? { toolsListChanged: true } : {}),
      ...(capabilities?.resources?.listChanged === true ? { resourcesListChanged: true } : {}),
      ...(capabilities?.prompts?.listChanged === true ? { promptsListChanged: true } : {}),
    };
    if (era !== 'modern' || this.#isListening || Object.keys(filter).length === 0) return;
    this.#isListening = true;
    try {
      // A client that is connected anew may have kept it: one is enough.
      await this.#subscription?.close();
      const subscription = await client.subscribe(
        filter,
        (event) => {
          if (event.type === 'renewed') this.refreshSoon();
        },
        // Nobody needs a server only because its lists may change.
        { keepsAwake: false },
      );
      this.#subscription = subscription;
      if (this.#isDisposed) await subscription.close();
    } catch (error) {
      this.#isListening = false;
      if (isConnected()) this.#on.warning(`changes cannot be listened to: ${messageOf(error)}`);
    }
  }
}
