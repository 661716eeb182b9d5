import type { Tool } from '../../../protocol/mcp-types.ts';
import { wordsOf, wordsOfName } from './words.ts';

/** How much of a tool is looked at, in characters. */
const MAX_NAME = 256;
const MAX_DESCRIPTION = 4000;

/** Where a word was found, the best first; whole words count before beginnings. */
const RANK = { name: 8, title: 6, description: 4, server: 2 } as const;

/** What a word is worth that stands whole in the name. */
export const BEST_RANK: number = RANK.name;

/** Where one word occurs: tools by their place in the list, and the rank there. */
interface Occurrences {
  readonly word: string;
  readonly tools: Map<number, number>;
}

/** The words of the tools of one server, in order: words with one beginning stand together. */
export class WordIndex {
  /** What was read. */
  readonly tools: readonly Tool[];
  readonly #words: readonly Occurrences[];
  readonly #server: readonly string[];

  constructor(server: string, tools: readonly Tool[]) {
    this.tools = tools;
    this.#server = wordsOfName(server.slice(0, MAX_NAME));
    const byWord = new Map<string, Occurrences>();
    for (const [place, tool] of tools.entries()) {
      note(byWord, wordsOfName(start(tool.name, MAX_NAME)), place, RANK.name);
      note(byWord, wordsOf(start(tool.title, MAX_NAME)), place, RANK.title);
      note(byWord, wordsOf(start(tool.description, MAX_DESCRIPTION)), place, RANK.description);
    }
    this.#words = [...byWord.values()].sort((one, other) => (one.word < other.word ? -1 : 1));
  }

  /** The tools in which every word occurs, by their place in the list, with the sum of the ranks. */
  find(words: readonly string[]): ReadonlyMap<number, number> {
    let found: Map<number, number> | undefined;
    for (const word of words) {
      const ranks = this.#ranks(word);
      const both = new Map<number, number>();
      for (const [place, rank] of ranks) {
        const before = found === undefined ? 0 : found.get(place);
        if (before !== undefined) both.set(place, before + rank);
      }
      found = both;
      if (found.size === 0) break;
    }
    return found ?? new Map();
  }

  /** Where words begin like this: the best rank of each tool. */
  #ranks(beginning: string): ReadonlyMap<number, number> {
    const ranks = new Map<number, number>();
    const ofServer = Math.max(0, ...this.#server.map((word) => rankOf(word, beginning, RANK.server)));
    if (ofServer > 0) for (const place of this.tools.keys()) ranks.set(place, ofServer);
    for (let at = this.#firstFrom(beginning); at < this.#words.length; at++) {
      const { word, tools } = this.#words[at]!;
      if (!word.startsWith(beginning)) break;
      for (const [place, rank] of tools) {
        const here = rankOf(word, beginning, rank);
        if (here > (ranks.get(place) ?? 0)) ranks.set(place, here);
      }
    }
    return ranks;
  }

  /** The place of the first word that does not stand before this one. */
  #firstFrom(word: string): number {
    let low = 0;
    let high = this.#words.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#words[middle]!.word < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function note(byWord: Map<string, Occurrences>, words: readonly string[], place: number, rank: number): void {
  for (const word of words) {
    const known = byWord.get(word);
    if (known === undefined) byWord.set(word, { word, tools: new Map([[place, rank]]) });
    // Better places are noted first.
    else if (!known.tools.has(place)) known.tools.set(place, rank);
  }
}

/** 0 if the word does not begin like this. */
function rankOf(word: string, beginning: string, rank: number): number {
  if (word === beginning) return rank;
  return word.startsWith(beginning) ? rank - 1 : 0;
}

/** A server decides what its fields are. */
function start(text: unknown, length: number): string {
  return typeof text === 'string' ? text.slice(0, length) : '';
}
