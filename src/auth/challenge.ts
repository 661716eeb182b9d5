/** One challenge of a `WWW-Authenticate` header. Everything in it is text of a peer. */
export interface AuthChallenge {
  /** In lower case: `bearer`, `dpop`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. The first of several of one name counts. */
  readonly params: ReadonlyMap<string, string>;
}

/** More of a header is not read, in characters. */
const MAX_HEADER = 8192;
const MAX_CHALLENGES = 16;
const MAX_PARAMS = 32;

const TOKEN = /[!#$%&'*+.^_`|~\dA-Za-z-]+/uy;
const TOKEN68 = /[\dA-Za-z._~+/-]+=*(?=\s*(?:,|$))/uy;
/** More than the grammar allows: many servers leave the quotes out. */
const PLAIN = /[^\s,"]+/uy;
const GAP = /[\s,]*/uy;
const SPACE = /\s*/uy;
const QUOTED = /"((?:[^"\\]|\\[^])*)"/uy;

/**
 * Reads a `WWW-Authenticate` header (RFC 9110, 11.6.1) by its grammar: what stands within quotes is never taken for a
 * parameter. Whatever follows something unreadable is left out. Linear in the length of the text.
 */
export function parseChallenges(header: string | undefined): AuthChallenge[] {
  const reader = new Reader((header ?? '').slice(0, MAX_HEADER));
  const challenges: { scheme: string; params: Map<string, string> }[] = [];
  while (challenges.length <= MAX_CHALLENGES) {
    reader.take(GAP);
    const word = reader.take(TOKEN);
    if (word === undefined) break;
    const value = reader.assigned();
    const current = challenges.at(-1);
    if (value === undefined) {
      if (challenges.length === MAX_CHALLENGES) break;
      challenges.push({ scheme: word.toLowerCase(), params: new Map() });
      reader.skipToken68();
    } else if (current !== undefined && current.params.size < MAX_PARAMS) {
      const name = word.toLowerCase();
      if (!current.params.has(name)) current.params.set(name, value);
    }
  }
  return challenges;
}

/** The value of a parameter in the first challenge of OAuth (RFC 6750, RFC 9449) that has it. */
export function oauthParam(challenges: readonly AuthChallenge[], name: string): string | undefined {
  return challenges
    .filter(({ scheme }) => scheme === 'bearer' || scheme === 'dpop')
    .map(({ params }) => params.get(name))
    .find((value) => value !== undefined && value !== '');
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  take(pattern: RegExp): string | undefined {
    return this.#match(pattern)?.[0];
  }

  /** The value behind `=`, if there is one here. */
  assigned(): string | undefined {
    const before = this.#at;
    this.take(SPACE);
    if (this.#text[this.#at] !== '=') {
      this.#at = before;
      return undefined;
    }
    this.#at++;
    this.take(SPACE);
    const quoted = this.#match(QUOTED)?.[1];
    if (quoted !== undefined) return quoted.replace(/\\([^])/gu, '$1');
    const plain = this.take(PLAIN);
    if (plain !== undefined) return plain;
    // Neither a value nor a closed quotation: what follows means nothing any more.
    this.#at = this.#text.length;
    return '';
  }

  /** `Basic abc==`: credentials in place of parameters. */
  skipToken68(): void {
    const before = this.#at;
    this.take(SPACE);
    if (this.#at === before || this.take(TOKEN68) === undefined) this.#at = before;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }
}
