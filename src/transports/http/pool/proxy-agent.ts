import type { LookupFunction, Socket } from 'node:net';
import { type buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';
import { proxyConnector } from './connectors.ts';
import { poolOptions } from './pool-options.ts';
import type { PoolSettings } from './pool-settings.ts';

/** The proxy, not the server, is what failed. Its message holds no credentials. */
export class ProxyError extends Error {
  readonly code = 'PROXY_FAILED';
  /** What the proxy answered; undefined if it did not. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
  }
}

type Connect = (options: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData>;

/** Goes through a proxy: https as a tunnel (CONNECT), http by the whole URL in the request line. */
export function createProxyAgent(
  settings: PoolSettings,
  proxy: URL,
  lookup: LookupFunction | undefined,
  sockets: Set<Socket>,
): ProxyAgent {
  const { tls, connectTimeoutMs } = settings;
  const toProxy = proxyConnector(settings, lookup, sockets);
  const forwards = settings.origin.startsWith('http:') && proxy.protocol === 'http:';
  const token = credentials(proxy);
  return new ProxyAgent({
    uri: proxy.origin,
    proxyTunnel: false,
    ...(token === undefined ? {} : { token }),
    requestTls: {
      timeout: connectTimeoutMs,
      ...(tls === undefined ? {} : { secureContext: tls.secureContext }),
      ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
    },
    clientFactory: (origin) => tunnelPool(origin, toProxy, connectTimeoutMs),
    factory: (origin, options) => {
      const { connect } = options as { connect: buildConnector.connector };
      return new Pool(origin, { ...poolOptions(settings), connect: forwards ? toProxy : connect });
    },
  });
}

/** Whom tunnels are asked for. */
function tunnelPool(origin: URL, connect: buildConnector.connector, timeoutMs: number): Pool {
  const pool = new Pool(origin, { connect, headersTimeout: Math.ceil(timeoutMs) });
  const ask = pool.connect.bind(pool);
  const checked: Connect = async (options) => {
    let answer: Dispatcher.ConnectData;
    try {
      answer = await ask(options);
    } catch (cause) {
      // undici would take its own socket errors for a fault of an idle socket, and dial again without end.
      throw new ProxyError(`no answer (${codeOf(cause)})`, undefined, cause);
    }
    const { statusCode, socket } = answer;
    if (statusCode === 200) return answer;
    socket.on('error', () => {}).destroy();
    throw new ProxyError(`it answered HTTP ${statusCode}`, statusCode);
  };
  return Object.assign(pool, { connect: checked });
}

function credentials({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${unescaped(username)}:${unescaped(password)}`).toString('base64')}`;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function codeOf(cause: unknown): string {
  const code: unknown = (cause as { code?: unknown }).code;
  return typeof code === 'string' ? code : 'unknown reason';
}
