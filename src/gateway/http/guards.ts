import type { IncomingHttpHeaders } from 'node:http';

export interface GuardOptions {
  /** Port that the gateway listens on. */
  readonly port: number;
  /** Address that it listens on. */
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

const HTTP_PORT = 80;
const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Who may call at all (S12). A web page can make a browser send requests to loopback, and a name can be made to lead
 * there; neither can choose the `Host` or the `Origin` that the browser adds.
 */
export class Guards {
  readonly #hosts: Set<string> = new Set();
  readonly #origins: Set<string>;

  constructor(options: GuardOptions) {
    const { port, host, allowedHosts, allowedOrigins } = options;
    this.#origins = new Set(allowedOrigins);
    const own = host.includes(':') ? `[${host}]` : host;
    // A wildcard is no name of this machine.
    const names = host === '0.0.0.0' || host === '::' ? LOOPBACK : [...LOOPBACK, own];
    for (const name of names) {
      this.#hosts.add(`${name}:${port}`);
      this.#origins.add(`http://${name}:${port}`);
      if (port !== HTTP_PORT) continue;
      this.#hosts.add(name);
      this.#origins.add(`http://${name}`);
    }
    for (const allowed of allowedHosts) this.#hosts.add(allowed);
  }

  /** Why a request is refused; undefined if it is not. */
  refusal(headers: IncomingHttpHeaders): string | undefined {
    const { host, origin } = headers;
    if (host === undefined || !this.#isAllowedHost(host.toLowerCase())) {
      return 'the Host header is not on the list of allowed hosts';
    }
    if (origin !== undefined && !this.#origins.has(origin.toLowerCase())) {
      return 'the Origin header is not on the list of allowed origins';
    }
    return undefined;
  }

  /** A configured name without port stands for every port. */
  #isAllowedHost(host: string): boolean {
    return this.#hosts.has(host) || this.#hosts.has(host.replace(/:\d{1,5}$/u, ''));
  }
}
