import type { SignalboxErrorCode } from '../../../core/error-codes.ts';
import { type Delivery, messageOf, SignalboxError } from '../../../core/errors.ts';

/** Where and when an exchange failed. */
export interface HttpFailure {
  readonly server: string;
  /** `scheme://host:port` */
  readonly origin: string;
  /** The request was handed to a socket. */
  readonly sent: boolean;
}

/** Certificate faults by Node's names, besides those that begin with `CERT_`, `ERR_TLS_` or `ERR_SSL_`. */
const TLS_CODES: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'EPROTO',
]);

/** The one place where an error of Node or undici becomes one of ours. */
export function httpError(error: unknown, failure: HttpFailure): SignalboxError {
  if (SignalboxError.is(error)) return error;
  const reason = codeOf(error);
  const made = (code: SignalboxErrorCode, message: string, delivered: Delivery): SignalboxError =>
    new SignalboxError(code, message, {
      server: failure.server,
      delivered,
      cause: error,
      details: { reason, origin: failure.origin },
    });
  const { origin, sent } = failure;
  const unknown: Delivery = sent ? 'unknown' : 'no';
  if (isTlsCode(reason)) {
    return made(
      'TLS_ERROR',
      `TLS with ${origin} failed (${reason}): ${messageOf(error)}; correct the certificate or the URL, or trust ` +
        'the issuer through NODE_EXTRA_CA_CERTS',
      unknown,
    );
  }
  if (reason === 'UND_ERR_CONNECT_TIMEOUT') {
    return made('CONNECT_TIMEOUT', `${origin} did not accept a connection in time; is it reachable?`, 'no');
  }
  if (reason === 'UND_ERR_DESTROYED' || reason === 'UND_ERR_CLOSED') {
    return made('CONNECTION_CLOSED', 'the connection pool was closed on our side', unknown);
  }
  if (reason === 'UND_ERR_INVALID_ARG') {
    return made(
      'INVALID_ARGUMENT',
      `the request cannot be sent: ${messageOf(error)}; check the headers`,
      'no',
    );
  }
  if (reason === 'UND_ERR_HEADERS_OVERFLOW') {
    return made('BAD_RESPONSE', 'the header block of the answer is larger than limits.headerBytes', unknown);
  }
  if (isParserError(error) && !endedEarly(error)) {
    return made('BAD_RESPONSE', `${origin} does not answer in HTTP/1.1; check the URL`, unknown);
  }
  if (!sent) {
    return made('CONNECT_FAILED', `cannot connect to ${origin} (${reason}); is the server running?`, 'no');
  }
  return made(
    'CONNECTION_LOST',
    `the connection to ${origin} broke before the answer (${reason})`,
    'unknown',
  );
}

function isParserError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'HTTPParserError';
}

/**
 * The parser also complains when the stream ends within a body: that is a lost connection, not a malformed answer
 * (F-073). undici gives its parser errors no usable code; those at the end are told by having no bytes to blame.
 */
function endedEarly(error: Error & { readonly data?: unknown }): boolean {
  return error.data === undefined || error.data === '';
}

function codeOf(error: unknown): string {
  const code: unknown = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : 'unknown reason';
}

function isTlsCode(code: string): boolean {
  return /^(?:CERT_|ERR_TLS_|ERR_SSL_)/u.test(code) || TLS_CODES.has(code);
}
