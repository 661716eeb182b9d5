import type { Clock } from '../../core/clock.ts';
import { concealed } from '../conceal.ts';
import type {
  CredentialHeaders,
  CredentialRefusal,
  CredentialSource,
  CredentialVerdict,
} from '../credential-source.ts';

/** Headers that were put together, and what of them must not be shown. */
export interface FetchedHeaders {
  readonly headers: CredentialHeaders;
  readonly secrets: readonly string[];
  /** On the wall clock, in ms since the epoch; undefined: until the server refuses them. */
  readonly expiresAtMs: number | undefined;
}

const LEAVE: CredentialVerdict = { kind: 'leave' };
const AGAIN: CredentialVerdict = { kind: 'again' };

/**
 * Headers that are fetched on first use and kept. They are fetched anew when they expire, and once when the server refuses
 * them: a file or a keyring may hold another secret by then. However many requests want them, they are fetched once.
 */
export class FetchedSource implements CredentialSource {
  readonly #fetch: () => Promise<FetchedHeaders>;
  readonly #clock: Clock;
  readonly #secrets: Set<string> = new Set();
  #held: FetchedHeaders | undefined;
  #fetching: Promise<FetchedHeaders> | undefined;

  constructor(fetch: () => Promise<FetchedHeaders>, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  headers(): CredentialHeaders | Promise<CredentialHeaders> {
    const held = this.#held;
    if (held !== undefined && (held.expiresAtMs ?? Number.POSITIVE_INFINITY) > this.#clock.wallNow()) {
      return held.headers;
    }
    return this.#fetched().then(({ headers }) => headers);
  }

  async refused({ status, sent, refusals }: CredentialRefusal): Promise<CredentialVerdict> {
    if (status !== 401 || refusals > 1) return LEAVE;
    // Others were refused before, and have fetched new ones already.
    if (this.#held !== undefined && sent !== undefined && !isSame(sent, this.#held.headers)) return AGAIN;
    try {
      const { headers } = await this.#fetched();
      return sent !== undefined && isSame(headers, sent) ? LEAVE : AGAIN;
    } catch {
      // What the server said is the better news.
      return LEAVE;
    }
  }

  conceal(text: string): string {
    return concealed(text, this.#secrets);
  }

  #fetched(): Promise<FetchedHeaders> {
    this.#fetching ??= this.#fetch()
      .then((fetched) => {
        this.#held = fetched;
        this.#secrets.clear();
        for (const secret of fetched.secrets) this.#secrets.add(secret);
        return fetched;
      })
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }
}

function isSame(one: CredentialHeaders, other: CredentialHeaders): boolean {
  return one.length === other.length && one.every((part, index) => part === other[index]);
}
