import { validateHeaderName, validateHeaderValue } from 'node:http';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { HttpMethod } from '../http/exchange/http-request.ts';

/** What a request carries. */
export interface RestBody {
  /** Text is sent as UTF-8. */
  readonly content: string | Uint8Array;
  /** Its `content-type`, with parameters where it needs some. */
  readonly type: string;
}

/**
 * One HTTP request to a REST service, as an endpoint map or an OpenAPI operation makes it of the arguments of a call.
 * Whoever sends it adds credentials, the headers of the entry, the request id and what HTTP itself needs.
 */
export interface RestRequest {
  readonly method: HttpMethod;
  /** Complete, with its query, and of the origin of the entry's `url`: credentials go nowhere else. No fragment. */
  readonly url: URL;
  /**
   * Names in lower case. They never win over a header of the entry or a credential, as their values may come from
   * arguments; names that HTTP, the protocol or the login needs are refused.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** Cookies that are parameters of an operation, encoded. A cookie of the entry or of the login wins over all of them. */
  readonly cookie?: string | undefined;
  readonly body: RestBody | undefined;
}

/** Headers that HTTP needs for itself, or that prove who we are. */
const RESTRICTED: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Why a request must not bring this header, in a few words without its value; undefined if it may. */
export function restrictedHeader(
  name: string,
  value: string,
  requestIdHeader: string | false,
): string | undefined {
  if (RESTRICTED.has(name) || name === requestIdHeader) return `the header "${name}" is not its to set`;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    return `its header ${JSON.stringify(sanitizePeerText(name, 60))} has a name or a value that HTTP does not allow`;
  }
  return undefined;
}
