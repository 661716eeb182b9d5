/** What one error code says by default; `docs/errors.md` holds one row for each. */
interface ErrorCodeDefaults {
  /** Whether the same operation can succeed when it is tried again later, unchanged. */
  readonly retryable: boolean;
}

const final: ErrorCodeDefaults = { retryable: false };
const passing: ErrorCodeDefaults = { retryable: true };

/** The closed set of codes that a {@link SignalboxError} can carry. The code is the contract, the message is not. */
export const ERROR_CODES = {
  /** A configuration file or an option is wrong. */
  CONFIG_INVALID: final,
  /** An argument of an API call is wrong. */
  INVALID_ARGUMENT: final,
  /** The process of a server could not be started. */
  SPAWN_FAILED: final,
  /** A server that Signalbox launches never became ready. */
  LAUNCH_FAILED: passing,
  /** No connection could be established. */
  CONNECT_FAILED: passing,
  /** The connection was not set up within `timeouts.connect`. */
  CONNECT_TIMEOUT: passing,
  /** Client and server share no protocol version. */
  PROTOCOL_UNSUPPORTED: final,
  /** An established connection ended while it was needed. */
  CONNECTION_LOST: passing,
  /** The client was disconnected, or is shutting down, on our own side. */
  CONNECTION_CLOSED: final,
  /** The server no longer knows the session; nothing was executed. */
  SESSION_LOST: passing,
  /** The server kept dying or refusing; automatic attempts have stopped. */
  RESTART_LIMIT: final,
  /** No answer within the time allowed for the request. */
  REQUEST_TIMEOUT: passing,
  /** The caller's AbortSignal fired. */
  REQUEST_ABORTED: final,
  /** The server does not read; the queue of outgoing bytes is full. */
  BACKPRESSURE: passing,
  /** A line, an SSE event or a field was larger than its limit. */
  FRAME_TOO_LARGE: final,
  /** An HTTP body was larger than its limit. */
  BODY_TOO_LARGE: final,
  /** Too many unreadable frames in a row. */
  BAD_FRAME: passing,
  /** A message broke the rules of JSON-RPC. */
  BAD_MESSAGE: final,
  /** An HTTP exchange ended without a usable answer. */
  BAD_RESPONSE: final,
  /** A result lacks what its method requires, or has a `resultType` that nobody here understands. */
  INVALID_RESULT: final,
  /** The server wants input (MRTR) and no handler can give it. */
  INPUT_REQUIRED: final,
  /** The server answered with an HTTP status that means failure. */
  HTTP_ERROR: final,
  /** The server asked to slow down (429). */
  RATE_LIMITED: passing,
  /** The server wants a (new) credential (401). */
  AUTH_REQUIRED: final,
  /** The credential does not allow this (403). */
  FORBIDDEN: final,
  /** A redirect led elsewhere than to the same origin, or was not allowed for the method. */
  REDIRECT_REFUSED: final,
  /** An HTTP+SSE server named an endpoint outside of its own origin. */
  ENDPOINT_REFUSED: final,
  /** TLS could not be established: certificate or protocol. */
  TLS_ERROR: final,
  /** The peer does not offer this feature in its era. */
  NOT_SUPPORTED: final,
  /** No server is registered under this name. */
  UNKNOWN_SERVER: final,
  /** No server offers a tool, prompt or resource of this name. */
  UNKNOWN_NAME: final,
  /** A name is in use already. */
  ALREADY_REGISTERED: final,
  /** The state machine does not allow this now. */
  ILLEGAL_TRANSITION: final,
  /** The server was taken out of service on purpose. */
  SERVER_UNAVAILABLE: passing,
  /** A defect in Signalbox itself. */
  INTERNAL: final,
} as const satisfies Record<string, ErrorCodeDefaults>;

/** Stable code of a {@link SignalboxError}; `docs/errors.md` tells cause and cure of each. */
export type SignalboxErrorCode = keyof typeof ERROR_CODES;
