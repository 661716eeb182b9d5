import { isObject, type Params, type RequestId } from '../../wire/json-rpc.ts';

/** Keys of `_meta` that revision 2026-07-28 defines. */
export const META = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  logLevel: 'io.modelcontextprotocol/logLevel',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  subscriptionId: 'io.modelcontextprotocol/subscriptionId',
} as const;

/** Under this key the gateway tells which servers a list lacks. */
export const MISSING_KEY = 'dev.signalbox/missing';

/** What is between the client and the gateway only: the gateway says these things for itself. */
const OF_THIS_HOP: ReadonlySet<string> = new Set(['progressToken', ...Object.values(META)]);

/** `_meta` of a request; undefined if it has none. */
export function metaOf(params: Params | undefined): Record<string, unknown> | undefined {
  const meta = params?.['_meta'];
  return isObject(meta) ? meta : undefined;
}

/** The client's own token for progress, if it wants to hear of it. */
export function progressTokenOf(params: Params): RequestId | undefined {
  const token = metaOf(params)?.['progressToken'];
  return typeof token === 'string' || Number.isSafeInteger(token) ? (token as RequestId) : undefined;
}

/** What of `_meta` goes on to the server (`traceparent` and whatever extensions use); undefined if nothing does. */
export function forwardedMeta(params: Params): Record<string, unknown> | undefined {
  const meta = metaOf(params);
  if (meta === undefined) return undefined;
  const rest = Object.entries(meta).filter(([key]) => !OF_THIS_HOP.has(key));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}
