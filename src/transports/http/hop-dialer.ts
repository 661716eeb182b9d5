import type { Hop, HopAnswer, HopDialer } from '../../auth/oauth/guarded-fetch.ts';
import type { HopReach } from '../../auth/oauth/hop-policy.ts';
import type { ResolvedHttp } from '../../config/http-settings.ts';
import { deferred } from '../../core/deferred.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { TransportContext } from '../transport-context.ts';
import { blockedLiteral } from './address-guard.ts';
import { BodyCollector } from './exchange/body-collector.ts';
import { HttpCall } from './exchange/http-call.ts';
import { httpError } from './exchange/http-error.ts';
import type { HttpRequest, HttpTarget } from './exchange/http-request.ts';
import type { ResponseHeaders } from './exchange/response-headers.ts';
import type { PoolCache } from './pool-cache.ts';

/** Largest answer of an authorization server, in bytes. */
const MAX_BODY = 1024 * 1024;
/** Longest hop, connecting included, in ms. */
const HOP_MS = 20_000;

/**
 * Makes the hops to authorization servers over the pools of the transports, so with the proxy and the trusted authorities of
 * the server that they are made for. Addresses are checked when they are connected to, and redirects stay within the origin (S06).
 */
export function hopDialer(
  context: TransportContext,
  serverUrl: URL,
  own: ResolvedHttp,
  pools: PoolCache,
): HopDialer {
  const elsewhere: ResolvedHttp = {
    ...own,
    tls: own.tls === undefined ? undefined : { ...own.tls, ...NOT_OURS },
  };
  return async (hop, reach) => {
    const http = hop.url.origin === serverUrl.origin ? own : elsewhere;
    const { server, limits } = context;
    const vetted = reach === 'public';
    refuseLiteral(hop.url, reach, server);
    const request = { server, url: hop.url, http, headerBytes: limits.headerBytes, vetted };
    const lease = await pools.acquire(request);
    const plain = { tally: undefined, credentials: undefined, conceal: (text: string): string => text };
    const target: HttpTarget = { server, lease, http, limits, ...plain };
    const call = new HopCall(target, requestOf(hop), server);
    const timer = context.clock.setTimeout(() => call.giveUp(), HOP_MS);
    try {
      call.start();
      return await call.answer;
    } finally {
      timer.cancel();
      await lease.release();
    }
  };
}

/** What only the server itself is shown, and asked for. */
const NOT_OURS = { cert: undefined, key: undefined, passphrase: undefined, serverName: undefined };

function refuseLiteral(url: URL, reach: HopReach, server: string): void {
  const refusal = reach === 'public' ? blockedLiteral(url.hostname) : undefined;
  if (refusal === undefined) return;
  throw httpError(refusal, { server, origin: url.origin, sent: false });
}

function requestOf({ method, url, headers, body }: Hop): HttpRequest {
  const list = Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value]);
  return { method, url, headers: ['accept-encoding', 'identity', ...list], body: body ?? null };
}

/** One hop: its answer is kept as a whole. */
class HopCall extends HttpCall {
  readonly #server: string;
  readonly #answer = deferred<HopAnswer>();
  readonly #body = new BodyCollector(MAX_BODY);
  #status = 0;
  #headers: ResponseHeaders = {};

  constructor(target: HttpTarget, request: HttpRequest, server: string) {
    super(target, request);
    this.#server = server;
    this.#answer.promise.catch(() => undefined);
  }

  get answer(): Promise<HopAnswer> {
    return this.#answer.promise;
  }

  giveUp(): void {
    const message = `${this.url.origin} did not answer within ${HOP_MS} ms`;
    this.fail(new SignalboxError('CONNECT_TIMEOUT', message, { server: this.#server }));
  }

  protected override handleHead(status: number, headers: ResponseHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  protected override handleData(chunk: Buffer): void {
    if (this.#body.push(chunk)) return;
    const message = `${this.url.origin} sent more than ${MAX_BODY} bytes`;
    this.fail(new SignalboxError('BODY_TOO_LARGE', message, { server: this.#server }));
  }

  protected override handleEnd(): void {
    this.#answer.resolve({ status: this.#status, headers: this.#headers, text: this.#body.text() });
  }

  protected override handleBroken(error: SignalboxError): void {
    this.#answer.reject(error);
  }
}
