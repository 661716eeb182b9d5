import { createHash } from 'node:crypto';
import type { Clock, Timer } from '../../core/clock.ts';
import { type Disposer, disposer, Emitter } from '../../core/emitter.ts';
import type { Logger } from '../../core/log.ts';
import type { CatalogItem } from '../../registry/catalog/catalog.ts';
import type { ListName } from '../../registry/catalog/server-catalog.ts';
import type { ServerRegistry } from '../../registry/server-registry.ts';

/** The lists that clients are told about. */
export const LIST_NAMES: readonly ListName[] = ['tools', 'prompts', 'resources'];

/** Changes that come within this time are told together, in ms (F-125). */
const DEBOUNCE_MS = 50;

type Fingerprints = Readonly<Record<ListName, string>>;

/**
 * Tells which of the aggregated lists have really changed. A registry reports every step of every server; clients
 * would read all lists again each time.
 */
export class ListChanges {
  readonly #registry: ServerRegistry;
  readonly #clock: Clock;
  readonly #events: Emitter<{ changed: readonly ListName[] }>;
  #stopListening: Disposer | undefined;
  #known: Fingerprints | undefined;
  #timer: Timer | undefined;
  #isReading = false;
  /** Reports of the registry so far: a list that was read across one is not trusted as the state before it. */
  #reports = 0;

  constructor(registry: ServerRegistry, clock: Clock, logger: Logger) {
    this.#registry = registry;
    this.#clock = clock;
    this.#events = new Emitter(logger);
  }

  /** Hears of changes from now on. Nothing is watched while nobody listens. */
  subscribe(listener: (changed: readonly ListName[]) => void): Disposer {
    const stop = this.#events.on('changed', listener);
    if (this.#stopListening === undefined) {
      this.#stopListening = this.#registry.on('catalog', () => this.#onReport());
      void this.#readBaseline();
    }
    return disposer(() => {
      stop();
      if (this.#events.listenerCount() === 0) this.#rest();
    });
  }

  /** Forgets everybody. */
  close(): void {
    this.#events.clear();
    this.#rest();
  }

  #rest(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#known = undefined;
    this.#reports++;
  }

  #onReport(): void {
    this.#reports++;
    if (this.#timer !== undefined || this.#isReading) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      void this.#compare();
    }, DEBOUNCE_MS);
  }

  async #readBaseline(): Promise<void> {
    const { before, found } = await this.#read();
    if (before === this.#reports) this.#known = found;
  }

  async #compare(): Promise<void> {
    this.#isReading = true;
    const { before, found } = await this.#read();
    this.#isReading = false;
    if (this.#stopListening === undefined) return;
    const known = this.#known;
    this.#known = found;
    // Without a state before, each may have changed: to tell too much is better than to tell nothing.
    const changed = LIST_NAMES.filter((list) => known?.[list] !== found[list]);
    if (changed.length > 0) this.#events.emit('changed', changed);
    if (before !== this.#reports) this.#onReport();
  }

  async #read(): Promise<{ readonly before: number; readonly found: Fingerprints }> {
    const before = this.#reports;
    const [tools, prompts, resources, templates] = await Promise.all([
      this.#registry.listTools(),
      this.#registry.listPrompts(),
      this.#registry.listResources(),
      this.#registry.listResourceTemplates(),
    ]);
    const found = {
      tools: fingerprint(tools.items),
      prompts: fingerprint(prompts.items),
      resources: fingerprint([...resources.items, ...templates.items]),
    };
    return { before, found };
  }
}

/** Whether an item is stale is no part of it: clients are not told. */
function fingerprint(items: readonly CatalogItem[]): string {
  const parts = items.map(({ stale: _stale, ...item }) => item);
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}
