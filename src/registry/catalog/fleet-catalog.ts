import type { Clock } from '../../core/clock.ts';
import { sleep } from '../../core/sleep.ts';
import type { EventDesk } from '../events/event-desk.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import { Catalog } from './catalog.ts';
import { type FoundTool, type SearchOptions, ToolSearch } from './search/tool-search.ts';
import type { ListName } from './server-catalog.ts';

/** A list over all servers that tells what is not in it. */
export interface PartialList<Item> {
  readonly items: readonly Item[];
  /** Servers that may offer more, and why it is not here. Disabled servers are not missing. */
  readonly missing: readonly { readonly server: string; readonly reason: string }[];
  /** True if nothing is missing. */
  readonly complete: boolean;
}

/** What a list over all servers holds. */
export interface ListOptions {
  /** Whether servers that are not connected are in it too, with what was known of them last. Default `false`. */
  readonly includeAway?: boolean | undefined;
}

/** What a {@link FleetCatalog} works with. */
export interface FleetCatalogOptions {
  readonly directory: ServerDirectory;
  readonly events: EventDesk;
  readonly clock: Clock;
  /** How long a list waits for servers whose lists are just being read, in ms (F-127). */
  readonly listWaitMs: number;
  /** Tools of all servers together (F-123). */
  readonly maxTools: number;
}

/** What all servers of a registry offer together: one index, built when it is asked for and made anew after changes. */
export class FleetCatalog {
  readonly #options: FleetCatalogOptions;
  #catalog: Catalog | undefined;
  #search: ToolSearch = new ToolSearch();
  #toolsLeftOut: ReadonlyMap<string, number> = new Map();

  constructor(options: FleetCatalogOptions) {
    this.#options = options;
  }

  /** The index as of now. */
  index(): Catalog {
    if (this.#catalog !== undefined) return this.#catalog;
    const parts = this.#options.directory.all().map((instance) => ({
      server: instance.name,
      isConnected: instance.isAvailable,
      isUsable: instance.isUsable,
      offers: instance.catalog,
      isStale: (list: ListName) => instance.isStale(list),
      blocked: instance.approvals.blocked,
    }));
    this.#catalog = new Catalog(parts, this.#options.maxTools);
    this.#warnOfLeftOut(this.#catalog.toolsLeftOut);
    return this.#catalog;
  }

  /** What a server offers, or whether it does, is another now. */
  changed(server: string): void {
    this.#catalog = undefined;
    this.#options.events.tell('catalog', { server });
  }

  /** Who is asked first, or whether what is known still holds, is another now; what is offered is the same. */
  outdated(): void {
    this.#catalog = undefined;
  }

  /** Nobody is there any more. */
  clear(): void {
    this.#catalog = undefined;
    this.#search = new ToolSearch();
  }

  async list<Item extends { readonly server: string }>(
    list: ListName,
    { includeAway = false }: ListOptions,
    select: (catalog: Catalog) => readonly Item[],
  ): Promise<PartialList<Item>> {
    await this.#listsRead();
    const missing = this.#options.directory.all().flatMap((instance) => {
      const reason = instance.missing(list);
      return reason === undefined ? [] : [{ server: instance.name, reason }];
    });
    const items = select(this.index()).filter(({ server }) => includeAway || this.#isAvailable(server));
    return { items, missing, complete: missing.length === 0 };
  }

  /**
   * What is known of all servers, by words.
   * @throws SignalboxError INVALID_ARGUMENT, UNKNOWN_SERVER
   */
  search(text: string, options: SearchOptions): FoundTool[] {
    for (const server of options.servers ?? []) this.#options.directory.require(server);
    return this.#search.find(this.index(), text, options);
  }

  /** The item, if its server is connected, or sleeps and would be woken for it. */
  ifAvailable<Item extends { readonly server: string }>(item: Item | undefined): Item | undefined {
    return item !== undefined && this.#isAvailable(item.server) ? item : undefined;
  }

  #isAvailable(server: string): boolean {
    return this.#options.directory.get(server)?.isAvailable === true;
  }

  /** Waits for lists that are being read right now, but not for ever for one that hangs. */
  async #listsRead(): Promise<void> {
    const { directory, clock, listWaitMs } = this.#options;
    const reading = directory.connected().map((instance) => instance.settled());
    const over = new AbortController();
    const limit = sleep(clock, listWaitMs, over.signal).catch(() => undefined);
    await Promise.race([Promise.all(reading), limit]);
    over.abort();
  }

  /** Once for each number that a server loses: the catalog is built again and again. */
  #warnOfLeftOut(leftOut: ReadonlyMap<string, number>): void {
    const { directory, events, maxTools } = this.#options;
    const known = this.#toolsLeftOut;
    this.#toolsLeftOut = leftOut;
    for (const [name, count] of leftOut) {
      const instance = directory.get(name);
      if (instance === undefined || known.get(name) === count) continue;
      const reason = `${count} of its tools are left out: all servers together offer more than maxTools (${maxTools})`;
      events.tellServer('warning', instance, instance.state, reason);
    }
  }
}
