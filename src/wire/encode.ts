import type { JsonRpcErrorObject, Params, RequestId } from './json-rpc.ts';

/**
 * Encodes a request to its final string, once. `meta` is the ready-made inside of `_meta`
 * (`"key":value,"key":value`, without braces; empty for none), spliced in without being parsed again.
 * A `_meta` that `params` brings itself is kept; keys of `meta` come after it and win.
 */
export function encodeRequest(
  id: RequestId,
  method: string,
  params: Params | undefined,
  meta: string,
): string {
  // In one piece: what is put together from parts is copied once more before it is sent.
  if (meta === '') return JSON.stringify({ jsonrpc: '2.0', id, method, params });
  const head = `{"jsonrpc":"2.0","id":${typeof id === 'number' ? id : JSON.stringify(id)},"method":${quoteMethod(method)}`;
  return `${head}${encodeParams(params, meta)}}`;
}

/** Encodes a notification; see {@link encodeRequest}. */
export function encodeNotification(method: string, params: Params | undefined, meta: string = ''): string {
  return `{"jsonrpc":"2.0","method":${quoteMethod(method)}${encodeParams(params, meta)}}`;
}

export function encodeResult(id: RequestId, result: unknown): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${JSON.stringify(result ?? {})}}`;
}

export function encodeError(id: RequestId | null, error: JsonRpcErrorObject): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}

function encodeParams(params: Params | undefined, meta: string): string {
  if (params === undefined) return meta === '' ? '' : `,"params":{"_meta":{${meta}}}`;
  if (meta === '') return `,"params":${JSON.stringify(params)}`;
  const own = params['_meta'];
  let body: string;
  let metaJson: string;
  if (typeof own === 'object' && own !== null) {
    const { _meta, ...rest } = params;
    body = JSON.stringify(rest);
    metaJson = joinObjects(JSON.stringify(_meta), meta);
  } else {
    body = JSON.stringify(params);
    metaJson = `{${meta}}`;
  }
  return `,"params":${joinObjects(body, `"_meta":${metaJson}`)}`;
}

/** Appends members to an encoded object. */
function joinObjects(object: string, members: string): string {
  return object.length === 2 ? `{${members}}` : `${object.slice(0, -1)},${members}}`;
}

const quoted = new Map<string, string>();
const MAX_QUOTED = 256;

/** Method names are few and come again and again. */
function quoteMethod(method: string): string {
  const known = quoted.get(method);
  if (known !== undefined) return known;
  const text = JSON.stringify(method);
  if (quoted.size < MAX_QUOTED) quoted.set(method, text);
  return text;
}
