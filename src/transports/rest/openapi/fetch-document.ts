import { abortError, onAbort } from '../../../core/abort.ts';
import { deferred } from '../../../core/deferred.ts';
import { messageWithoutHead, SignalboxError } from '../../../core/errors.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';
import { blockedLiteral } from '../../http/address-guard.ts';
import { httpError } from '../../http/exchange/http-error.ts';
import { refusalError } from '../../http/exchange/refusal.ts';
import { RequestHeaders } from '../../http/exchange/request-headers.ts';
import type { PoolCache } from '../../http/pool-cache.ts';
import type { TransportContext } from '../../transport-context.ts';
import { type RestAnswer, RestExchange, type RestTarget } from '../rest-exchange.ts';
import { type DocumentPlace, documentError } from './document-fault.ts';
import type { FetchDocument } from './load-document.ts';

/** How documents are reached. */
export interface DocumentReach {
  readonly context: TransportContext;
  /** Where the requests of the entry go, with all that it sends. */
  readonly target: RestTarget;
  readonly pools: PoolCache;
  /** Largest document, in bytes. */
  readonly maxBytes: number;
  /** Ends a fetch under way. */
  readonly signal: AbortSignal;
}

/** What only the service itself is shown, and asked for. */
const NOT_OURS = { cert: undefined, key: undefined, passphrase: undefined, serverName: undefined };

/**
 * Fetches documents by the rules of the entry: its proxy, its authorities, its guard of addresses, redirects within the origin
 * only. A document of another origin than `url` is asked for without headers, credentials and certificate of the entry.
 */
export function documentFetcher(reach: DocumentReach): FetchDocument {
  return async (url, place) => {
    if (url.origin === reach.target.lease.origin) return await fetched(url, place, ownTarget(reach), reach);
    const foreign = await foreignTarget(url, reach);
    try {
      return await fetched(url, place, foreign, reach);
    } finally {
      await foreign.lease.release();
    }
  };
}

function ownTarget({ target, maxBytes }: DocumentReach): RestTarget {
  const { server, lease, http, tally, credentials, headers } = target;
  const limits = { ...target.limits, bodyBytes: maxBytes };
  const conceal = (text: string): string => target.conceal(text);
  return { server, lease, http, limits, tally, credentials, headers, conceal };
}

async function foreignTarget(url: URL, reach: DocumentReach): Promise<RestTarget> {
  const { target, context, pools } = reach;
  const { server, limits } = context;
  const { tls } = target.http;
  const http = { ...target.http, tls: tls === undefined ? undefined : { ...tls, ...NOT_OURS } };
  const refusal = http.blockPrivate ? blockedLiteral(url.hostname) : undefined;
  if (refusal !== undefined) throw httpError(refusal, { server, origin: url.origin, sent: false });
  const lease = await pools.acquire({ server, url, http, headerBytes: limits.headerBytes });
  const headers = RequestHeaders.of(undefined, context, http.compression);
  return { ...ownTarget(reach), http, lease, headers, credentials: undefined, conceal: (text) => text };
}

async function fetched(
  url: URL,
  place: DocumentPlace,
  target: RestTarget,
  { context, signal }: DocumentReach,
): Promise<{ readonly text: string; readonly url: URL }> {
  if (signal.aborted) throw abortError(signal, context.server);
  const answer = deferred<RestAnswer>();
  const released = deferred<void>();
  const exchange = new RestExchange(
    target,
    { method: 'GET', url, headers: {}, body: undefined },
    {
      sent: () => {},
      answered: (got) => answer.resolve(got),
      broken: (error) => answer.reject(error),
      released: () => released.resolve(),
    },
  );
  const unwatch = onAbort(signal, () => {
    exchange.cancel();
    answer.reject(abortError(signal, context.server));
  });
  try {
    exchange.start();
    return textOf(await answer.promise, place, target, context);
  } catch (error) {
    throw told(error, place);
  } finally {
    unwatch();
    await released.promise;
  }
}

function textOf(
  { status, headers, body, url, requestId, more }: RestAnswer,
  place: DocumentPlace,
  target: RestTarget,
  { server, clock }: TransportContext,
): { readonly text: string; readonly url: URL } {
  if (status < 200 || status > 299) {
    const refusal = { server, status, headers, text: body.toString('utf8'), requestId, more };
    const conceal = (said: string): string => target.conceal(said);
    throw refusalError({ ...refusal, wallNowMs: clock.wallNow(), conceal });
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(body), url };
  } catch (cause) {
    throw documentError(place, { message: 'is not UTF-8 text', cause });
  }
}

/** The error of the exchange, saying that it is about the document: its code, and what to do, stay the same. */
function told(error: unknown, { server, shown }: DocumentPlace): unknown {
  if (!SignalboxError.is(error) || error.code === 'CONFIG_INVALID' || error.code === 'REQUEST_ABORTED')
    return error;
  const { code, retryable, details } = error;
  const document = sanitizePeerText(shown, 200);
  const what =
    error.code === 'BODY_TOO_LARGE' ? `it is larger than limits.documentBytes` : messageWithoutHead(error);
  return new SignalboxError(code, `the OpenAPI document ${document} could not be fetched: ${what}`, {
    server,
    retryable,
    cause: error,
    details: { ...details, document },
  });
}
