import { SignalboxError } from '../../../core/errors.ts';
import type { Catalog, CatalogTool } from '../catalog.ts';
import { BEST_RANK, WordIndex } from './word-index.ts';
import { wordsOf } from './words.ts';

/** How {@link ToolSearch} looks. */
export interface SearchOptions {
  /** How many tools are given at most. Default 20; 1 to 1 000. */
  readonly limit?: number | undefined;
  /** Names of the servers whose tools are looked through. Default: all. */
  readonly servers?: readonly string[] | undefined;
}

/** A tool that was found. */
export interface FoundTool extends CatalogTool {
  /** Above 0, at most 1: every word stands whole in its name. */
  readonly score: number;
}

const DEFAULT_LIMIT = 20;
export const MAX_FOUND = 1000;

/** Longest text that is searched for, in characters, and words in it. */
const MAX_QUERY = 1000;
const MAX_WORDS = 32;

/**
 * Finds tools by words. The index of a server is made when somebody searches, and again when its tools have been read
 * anew; those of the others stay.
 */
export class ToolSearch {
  readonly #indexes: Map<string, WordIndex> = new Map();
  #catalog: Catalog | undefined;
  #byServer: ReadonlyMap<string, readonly CatalogTool[]> = new Map();

  /**
   * The tools in whose name, title or description every word occurs, or at least begins a word; the best first, and
   * those that are as good in the order of the catalog. The name of a server counts too, least of all.
   * @throws SignalboxError INVALID_ARGUMENT
   */
  find(catalog: Catalog, text: string, options: SearchOptions): FoundTool[] {
    const { limit = DEFAULT_LIMIT, servers } = options;
    const words = wordsIn(text);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_FOUND) {
      throw new SignalboxError('INVALID_ARGUMENT', `limit is a whole number from 1 to ${MAX_FOUND}`);
    }
    if (words.length === 0) return [];
    this.#follow(catalog);
    const wanted = servers === undefined ? undefined : new Set(servers);
    const found: FoundTool[] = [];
    for (const [server, tools] of this.#byServer) {
      if (wanted?.has(server) === false) continue;
      const ranks = this.#indexOf(server, tools).find(words);
      for (const [place, item] of tools.entries()) {
        const rank = ranks.get(place);
        if (rank !== undefined) found.push({ ...item, score: rank / (BEST_RANK * words.length) });
      }
    }
    return found.sort((one, other) => other.score - one.score).slice(0, limit);
  }

  #follow(catalog: Catalog): void {
    if (catalog === this.#catalog) return;
    this.#catalog = catalog;
    const byServer = new Map<string, CatalogTool[]>();
    for (const item of catalog.tools.values()) {
      const tools = byServer.get(item.server);
      if (tools === undefined) byServer.set(item.server, [item]);
      else tools.push(item);
    }
    this.#byServer = byServer;
    for (const server of this.#indexes.keys()) if (!byServer.has(server)) this.#indexes.delete(server);
  }

  #indexOf(server: string, items: readonly CatalogTool[]): WordIndex {
    const known = this.#indexes.get(server);
    // Tools are not changed in place: what was read anew is another object.
    const isSame =
      known?.tools.length === items.length && items.every(({ tool }, at) => known.tools[at] === tool);
    if (known !== undefined && isSame) return known;
    const tools = items.map(({ tool }) => tool);
    const made = new WordIndex(server, tools);
    this.#indexes.set(server, made);
    return made;
  }
}

function wordsIn(text: string): readonly string[] {
  if (typeof text !== 'string' || text.length > MAX_QUERY) {
    throw new SignalboxError(
      'INVALID_ARGUMENT',
      `what is searched for is a text of up to ${MAX_QUERY} characters`,
    );
  }
  const words = [...new Set(wordsOf(text))];
  if (words.length <= MAX_WORDS) return words;
  throw new SignalboxError('INVALID_ARGUMENT', `up to ${MAX_WORDS} words can be searched for at once`);
}
