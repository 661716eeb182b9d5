import type { CredentialSource } from '../../auth/credential-source.ts';
import { HTTP_DEFAULTS, type ResolvedHttp } from '../../config/http-settings.ts';
import { SignalboxError } from '../../core/errors.ts';
import { redactUrl } from '../../core/redact.ts';
import type { TransportContext, TransportLimits } from '../transport-context.ts';
import type { TransportTally } from '../transport-tally.ts';
import type { HttpTarget } from './exchange/http-request.ts';
import { RequestHeaders } from './exchange/request-headers.ts';
import type { PoolLease } from './pool/pool-lease.ts';
import type { PoolCache } from './pool-cache.ts';

/** A server behind a URL. */
export interface HttpTransportOptions {
  /** The MCP endpoint: http or https, without userinfo. A fragment is dropped. */
  readonly url: string;
  /** Headers of every request. What a message brings itself wins over them. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How the server is reached. Default for each key: {@link HTTP_DEFAULTS}. */
  readonly http?: Partial<ResolvedHttp> | undefined;
  /** Where credentials come from beside `headers`. Default: nowhere. */
  readonly credentials?: CredentialSource | undefined;
}

/**
 * A server behind a URL, checked and with its defaults: what all transports over HTTP begin with, and send to. Whoever prints
 * a transport does not print what is kept here (S18).
 */
export class HttpEndpoint implements HttpTarget {
  readonly #context: TransportContext;
  readonly #href: string;
  readonly #headers: RequestHeaders;
  readonly #http: ResolvedHttp;
  readonly #credentials: CredentialSource | undefined;
  readonly #pools: PoolCache;
  #lease: PoolLease | undefined;

  /** @throws SignalboxError CONFIG_INVALID if the URL or a header cannot be used */
  constructor(options: HttpTransportOptions, context: TransportContext, pools: PoolCache) {
    this.#context = context;
    this.#pools = pools;
    const { href } = endpointUrl(options.url, context.server);
    // Mostly the text of the entry, which is there anyway.
    this.#href = href === options.url ? options.url : href;
    this.#http = withDefaults(options.http);
    this.#credentials = options.credentials;
    this.#headers = RequestHeaders.of(options.headers, context, this.#http.compression);
  }

  get context(): TransportContext {
    return this.#context;
  }

  /** Its URL as text: parsed, and kept for as long as the client lives, it would take five times as much. */
  get href(): string {
    return this.#href;
  }

  /** Parsed anew each time. */
  get url(): URL {
    return new URL(this.#href);
  }

  get headers(): RequestHeaders {
    return this.#headers;
  }

  /** Reads the files that `http.tls` names, and opens no socket. @throws SignalboxError CONFIG_INVALID */
  async open(): Promise<void> {
    const { server, url, http, limits } = this;
    this.#lease = await this.#pools.acquire({ server, url, http, headerBytes: limits.headerBytes });
  }

  /** Gives the sockets back, if there are any. Idempotent. */
  release(): Promise<void> {
    return this.#lease?.release() ?? Promise.resolve();
  }

  // --- HttpTarget -------------------------------------------------------------------------------------------------

  get server(): string {
    return this.#context.server;
  }

  /** There is one as soon as {@link open} has resolved. */
  get lease(): PoolLease {
    return this.#lease!;
  }

  get http(): ResolvedHttp {
    return this.#http;
  }

  get credentials(): CredentialSource | undefined {
    return this.#credentials;
  }

  get limits(): TransportLimits {
    return this.#context.limits;
  }

  get tally(): TransportTally | undefined {
    return this.#context.tally;
  }

  conceal(text: string): string {
    return this.#headers.conceal(this.#credentials?.conceal(text) ?? text);
  }
}

/** Settings that are complete stay one object for all servers that share them. */
function withDefaults(http: Partial<ResolvedHttp> | undefined): ResolvedHttp {
  if (http === undefined) return HTTP_DEFAULTS;
  return isComplete(http) ? http : { ...HTTP_DEFAULTS, ...http };
}

function isComplete(http: Partial<ResolvedHttp>): http is ResolvedHttp {
  return Object.keys(HTTP_DEFAULTS).every((key) => Object.hasOwn(http, key));
}

/** Reads the URL of an endpoint. @throws SignalboxError CONFIG_INVALID */
export function endpointUrl(text: string, server: string): URL {
  const problem = (why: string): SignalboxError =>
    new SignalboxError('CONFIG_INVALID', `the url ${JSON.stringify(redactUrl(text))} ${why}`, { server });
  if (!URL.canParse(text)) throw problem('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw problem('must begin with http:// or https://');
  if (url.username !== '' || url.password !== '') {
    throw problem('must not hold credentials; put them into the authorization header');
  }
  url.hash = '';
  return url;
}
