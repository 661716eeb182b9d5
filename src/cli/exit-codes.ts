import { RemoteError, SignalboxError } from '../core/errors.ts';
import type { InterruptionCause } from './interruption.ts';

/** What the command line ends with. 0 to 5 mean what they mean in MCP Inspector; `docs/cli.md` has the table. */
export const EXIT = {
  ok: 0,
  /** The command line or the configuration is wrong. */
  usage: 1,
  /** No server, tool or resource of that name. */
  notFound: 2,
  /** A credential is missing or not sufficient, or somebody has to approve a tool first. */
  auth: 3,
  /** A server could not be reached; for lists: at least one of them. */
  unreachable: 4,
  /** The tool failed, or the server answered with an error or with something unusable. */
  serverError: 5,
  rateLimited: 6,
  circuitOpen: 7,
  /** The request was sent and no answer came: it may have been executed. */
  outcomeUnknown: 8,
  /** A defect in Signalbox. */
  internal: 70,
  /** Ctrl-C; other signals end with 128 + their number. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT] | 129 | 143;

/** Codes of errors, where `delivered` does not say that the outcome is unknown. */
const BY_ERROR_CODE: ReadonlyMap<string, ExitCode> = new Map<string, ExitCode>([
  ['CONFIG_INVALID', EXIT.usage],
  ['INVALID_ARGUMENT', EXIT.usage],
  ['ALREADY_REGISTERED', EXIT.usage],
  ['LISTEN_FAILED', EXIT.usage],
  ['UNKNOWN_SERVER', EXIT.notFound],
  ['UNKNOWN_NAME', EXIT.notFound],
  // It is there, and must not be used without somebody's word.
  ['TOOL_BLOCKED', EXIT.auth],
  ['AUTH_REQUIRED', EXIT.auth],
  ['NEEDS_APPROVAL', EXIT.auth],
  ['AUTH_FAILED', EXIT.auth],
  ['FORBIDDEN', EXIT.auth],
  ['SPAWN_FAILED', EXIT.unreachable],
  ['LAUNCH_FAILED', EXIT.unreachable],
  ['CONNECT_FAILED', EXIT.unreachable],
  ['CONNECT_TIMEOUT', EXIT.unreachable],
  ['PROTOCOL_UNSUPPORTED', EXIT.unreachable],
  ['CONNECTION_LOST', EXIT.unreachable],
  ['CONNECTION_CLOSED', EXIT.unreachable],
  ['SESSION_LOST', EXIT.unreachable],
  ['RESTART_LIMIT', EXIT.unreachable],
  ['REQUEST_TIMEOUT', EXIT.unreachable],
  ['BACKPRESSURE', EXIT.unreachable],
  ['SERVER_UNAVAILABLE', EXIT.unreachable],
  ['TLS_ERROR', EXIT.unreachable],
  ['REDIRECT_REFUSED', EXIT.unreachable],
  ['ENDPOINT_REFUSED', EXIT.unreachable],
  ['FRAME_TOO_LARGE', EXIT.serverError],
  ['BODY_TOO_LARGE', EXIT.serverError],
  ['BAD_FRAME', EXIT.serverError],
  ['BAD_MESSAGE', EXIT.serverError],
  ['BAD_RESPONSE', EXIT.serverError],
  ['INVALID_RESULT', EXIT.serverError],
  ['INPUT_REQUIRED', EXIT.serverError],
  ['INPUT_REFUSED', EXIT.serverError],
  ['TASK_CANCELLED', EXIT.serverError],
  ['TASK_EXPIRED', EXIT.serverError],
  ['HTTP_ERROR', EXIT.serverError],
  ['NOT_SUPPORTED', EXIT.serverError],
  ['OUTCOME_UNKNOWN', EXIT.outcomeUnknown],
  ['RATE_LIMITED', EXIT.rateLimited],
  ['OVERLOADED', EXIT.rateLimited],
  ['CIRCUIT_OPEN', EXIT.circuitOpen],
  ['REQUEST_ABORTED', EXIT.interrupted],
  ['ILLEGAL_TRANSITION', EXIT.internal],
  ['INTERNAL', EXIT.internal],
]);

/** The exit code that belongs to what a command threw. */
export function exitCodeOf(thrown: unknown): ExitCode {
  if (thrown instanceof RemoteError) return EXIT.serverError;
  if (!SignalboxError.is(thrown)) return EXIT.internal;
  const byCode = BY_ERROR_CODE.get(thrown.code) ?? EXIT.internal;
  const isOurs = byCode === EXIT.internal || byCode === EXIT.interrupted;
  return thrown.delivered === 'unknown' && !isOurs ? EXIT.outcomeUnknown : byCode;
}

/** True if the code of an error has an exit code of its own; a test asks it for all of them. */
export function hasExitCode(errorCode: string): boolean {
  return BY_ERROR_CODE.has(errorCode);
}

/** The exit code of a command that was interrupted before its end. */
export function exitCodeOfInterruption(cause: InterruptionCause): ExitCode {
  switch (cause) {
    case 'SIGINT':
      return EXIT.interrupted;
    case 'SIGTERM':
      return 143;
    case 'SIGHUP':
      return 129;
    case 'EPIPE':
      // As with `head`: the reader had enough, which is no fault.
      return EXIT.ok;
  }
}
