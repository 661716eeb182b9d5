import type { SignalboxErrorCode } from '../../core/error-codes.ts';
import type { JsonRpcErrorObject } from '../../wire/json-rpc.ts';

/**
 * The code of every error that Signalbox itself finds; `data.code` says which. The specification wants errors of an
 * implementation outside of the range that JSON-RPC reserves (−32768 to −32000).
 */
export const GATEWAY_ERROR_CODE = -31000;

/** Codes that MCP defines and the gateway answers with. */
export const MCP_ERROR = {
  /** Up to 2025-11-25: there is no such resource. */
  resourceNotFound: -32002,
  /** Since 2026-07-28: headers and body disagree. */
  headerMismatch: -32020,
  /** Since 2026-07-28: the client lacks a capability that the request needs. */
  missingCapability: -32021,
  /** Since 2026-07-28: the version of the request is not spoken here. */
  unsupportedVersion: -32022,
  /** 2025-11-25 only: a URL must be visited first. */
  urlElicitationRequired: -32042,
} as const;

/** A request that is answered with a JSON-RPC error of the gateway's own choice. */
export class RpcError extends Error {
  override readonly name: string = 'RpcError';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }

  toObject(): JsonRpcErrorObject {
    return this.data === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, data: this.data };
  }
}

/** An error that Signalbox found, for answers that no thrown error stands behind. */
export function ownError(
  code: SignalboxErrorCode,
  message: string,
  retryable: boolean = false,
): JsonRpcErrorObject {
  return { code: GATEWAY_ERROR_CODE, message, data: { code, retryable, delivered: 'no' } };
}
