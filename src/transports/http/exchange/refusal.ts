import type { SignalboxErrorCode } from '../../../core/error-codes.ts';
import { type Delivery, SignalboxError } from '../../../core/errors.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';
import { withRequestId } from './request-id.ts';
import { firstHeader, joinedHeader, type ResponseHeaders } from './response-headers.ts';
import { parseRetryAfter } from './retry-after.ts';

/** How much of the body of a refusal is read, in bytes; the rest is cut off. */
export const REFUSAL_BYTES = 64 * 1024;

const MAX_CHALLENGE_LENGTH = 2048;

/** An answer whose status says no. */
export interface Refusal {
  readonly server: string;
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** Body, cut at {@link REFUSAL_BYTES}, not sanitised. */
  readonly text: string;
  /** The wall clock in ms since the epoch, for `Retry-After` dates. */
  readonly wallNowMs: number;
  readonly requestId: string | undefined;
  /** Takes out what we sent: servers like to repeat credentials. */
  readonly conceal: (text: string) => string;
  /** What is known beside it. */
  readonly more: Readonly<Record<string, unknown>> | undefined;
}

/** The typed error for an HTTP status outside of 2xx (F-076, F-077). */
export function refusalError(refusal: Refusal): SignalboxError {
  const { server, status, headers } = refusal;
  const said = sanitizePeerText(refusal.conceal(refusal.text));
  const tail = said === '' ? '' : `: ${said}`;
  const details: Record<string, unknown> = withRequestId({ ...refusal.more, status }, refusal.requestId);
  const retryAfterMs = parseRetryAfter(firstHeader(headers, 'retry-after'), refusal.wallNowMs);
  if (retryAfterMs !== undefined) details['retryAfterMs'] = retryAfterMs;
  const made = (code: SignalboxErrorCode, message: string, retryable?: boolean): SignalboxError =>
    new SignalboxError(code, `${message}${tail}`, {
      server,
      delivered: deliveryOf(status),
      details,
      ...(retryable === undefined ? {} : { retryable }),
    });
  if (status === 401 || status === 403) {
    const challenge = joinedHeader(headers, 'www-authenticate');
    if (challenge !== undefined) {
      details['wwwAuthenticate'] = refusal.conceal(challenge).slice(0, MAX_CHALLENGE_LENGTH);
    }
    return status === 401
      ? made(
          'AUTH_REQUIRED',
          'the server wants a credential (HTTP 401); log in or set the authorization header',
        )
      : made('FORBIDDEN', 'the credential does not allow this (HTTP 403); check its scopes');
  }
  if (status === 429) {
    const wait = retryAfterMs === undefined ? '' : `, next attempt in ${Math.ceil(retryAfterMs / 1000)} s`;
    return made('RATE_LIMITED', `the server asks to slow down (HTTP 429)${wait}`);
  }
  return made('HTTP_ERROR', `the server answered HTTP ${status}`, isPassing(status));
}

/** Refused by status 4xx is refused before anything happened; after a 5xx nobody knows. */
function deliveryOf(status: number): Delivery {
  return status >= 400 && status < 500 ? 'no' : 'unknown';
}

/** 408 and 425 ask for another attempt (F-078); of the 5xx only 501 and 505 are for good. */
function isPassing(status: number): boolean {
  return status === 408 || status === 425 || (status >= 500 && status !== 501 && status !== 505);
}
