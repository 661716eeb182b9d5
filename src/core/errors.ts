import { ERROR_CODES, type SignalboxErrorCode } from './error-codes.ts';
import { sanitizePeerText } from './peer-text.ts';

/**
 * Can the request have had an effect on the server? `no`: it never reached the server, or was refused before
 * execution. `unknown`: bytes left and no answer came. `yes`: the server answered.
 */
export type Delivery = 'no' | 'unknown' | 'yes';

/** What a {@link SignalboxError} carries beside its code and message. */
export interface SignalboxErrorOptions {
  /** Name of the server it is about. */
  readonly server?: string | undefined;
  /** Whether trying again can help. Default: by code. */
  readonly retryable?: boolean | undefined;
  /** Whether the request can have had an effect. Default `'no'`. */
  readonly delivered?: Delivery | undefined;
  readonly cause?: unknown;
  /** Facts for programs: numbers, short strings, bounded peer text. Never secrets. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** Shared by all loaded copies of this package. */
const BRAND = Symbol.for('signalbox.error');
const REMOTE_BRAND = Symbol.for('signalbox.remote-error');

/** Every fault that Signalbox itself finds. What a server answers is a {@link RemoteError} instead. */
export class SignalboxError extends Error {
  override readonly name: string = 'SignalboxError';
  readonly code: SignalboxErrorCode;
  readonly retryable: boolean;
  readonly delivered: Delivery;
  readonly server: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: SignalboxErrorCode, message: string, options: SignalboxErrorOptions = {}) {
    const where = options.server === undefined ? '' : `${options.server}: `;
    super(`[${code}] ${where}${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? ERROR_CODES[code].retryable;
    this.delivered = options.delivered ?? 'no';
    this.server = options.server;
    this.details = options.details ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** True for errors of any loaded copy of this package, which `instanceof` is not. */
  static is(error: unknown): error is SignalboxError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
  }

  /** A plain, serialisable form without stack and cause. */
  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      message: this.message,
      server: this.server,
      retryable: this.retryable,
      delivered: this.delivered,
      details: this.details,
    };
  }
}

/** What a {@link RemoteError} is made from. */
export interface RemoteErrorInit {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
  readonly server?: string | undefined;
  readonly httpStatus?: number | undefined;
}

/** A JSON-RPC error that the server answered with. Its request was delivered. */
export class RemoteError extends Error {
  override readonly name: string = 'RemoteError';
  /** JSON-RPC error code. */
  readonly code: number;
  /** The peer's message as it came: unbounded and unfiltered. Never print it. */
  readonly remoteMessage: string;
  /** The peer's `error.data` as it came, if any. */
  readonly data: unknown;
  readonly server: string | undefined;
  /** HTTP status of the answer that carried the error, where there was one. */
  readonly httpStatus: number | undefined;

  constructor(init: RemoteErrorInit) {
    const where = init.server === undefined ? '' : `${init.server}: `;
    super(`${where}${sanitizePeerText(init.message)} (${init.code})`);
    this.code = init.code;
    this.remoteMessage = init.message;
    this.data = init.data;
    this.server = init.server;
    this.httpStatus = init.httpStatus;
    Object.defineProperty(this, REMOTE_BRAND, { value: true });
  }

  /** True for errors of any loaded copy of this package, which `instanceof` is not. */
  static is(error: unknown): error is RemoteError {
    return (
      typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[REMOTE_BRAND] === true
    );
  }
}

/** What a message says after its `[CODE] server: `, to be quoted in another one. */
export function messageWithoutHead({ code, server, message }: SignalboxError): string {
  const head = `[${code}] ${server === undefined ? '' : `${server}: `}`;
  return message.startsWith(head) ? message.slice(head.length) : message;
}

/** The message of anything that was thrown, bounded and safe to print. */
export function messageOf(thrown: unknown): string {
  if (SignalboxError.is(thrown)) return thrown.message;
  return sanitizePeerText(thrown instanceof Error ? thrown.message : String(thrown));
}
