import { isObject } from '../../../wire/json-rpc.ts';
import { hasRepeatedKey } from '../../../wire/repeated-id.ts';
import { readRpcError } from './rpc-error.ts';

type Value = Readonly<Record<string, unknown>>;

/** True for `{request_id, result}` and `{request_id, error}`. */
export function isAnswer(value: unknown): value is Value {
  if (!isObject(value) || !Object.hasOwn(value, 'request_id')) return false;
  return Object.hasOwn(value, 'result') || Object.hasOwn(value, 'error');
}

/**
 * An answer of the dialect as the JSON-RPC response that it means. Only what a server must not get wrong is left to
 * JSON-RPC: which of the two it is, and for which request.
 *
 * @param value with a `request_id`
 * @param text what `value` was parsed from
 */
export function answerText(value: Value, text: string): string {
  const id = writtenOr(exactId(value['request_id']), 'null');
  const head = `{"jsonrpc":"2.0","id":${id}`;
  const { result, error } = value;
  // F-041: of two ids nobody can say which is meant; with two of its own the message is refused for that.
  if (hasRepeatedKey(text, 'request_id')) return `${head},"id":${id}}`;
  const hasResult = result !== undefined && result !== null;
  const hasError = error !== undefined && error !== null;
  // Many frameworks write out both keys, one of them null.
  if (hasResult && hasError) return `${head},"result":{},"error":{}}`;
  if (hasError) return `${head},"error":${errorText(error)}}`;
  // The text of a result is taken over as it is: it may be large, or nest deeper than could be written anew.
  if (!Object.hasOwn(value, 'error') && !Object.hasOwn(value, 'id'))
    return `${head},${text.slice(text.indexOf('{') + 1)}`;
  if (!Object.hasOwn(value, 'result')) return `${head}}`;
  return `${head},"result":${writtenOr(result, 'null')}}`;
}

/**
 * The id that a text spells. Ours are whole numbers, and some servers turn them into text: nothing else can be meant by
 * one that spells a whole number. In a JSON-RPC message it would not be taken for one.
 */
export function exactId(id: unknown): unknown {
  if (typeof id === 'number') return id;
  if (typeof id !== 'string') return null;
  return /^(?:0|[1-9]\d{0,15})$/u.test(id) ? Number(id) : id;
}

function errorText(error: unknown): string {
  const { code, message, data } = readRpcError(error);
  const head = `{"code":${code},"message":${JSON.stringify(message)}`;
  if (data === undefined) return `${head}}`;
  return `${head},"data":${writtenOr(data, 'null')}}`;
}

/** Writing a value can fail where reading it did not: it nests too deep. */
function writtenOr(value: unknown, otherwise: string): string {
  try {
    return JSON.stringify(value);
  } catch {
    return otherwise;
  }
}
