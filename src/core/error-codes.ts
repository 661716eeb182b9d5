/** Stable code of a `SignalboxError`; `docs/errors.md` tells cause and cure of each. */
export type SignalboxErrorCode =
  /** A configuration file or an option is wrong. */
  | 'CONFIG_INVALID'
  /** An argument of an API call is wrong. */
  | 'INVALID_ARGUMENT'
  /** What would be started is not what was agreed to. */
  | 'NEEDS_APPROVAL'
  /** The process of a server could not be started. */
  | 'SPAWN_FAILED'
  /** A server that Signalbox launches never became ready. */
  | 'LAUNCH_FAILED'
  /** No connection could be established. */
  | 'CONNECT_FAILED'
  /** The gateway could not listen on its address. */
  | 'LISTEN_FAILED'
  /** The connection was not set up within `timeouts.connect`. */
  | 'CONNECT_TIMEOUT'
  /** Client and server share no protocol version. */
  | 'PROTOCOL_UNSUPPORTED'
  /** An established connection ended while it was needed. */
  | 'CONNECTION_LOST'
  /** The client was disconnected, or is shutting down, on our own side. */
  | 'CONNECTION_CLOSED'
  /** A tool was called and no answer came: it may have been executed. The cause tells what happened. */
  | 'OUTCOME_UNKNOWN'
  /** The server no longer knows the session; nothing was executed. */
  | 'SESSION_LOST'
  /** The server kept dying or refusing; automatic attempts have stopped. */
  | 'RESTART_LIMIT'
  /** No answer within the time allowed for the request. */
  | 'REQUEST_TIMEOUT'
  /** The caller's AbortSignal fired. */
  | 'REQUEST_ABORTED'
  /** The server does not read; the queue of outgoing bytes is full. */
  | 'BACKPRESSURE'
  /** A line, an SSE event or a field was larger than its limit. */
  | 'FRAME_TOO_LARGE'
  /** An HTTP body was larger than its limit. */
  | 'BODY_TOO_LARGE'
  /** Too many unreadable frames in a row. */
  | 'BAD_FRAME'
  /** A message broke the rules of JSON-RPC. */
  | 'BAD_MESSAGE'
  /** An HTTP exchange ended without a usable answer. */
  | 'BAD_RESPONSE'
  /** A result lacks what its method requires, or has a `resultType` that nobody here understands. */
  | 'INVALID_RESULT'
  /** The server wants input (MRTR) and no handler can give it. */
  | 'INPUT_REQUIRED'
  /** The server wanted input, and the person or the handler asked did not give it. */
  | 'INPUT_REFUSED'
  /** A task was cancelled before it had a result. */
  | 'TASK_CANCELLED'
  /** A task outlived its time to live, or the server no longer knows it. */
  | 'TASK_EXPIRED'
  /** The server answered with an HTTP status that means failure. */
  | 'HTTP_ERROR'
  /** The server asked to slow down (429), or our own rate limit has no room within the time of the call. */
  | 'RATE_LIMITED'
  /** The server failed again and again: calls are refused at once until it proves to be back. */
  | 'CIRCUIT_OPEN'
  /** Too many calls to the server wait already. */
  | 'OVERLOADED'
  /** The server wants a (new) credential (401). */
  | 'AUTH_REQUIRED'
  /** No authorization could be had: what the server or its authorization server says is refused, or cannot be used. */
  | 'AUTH_FAILED'
  /** The credential does not allow this (403). */
  | 'FORBIDDEN'
  /** A redirect led elsewhere than to the same origin, or was not allowed for the method. */
  | 'REDIRECT_REFUSED'
  /** An HTTP+SSE server named an endpoint outside of its own origin. */
  | 'ENDPOINT_REFUSED'
  /** TLS could not be established: certificate or protocol. */
  | 'TLS_ERROR'
  /** The peer does not offer this feature in its era. */
  | 'NOT_SUPPORTED'
  /** No server is registered under this name. */
  | 'UNKNOWN_SERVER'
  /** No server offers a tool, prompt or resource of this name. */
  | 'UNKNOWN_NAME'
  /** The tool is not defined any more as it was approved, and its server is set to block such tools. */
  | 'TOOL_BLOCKED'
  /** A name is in use already. */
  | 'ALREADY_REGISTERED'
  /** The state machine does not allow this now. */
  | 'ILLEGAL_TRANSITION'
  /** The server was taken out of service on purpose. */
  | 'SERVER_UNAVAILABLE'
  /** A defect in Signalbox itself. */
  | 'INTERNAL';

/** What one error code says by default. */
export interface ErrorCodeDefaults {
  /** Whether the same operation can succeed when it is tried again later, unchanged. */
  readonly retryable: boolean;
}

const final: ErrorCodeDefaults = { retryable: false };
const passing: ErrorCodeDefaults = { retryable: true };

/** The closed set of codes. The code is the contract, the message is not. */
export const ERROR_CODES: Readonly<Record<SignalboxErrorCode, ErrorCodeDefaults>> = {
  CONFIG_INVALID: final,
  INVALID_ARGUMENT: final,
  NEEDS_APPROVAL: final,
  SPAWN_FAILED: final,
  LAUNCH_FAILED: passing,
  CONNECT_FAILED: passing,
  LISTEN_FAILED: final,
  CONNECT_TIMEOUT: passing,
  PROTOCOL_UNSUPPORTED: final,
  CONNECTION_LOST: passing,
  CONNECTION_CLOSED: final,
  OUTCOME_UNKNOWN: final,
  SESSION_LOST: passing,
  RESTART_LIMIT: final,
  REQUEST_TIMEOUT: passing,
  REQUEST_ABORTED: final,
  BACKPRESSURE: passing,
  FRAME_TOO_LARGE: final,
  BODY_TOO_LARGE: final,
  BAD_FRAME: passing,
  BAD_MESSAGE: final,
  BAD_RESPONSE: final,
  INVALID_RESULT: final,
  INPUT_REQUIRED: final,
  INPUT_REFUSED: final,
  TASK_CANCELLED: final,
  TASK_EXPIRED: final,
  HTTP_ERROR: final,
  RATE_LIMITED: passing,
  CIRCUIT_OPEN: passing,
  OVERLOADED: passing,
  AUTH_REQUIRED: final,
  AUTH_FAILED: final,
  FORBIDDEN: final,
  REDIRECT_REFUSED: final,
  ENDPOINT_REFUSED: final,
  TLS_ERROR: final,
  NOT_SUPPORTED: final,
  UNKNOWN_SERVER: final,
  UNKNOWN_NAME: final,
  TOOL_BLOCKED: final,
  ALREADY_REGISTERED: final,
  ILLEGAL_TRANSITION: final,
  SERVER_UNAVAILABLE: passing,
  INTERNAL: final,
};
