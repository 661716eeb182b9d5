import { SignalboxError } from '../../core/errors.ts';
import { type HopPolicy, type HopReach, hopReach } from './hop-policy.ts';

/** One request on the way to a token. */
export interface Hop {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What came back; the body is complete and bounded. */
export interface HopAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/**
 * Makes a hop: connects only where `reach` allows, follows redirects within the origin only and only a few, bounds body and
 * time. Rejects with a SignalboxError.
 */
export type HopDialer = (hop: Hop, reach: HopReach) => Promise<HopAnswer>;

type FetchArguments = Parameters<typeof fetch>;

/**
 * The one `fetch` of everything that has to do with OAuth (S06). It remembers what went wrong below HTTP: the engine takes
 * such errors for "there is no metadata" and would go on with another server.
 */
export class GuardedFetch {
  readonly #policy: HopPolicy;
  readonly #dial: HopDialer;
  #fault: SignalboxError | undefined;
  #lastStatus = 0;

  constructor(policy: HopPolicy, dial: HopDialer) {
    this.#policy = policy;
    this.#dial = dial;
  }

  /** The status of the last answer; 0 if there is none. */
  get lastStatus(): number {
    return this.#lastStatus;
  }

  /** Throws what went wrong since the last call, if anything did. */
  throwFault(): void {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) throw fault;
  }

  readonly fetch = async (input: FetchArguments[0], init: FetchArguments[1] = {}): Promise<Response> => {
    try {
      return await this.#hop(new URL(input instanceof Request ? input.url : input), init);
    } catch (error) {
      this.#fault ??= SignalboxError.is(error)
        ? error
        : new SignalboxError('AUTH_FAILED', 'a request for authorization could not be made', {
            server: this.#policy.server,
            cause: error,
          });
      throw error;
    }
  };

  async #hop(url: URL, init: RequestInit): Promise<Response> {
    const reach = hopReach(url, this.#policy);
    const method = (init.method ?? 'GET').toUpperCase();
    if (method !== 'GET' && method !== 'POST') throw new TypeError(`${method} is not used here`);
    const headers = Object.fromEntries(new Headers(init.headers));
    const {
      status,
      headers: answered,
      text,
    } = await this.#dial({ method, url, headers, body: bodyOf(init.body) }, reach);
    this.#lastStatus = status;
    const list = Object.entries(answered).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).flatMap((one) =>
        one === undefined ? [] : [[name, one] as const],
      ),
    );
    const isEmpty = status === 204 || status === 205 || status === 304;
    return new Response(isEmpty ? null : text, {
      status,
      headers: list.map(([name, value]) => [name, value]),
    });
  }
}

function bodyOf(body: RequestInit['body']): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new TypeError('only text and form fields are sent here');
}
