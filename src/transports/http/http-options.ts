import type { CredentialSource } from '../../auth/credential-source.ts';
import { HTTP_DEFAULTS, type ResolvedHttp } from '../../config/http-settings.ts';
import { SignalboxError } from '../../core/errors.ts';
import { redactUrl } from '../../core/redact.ts';
import type { TransportContext } from '../transport-context.ts';
import type { HttpTarget } from './exchange/http-request.ts';
import { RequestHeaders } from './exchange/request-headers.ts';
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

/** A server behind a URL, checked and with its defaults: what both HTTP transports begin with. */
export class HttpEndpoint {
  readonly url: URL;
  readonly headers: RequestHeaders;
  readonly #http: ResolvedHttp;
  readonly #credentials: CredentialSource | undefined;
  readonly #context: TransportContext;
  readonly #pools: PoolCache;

  /** @throws SignalboxError CONFIG_INVALID if the URL or a header cannot be used */
  constructor(options: HttpTransportOptions, context: TransportContext, pools: PoolCache) {
    this.#context = context;
    this.#pools = pools;
    this.url = endpointUrl(options.url, context.server);
    this.#http = { ...HTTP_DEFAULTS, ...options.http };
    this.#credentials = options.credentials;
    this.headers = new RequestHeaders(options.headers ?? {}, context, this.#http.compression);
  }

  /**
   * Where requests go: reads the files that `http.tls` names, and opens no socket. The lease is the caller's to release.
   * @throws SignalboxError CONFIG_INVALID
   */
  async target(): Promise<HttpTarget> {
    const { server, limits, tally } = this.#context;
    const { headers, url } = this;
    const http = this.#http;
    const credentials = this.#credentials;
    const lease = await this.#pools.acquire({ server, url, http, headerBytes: limits.headerBytes });
    const conceal = (text: string): string => headers.conceal(credentials?.conceal(text) ?? text);
    return { server, lease, http, limits, tally, credentials, conceal };
  }
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
