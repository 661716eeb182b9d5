import type { SignalboxErrorCode } from '../../core/error-codes.ts';
import { type Delivery, messageOf, SignalboxError } from '../../core/errors.ts';
import { isObject } from '../../wire/json-rpc.ts';

/** Codes of Node.js for a connection that never came about: nothing was sent on it. */
const NEVER_CONNECTED: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const NOT_CONNECTED = 'NOT_CONNECTED';

/** The HTTP status that an error of an official HTTP transport is about: 2.x has it in `data`, 1.x as its `code`. */
export function statusOf(error: unknown): number | undefined {
  if (!isObject(error)) return undefined;
  const data = error['data'];
  const status = isObject(data) ? data['status'] : error['code'];
  const isStatus = typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599;
  return isStatus ? status : undefined;
}

/** The body that came with the status, where the transport hands it on. */
export function bodyOf(error: unknown): string | undefined {
  const data = isObject(error) ? error['data'] : undefined;
  const text = isObject(data) ? data['text'] : undefined;
  return typeof text === 'string' ? text : undefined;
}

/** What an official transport failed to send with, as one of our errors. */
export function sendError(cause: unknown, server: string, isSessionLost: boolean): SignalboxError {
  if (SignalboxError.is(cause)) return cause;
  const status = statusOf(cause);
  if (status !== undefined) return statusError(status, server, isSessionLost, cause);
  const name = cause instanceof Error ? cause.name : '';
  const failed = (code: SignalboxErrorCode, delivered: Delivery) =>
    new SignalboxError(code, messageOf(cause), { server, delivered, cause });
  if (name === 'UnauthorizedError') return failed('AUTH_REQUIRED', 'no');
  const nodeCode = codeOf(cause) ?? codeOf(isObject(cause) ? cause['cause'] : undefined);
  if (NEVER_CONNECTED.has(nodeCode)) return failed('CONNECT_FAILED', 'no');
  if (nodeCode === NOT_CONNECTED || messageOf(cause) === 'Not connected')
    return failed('CONNECTION_CLOSED', 'no');
  if (name === 'AbortError') return failed('CONNECTION_CLOSED', 'unknown');
  // What is not about the connection is about what came over it: a content type, JSON, the shape of a message.
  const isNetwork = name === 'TypeError' || nodeCode !== undefined;
  return failed(isNetwork && !isSdkError(cause) ? 'CONNECTION_LOST' : 'BAD_RESPONSE', 'unknown');
}

/** What an official transport failed to start with, as one of our errors. */
export function startError(cause: unknown, server: string): SignalboxError {
  if (SignalboxError.is(cause)) return cause;
  const status = statusOf(cause);
  if (status !== undefined) return statusError(status, server, false, cause);
  if (cause instanceof Error && cause.name === 'UnauthorizedError') {
    return new SignalboxError('AUTH_REQUIRED', messageOf(cause), { server, cause });
  }
  const isProgramMissing =
    isObject(cause) && typeof cause['syscall'] === 'string' && cause['syscall'].startsWith('spawn');
  const code = isProgramMissing ? 'SPAWN_FAILED' : 'CONNECT_FAILED';
  return new SignalboxError(code, messageOf(cause), { server, cause });
}

function statusError(status: number, server: string, isSessionLost: boolean, cause: unknown): SignalboxError {
  const make = (code: SignalboxErrorCode, what: string, delivered: Delivery, retryable?: boolean) =>
    new SignalboxError(code, `${what} (HTTP ${status})`, {
      server,
      delivered,
      retryable,
      cause,
      details: { status },
    });
  if (isSessionLost) return make('SESSION_LOST', 'the server no longer knows the session', 'no');
  switch (status) {
    case 401:
      return make('AUTH_REQUIRED', 'the server wants a credential', 'no');
    case 403:
      return make('FORBIDDEN', 'the credential does not allow this', 'no');
    case 429:
      return make('RATE_LIMITED', 'the server asks to slow down', 'no');
    default:
  }
  // A server that fails may have done what it was asked; one that refuses has not.
  const isFailure = status >= 500;
  return make('HTTP_ERROR', 'the server answered with an error', isFailure ? 'unknown' : 'no', isFailure);
}

function codeOf(error: unknown): string | undefined {
  const code = isObject(error) ? error['code'] : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Its codes are words of the SDK, not of the network. */
function isSdkError(error: unknown): boolean {
  return error instanceof Error && error.name.startsWith('Sdk');
}
