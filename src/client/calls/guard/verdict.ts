import type { SignalboxErrorCode } from '../../../core/error-codes.ts';
import { RemoteError, SignalboxError } from '../../../core/errors.ts';
import type { CallVerdict } from '../../../resilience/breaker/breaker-permit.ts';

/** Errors by which a server, or the way to it, did not do its part. */
const FAILURES: ReadonlySet<SignalboxErrorCode> = new Set<SignalboxErrorCode>([
  'CONNECTION_LOST',
  'CONNECT_FAILED',
  'CONNECT_TIMEOUT',
  'REQUEST_TIMEOUT',
  'BACKPRESSURE',
  'BAD_FRAME',
  'BAD_RESPONSE',
  'TLS_ERROR',
]);

/** Errors that are answers all the same: it is there and did its part, if not as it was wished. */
const ANSWERS: ReadonlySet<SignalboxErrorCode> = new Set<SignalboxErrorCode>([
  'BAD_MESSAGE',
  'INVALID_RESULT',
  'RATE_LIMITED',
  'SESSION_LOST',
  'AUTH_REQUIRED',
  'FORBIDDEN',
]);

/** Errors of our own side, or of a status of a REST service: then it is there, and said what is wrong. */
const BY_STATUS: ReadonlySet<SignalboxErrorCode> = new Set<SignalboxErrorCode>([
  'INVALID_ARGUMENT',
  'UNKNOWN_NAME',
]);

/**
 * What the end of a request says of its server. Failed: no connection, no answer in time, no usable answer, HTTP 5xx.
 * Succeeded: any answer, a JSON-RPC error included. Abandoned: it says nothing, as it was ended or refused on our side.
 *
 * @param error undefined if it was answered with a result
 */
export function verdictOf(error: unknown): CallVerdict {
  if (error === undefined || error instanceof RemoteError) return 'succeeded';
  if (!SignalboxError.is(error)) return 'abandoned';
  if (error.code === 'HTTP_ERROR') {
    const status = error.details['status'];
    return typeof status === 'number' && status < 500 ? 'succeeded' : 'failed';
  }
  if (BY_STATUS.has(error.code) && typeof error.details['status'] === 'number') return 'succeeded';
  if (FAILURES.has(error.code)) return 'failed';
  return ANSWERS.has(error.code) ? 'succeeded' : 'abandoned';
}
