import { isObject, JSON_RPC_ERROR, type JsonRpcErrorObject } from '../../../wire/json-rpc.ts';

/** Under which keys servers tell in words what went wrong; the first that holds text counts. */
const WORDS = ['message', 'error', 'detail', 'description', 'reason'] as const;

/**
 * An error of any shape as one of JSON-RPC: text, a code, an object with or without the keys of JSON-RPC. What has no
 * place there is kept as `data`. Its text is as the peer sent it: whoever shows it makes it safe.
 */
export function readRpcError(error: unknown): JsonRpcErrorObject {
  const code = JSON_RPC_ERROR.internalError;
  if (typeof error === 'string') return { code, message: error };
  if (typeof error === 'number' && Number.isSafeInteger(error)) return { code: error, message: 'error' };
  if (!isObject(error)) return { code, message: 'malformed error', data: error };
  const message = wordsOf(error) ?? (isObject(error['error']) ? wordsOf(error['error']) : undefined);
  const isPlain = Object.keys(error).every((key) => key === 'code' || key === 'message' || key === 'data');
  const own = error['code'];
  const hasCode = Number.isSafeInteger(own);
  return {
    code: hasCode ? (own as number) : code,
    message: message ?? 'error without message',
    ...(isPlain && (hasCode || own === undefined)
      ? Object.hasOwn(error, 'data') && { data: error['data'] }
      : { data: error }),
  };
}

function wordsOf(error: Readonly<Record<string, unknown>>): string | undefined {
  for (const key of WORDS) {
    const words = Object.hasOwn(error, key) ? error[key] : undefined;
    if (typeof words === 'string' && words !== '') return words;
  }
  return undefined;
}
