import type { JsonRpcErrorResponse, JsonRpcNotification, JsonRpcRequest, JsonRpcResult } from './json-rpc.ts';
import { isObject, isRequestId, JSON_RPC_ERROR } from './json-rpc.ts';

/** What a parsed value is, by structure alone. */
export type Classified =
  | { readonly kind: 'result'; readonly message: JsonRpcResult }
  | { readonly kind: 'error'; readonly message: JsonRpcErrorResponse }
  | { readonly kind: 'request'; readonly message: JsonRpcRequest }
  | { readonly kind: 'notification'; readonly message: JsonRpcNotification }
  /** `id` names the pending call that the broken message claims to answer, where one can be made out. */
  | { readonly kind: 'invalid'; readonly why: string; readonly id?: unknown; readonly request?: true };

/** Structural checks only: cheap, without recursion, blind to what the methods mean (F-048, F-050, F-052). */
export function classify(value: unknown): Classified {
  if (!isObject(value)) return { kind: 'invalid', why: 'not a JSON object' };
  // Own properties only: a key such as `__proto__` must not answer for another (F-053).
  const id = value['id'];
  if (value['jsonrpc'] !== '2.0') return { kind: 'invalid', why: 'no "jsonrpc": "2.0"', id };
  const method = value['method'];
  if (typeof method === 'string') {
    const params = value['params'];
    if (params !== undefined && !isObject(params)) {
      return { kind: 'invalid', why: 'params is not an object', id, request: true };
    }
    if (id === undefined) return { kind: 'notification', message: value as unknown as JsonRpcNotification };
    if (!isRequestId(id)) return { kind: 'invalid', why: 'unusable request id' };
    return { kind: 'request', message: value as unknown as JsonRpcRequest };
  }
  const hasResult = Object.hasOwn(value, 'result');
  const hasError = Object.hasOwn(value, 'error');
  if (hasResult && hasError) return { kind: 'invalid', why: 'both result and error', id };
  if (hasResult) {
    if (id === undefined || id === null) return { kind: 'invalid', why: 'a result without id', id };
    return { kind: 'result', message: value as unknown as JsonRpcResult };
  }
  if (hasError)
    return { kind: 'error', message: { ...value, error: readError(value['error']) } as JsonRpcErrorResponse };
  return { kind: 'invalid', why: 'neither method nor result nor error', id };
}

/** Errors are read generously: what is missing is substituted (F-049). */
function readError(error: unknown): JsonRpcErrorResponse['error'] {
  if (!isObject(error))
    return { code: JSON_RPC_ERROR.internalError, message: 'malformed error', data: error };
  const { code, message } = error;
  const safeCode = Number.isSafeInteger(code) ? (code as number) : JSON_RPC_ERROR.internalError;
  const safeMessage = typeof message === 'string' ? message : 'error without message';
  return Object.hasOwn(error, 'data')
    ? { code: safeCode, message: safeMessage, data: error['data'] }
    : { code: safeCode, message: safeMessage };
}
