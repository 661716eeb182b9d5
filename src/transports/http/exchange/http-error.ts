import type { SignalboxErrorCode } from '../../../core/error-codes.ts';
import { type Delivery, messageOf, SignalboxError } from '../../../core/errors.ts';
import { ProxyError } from '../pool/proxy-agent.ts';
import { withRequestId } from './request-id.ts';

/** Where and when an exchange failed. */
export interface HttpFailure {
  readonly server: string;
  /** `scheme://host:port` */
  readonly origin: string;
  /** The proxy in between, without credentials. */
  readonly proxy?: string | undefined;
  readonly requestId?: string | undefined;
  /** The request was handed to a socket. */
  readonly sent: boolean;
}

/** What a socket says that was closed under its user. */
const CLOSED_SOCKET: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/**
 * True if a socket that stood idle was closed before the request was written on it, or before all of it was: the
 * server cannot have executed what it did not receive (F-091). Only a failed `write` proves that of a request that was
 * begun; where TLS is in between, the write may be one of its own.
 */
export function isUnwritten(error: unknown, sent: boolean, origin: string): boolean {
  if (!CLOSED_SOCKET.has(codeOf(error))) return false;
  const syscall: unknown = (error as { syscall?: unknown }).syscall;
  if (!sent) return syscall === 'read' || syscall === 'write';
  return syscall === 'write' && origin.startsWith('http:');
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
  const { origin, sent, proxy } = failure;
  const reason = codeOf(error);
  const made = (
    code: SignalboxErrorCode,
    message: string,
    delivered: Delivery,
    retryable?: boolean,
  ): SignalboxError =>
    new SignalboxError(code, message, {
      server: failure.server,
      delivered,
      ...(retryable === undefined ? {} : { retryable }),
      cause: error,
      details: withRequestId(
        { reason, origin: failure.origin, ...(proxy === undefined ? {} : { proxy }) },
        failure.requestId,
      ),
    });
  const unknown: Delivery = sent ? 'unknown' : 'no';
  const refusal = proxy === undefined ? undefined : proxyRefusal(error);
  if (refusal !== undefined) {
    const cure = refusal.status === 407 ? 'set its user and password' : 'check "x-signalbox.http.proxy"';
    const passing = refusal.status === undefined || refusal.status >= 500;
    return made(
      'CONNECT_FAILED',
      `the proxy ${proxy} does not connect us: ${refusal.what}; ${cure}`,
      'no',
      passing,
    );
  }
  if (reason === 'ADDRESS_BLOCKED') {
    const why = `${messageOf(error)}; "x-signalbox.http.blockPrivate" refuses it`;
    return made('CONNECT_FAILED', `cannot connect to ${origin}: ${why}`, 'no', false);
  }
  if (isTlsCode(reason)) {
    return made(
      'TLS_ERROR',
      `TLS with ${origin} failed (${reason}): ${messageOf(error)}; correct the certificate or the URL, or trust ` +
        'its issuer with "x-signalbox.http.tls.ca"',
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
  if ((isParserError(error) && !endedEarly(error)) || isUnasked(error)) {
    return made('BAD_RESPONSE', `${origin} does not answer in HTTP/1.1; check the URL`, unknown);
  }
  if (!sent) {
    const via = proxy === undefined ? '; is the server running?' : ` through the proxy ${proxy}`;
    return made('CONNECT_FAILED', `cannot connect to ${origin} (${reason})${via}`, 'no');
  }
  return made(
    'CONNECTION_LOST',
    `the connection to ${origin} broke before the answer (${reason})`,
    'unknown',
  );
}

/** What a proxy said instead of connecting us. */
function proxyRefusal(error: unknown): { what: string; status: number | undefined } | undefined {
  if (error instanceof ProxyError) return { what: error.message, status: error.status };
  // undici's word for it where requests are forwarded without a tunnel; there is no code of its own.
  const isChallenge = error instanceof Error && error.message === 'Proxy Authentication Required (407)';
  return isChallenge ? { what: 'it answered HTTP 407', status: 407 } : undefined;
}

/** undici's word for an answer that nobody may give: "100 Continue", as nothing was expected, or "101 Switching". */
function isUnasked(error: unknown): boolean {
  if (!(error instanceof Error) || codeOf(error) !== 'UND_ERR_SOCKET') return false;
  return error.message === 'bad response' || error.message === 'bad upgrade';
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
