import { SignalboxError } from '../../../core/errors.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';
import { redactUrl } from '../../../core/redact.ts';
import { withRequestId } from './request-id.ts';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** These keep the method and the body; for the others a POST would silently become a GET (F-081). */
const METHOD_PRESERVING: ReadonlySet<number> = new Set([307, 308]);

/** A redirect that the server asks for. */
export interface RedirectRequest {
  readonly server: string;
  readonly method: string;
  readonly status: number;
  /** The URL that answered. */
  readonly from: URL;
  readonly location: string | undefined;
  /** How many were followed already. */
  readonly hops: number;
  /** How many are followed in a row. */
  readonly maxHops: number;
  readonly requestId: string | undefined;
}

/** True for the status codes that send a client elsewhere. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * Where to ask again, or why not. Only the same origin is followed: credentials never leave it (F-082, S07), not
 * even from http to https on the same host. No specification asks for that upgrade, and it would hide from its owner
 * that every first request sends its secrets in the clear.
 */
export function redirectTarget(request: RedirectRequest): URL | SignalboxError {
  const { method, status, from, location, hops, maxHops } = request;
  const target =
    location === undefined || !URL.canParse(location, from.href) ? undefined : new URL(location, from);
  if (target === undefined) return refused(request, 'names no usable target', undefined);
  if (target.origin !== from.origin) return refused(request, 'leads to another origin', target);
  if (target.username !== '' || target.password !== '')
    return refused(request, 'carries credentials', target);
  if (method !== 'GET' && method !== 'HEAD' && !METHOD_PRESERVING.has(status)) {
    return refused(request, `would turn the ${method} into a GET`, target);
  }
  if (hops >= maxHops) return refused(request, maxHops === 0 ? 'is unwanted' : 'is one too many', target);
  return target;
}

function refused(request: RedirectRequest, why: string, target: URL | undefined): SignalboxError {
  const hint = target === undefined ? undefined : sanitizePeerText(redactUrl(target.href));
  return new SignalboxError(
    'REDIRECT_REFUSED',
    `the redirect (HTTP ${request.status})${hint === undefined ? '' : ` to ${hint}`} ${why}; ` +
      'set the final URL in the configuration',
    {
      server: request.server,
      details: withRequestId(
        { status: request.status, ...(hint === undefined ? {} : { location: hint }) },
        request.requestId,
      ),
    },
  );
}
