/** How TLS is set up. The files are read each time a connection is set up, so that renewed ones take effect. */
export interface TlsSettings {
  /** Certificates of the authorities to trust instead of those of Node.js: PEM text or the path of a file. */
  readonly ca?: string | undefined;
  /** Certificate that we show, with its chain: PEM text or the path of a file. Only together with `key`. */
  readonly cert?: string | undefined;
  /** Private key of `cert`: PEM text or the path of a file. */
  readonly key?: string | undefined;
  /** What `key` is encrypted with. Default: it is not. */
  readonly passphrase?: string | undefined;
  /** Oldest version that is accepted. Default `'TLSv1.2'`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** Name to ask for (SNI) and to look for in the certificate. Default: the host of the URL. */
  readonly serverName?: string | undefined;
}

/** How a server is reached over HTTP; of no effect elsewhere. */
export interface HttpSettings {
  /**
   * Sockets to one origin at most; requests beyond wait in line. Default 256; 1 to 10 000. An HTTP/1.1 exchange holds
   * a socket until it is answered, and several servers behind one origin, each with 64 calls and a stream or two that
   * stay open for hours, must not starve each other; together they stay below a file limit of 1 024 (F-113).
   */
  readonly connections?: number | undefined;
  /**
   * How long an idle socket is kept, in ms, unless the server names a time. Default 4 000; 1 to 600 000. Less than the
   * 5 s after which Node.js and uvicorn close theirs, so that a request rarely meets a closing socket (F-091).
   */
  readonly keepAliveMs?: number | undefined;
  /** Longest TCP and TLS handshake, in ms. Default 30 000; 1 to 2 147 483 647. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Silence on the stream for server messages (GET of Streamable HTTP), comments included, after which it is opened
   * again, in ms. Default 300 000; 1 to 2 147 483 647; `false`: never.
   */
  readonly streamIdleMs?: number | false | undefined;
  readonly tls?: TlsSettings | undefined;
  /**
   * Proxy to go through: an http or https URL, which may hold credentials, or `'env'` for HTTP_PROXY, HTTPS_PROXY and
   * NO_PROXY. Default `false`: the environment is not looked at.
   */
  readonly proxy?: 'env' | (string & {}) | false | undefined;
  /** Whether answers may come as gzip, deflate or brotli. Default `true`. */
  readonly compression?: boolean | undefined;
  /** Header that numbers the requests; errors tell the number as `details.requestId`. Default `'x-request-id'`; `false`: none. */
  readonly requestIdHeader?: string | false | undefined;
  /** Redirects within the origin that are followed in a row. Default 3; 1 to 20; `false`: none. */
  readonly maxRedirects?: number | false | undefined;
  /** Whether addresses of this machine and of private networks are refused, by name or by number. Default `false`. */
  readonly blockPrivate?: boolean | undefined;
}

/** {@link TlsSettings} with every key there; what is undefined is left to Node.js. */
export type ResolvedTls = { readonly [Key in keyof TlsSettings]-?: TlsSettings[Key] };

/** {@link HttpSettings} with every default filled in. */
export interface ResolvedHttp {
  readonly connections: number;
  readonly keepAliveMs: number;
  readonly connectTimeoutMs: number;
  /** Infinity: never. */
  readonly streamIdleMs: number;
  readonly tls: ResolvedTls | undefined;
  readonly proxy: string | false;
  readonly compression: boolean;
  /** In lower case. */
  readonly requestIdHeader: string | false;
  /** 0: none. */
  readonly maxRedirects: number;
  readonly blockPrivate: boolean;
}

/** What holds for an entry that says nothing. Frozen. */
export const HTTP_DEFAULTS: ResolvedHttp = Object.freeze({
  connections: 256,
  keepAliveMs: 4000,
  connectTimeoutMs: 30_000,
  streamIdleMs: 300_000,
  tls: undefined,
  proxy: false,
  compression: true,
  requestIdHeader: 'x-request-id',
  maxRedirects: 3,
  blockPrivate: false,
});

/** Fills in the defaults. Expects checked settings. */
export function resolveHttp(own: HttpSettings | undefined): ResolvedHttp {
  if (own === undefined) return HTTP_DEFAULTS;
  const defaults = HTTP_DEFAULTS;
  const { streamIdleMs, maxRedirects, tls } = own;
  return Object.freeze({
    connections: own.connections ?? defaults.connections,
    keepAliveMs: own.keepAliveMs ?? defaults.keepAliveMs,
    connectTimeoutMs: own.connectTimeoutMs ?? defaults.connectTimeoutMs,
    streamIdleMs: streamIdleMs === false ? Number.POSITIVE_INFINITY : (streamIdleMs ?? defaults.streamIdleMs),
    tls: tls === undefined ? undefined : resolveTls(tls),
    proxy: own.proxy ?? defaults.proxy,
    compression: own.compression ?? defaults.compression,
    requestIdHeader: own.requestIdHeader ?? defaults.requestIdHeader,
    maxRedirects: maxRedirects === false ? 0 : (maxRedirects ?? defaults.maxRedirects),
    blockPrivate: own.blockPrivate ?? defaults.blockPrivate,
  });
}

function resolveTls({ ca, cert, key, passphrase, minVersion, serverName }: TlsSettings): ResolvedTls {
  return Object.freeze({ ca, cert, key, passphrase, minVersion, serverName });
}

/** True for a value that is PEM itself, false for one that is the path of a file. */
export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}
