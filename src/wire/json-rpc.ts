/** JSON-RPC 2.0 as MCP uses it: an id is a string or an integer, never null. */
export type RequestId = string | number;

/** Parameters of a request or notification: always an object in MCP. */
export type Params = Readonly<Record<string, unknown>>;

export interface JsonRpcRequest {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly method: string;
  readonly params?: Params;
}

export interface JsonRpcNotification {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: Params;
}

export interface JsonRpcResult {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly result: unknown;
}

export interface JsonRpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export interface JsonRpcErrorResponse {
  readonly jsonrpc: '2.0';
  /** Absent or null when the receiver could not tell which request it is about. */
  readonly id?: RequestId | null;
  readonly error: JsonRpcErrorObject;
}

/** Error codes that JSON-RPC 2.0 defines. */
export const JSON_RPC_ERROR = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
} as const;

/** A server may use longer ids; they are not echoed (F-046). */
export const MAX_ID_LENGTH = 256;

/** True for an id that may be echoed: a string of at most 256 characters, or a safe integer. */
export function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' ? value.length <= MAX_ID_LENGTH : Number.isSafeInteger(value);
}

/** True for a plain JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
