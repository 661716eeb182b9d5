import { messageOf } from '../../core/errors.ts';
import type { MemoryLink, MemoryPeer } from '../../transports/memory-transport.ts';
import { isObject, isRequestId, JSON_RPC_ERROR, type Params } from '../../wire/json-rpc.ts';

/** What a handler may do beside answering. */
export interface HandlerCall {
  /** Sends a notification before the answer. */
  notify(method: string, params?: Params): void;
  /** Ends the connection: the request has no answer. */
  disconnect(): void;
}

/** Answers a request with the object that it returns, or with the error that it throws: `{ code, message, data }`. */
export type MethodHandler = (params: Params, call: HandlerCall) => unknown;

/** Which list shows that a server can do what. */
const CAPABILITIES: readonly (readonly [method: string, capability: string])[] = [
  ['tools/list', 'tools'],
  ['resources/list', 'resources'],
  ['prompts/list', 'prompts'],
];

/**
 * A server in this process, written as functions by method. `server/discover` need not be among them: it is answered as
 * a server of revision 2026-07-28 that can do what its lists show. What is not among them is "method not found".
 *
 * @example
 * const peer = handlerPeer({
 *   'tools/list': () => ({ tools: [{ name: 'now', inputSchema: { type: 'object' } }] }),
 *   'tools/call': () => ({ content: [{ type: 'text', text: new Date().toISOString() }] }),
 * });
 */
export function handlerPeer(handlers: Readonly<Record<string, MethodHandler>>): MemoryPeer {
  return (link) => ({ receive: (text) => void receive(text, link, handlers) });
}

async function receive(
  text: string,
  link: MemoryLink,
  handlers: Readonly<Record<string, MethodHandler>>,
): Promise<void> {
  const message: unknown = JSON.parse(text);
  if (!isObject(message) || typeof message['method'] !== 'string') return;
  const { id, method, params } = message as { id?: unknown; method: string; params?: unknown };
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
  const given = isObject(params) ? params : {};
  if (!isRequestId(id)) {
    await Promise.resolve(handler?.(given, callOn(link))).catch(() => {});
    return;
  }
  link.send(
    JSON.stringify({ jsonrpc: '2.0', id, ...(await answerOf(method, given, handler, handlers, link)) }),
  );
}

async function answerOf(
  method: string,
  params: Params,
  handler: MethodHandler | undefined,
  handlers: Readonly<Record<string, MethodHandler>>,
  link: MemoryLink,
): Promise<{ readonly result: unknown } | { readonly error: object }> {
  if (handler === undefined) {
    if (method === 'server/discover') return { result: discovery(handlers) };
    return { error: { code: JSON_RPC_ERROR.methodNotFound, message: `no handler for ${method}` } };
  }
  try {
    return { result: await handler(params, callOn(link)) };
  } catch (error) {
    if (isObject(error) && Number.isSafeInteger(error['code'])) {
      const { code, message, data } = error;
      return { error: { code, message, data } };
    }
    return { error: { code: JSON_RPC_ERROR.internalError, message: messageOf(error) } };
  }
}

function callOn(link: MemoryLink): HandlerCall {
  return {
    notify: (method, params) => link.send(JSON.stringify({ jsonrpc: '2.0', method, params })),
    disconnect: () => link.close(),
  };
}

function discovery(handlers: Readonly<Record<string, MethodHandler>>): object {
  const offered = CAPABILITIES.filter(([method]) => Object.hasOwn(handlers, method));
  return {
    resultType: 'complete',
    supportedVersions: ['2026-07-28'],
    capabilities: Object.fromEntries(offered.map(([, capability]) => [capability, {}])),
    ttlMs: 0,
    cacheScope: 'private',
  };
}
