import { isObject } from '../../wire/json-rpc.ts';

/** Longest session id that is accepted and echoed, in characters. */
export const MAX_SESSION_ID_LENGTH = 1024;

const VISIBLE_ASCII = /^[\u0021-\u007E]+$/u;

/** What an `Mcp-Session-Id` header holds: an id, nothing, or something that cannot be one. */
export type SessionHeader =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'unusable' };

/** Of several headers the first valid one counts (F-086); control characters and huge ids are refused (F-087). */
export function readSessionHeader(header: string | readonly string[] | undefined): SessionHeader {
  if (header === undefined) return { kind: 'none' };
  const values = typeof header === 'string' ? [header] : header;
  const id = values.find((value) => value.length <= MAX_SESSION_ID_LENGTH && VISIBLE_ASCII.test(value));
  return id === undefined ? { kind: 'unusable' } : { kind: 'id', id };
}

const METHOD_NOT_FOUND = -32_601;

/**
 * Does this refusal of a request that carried a session id mean that the server forgot the session?
 *
 * 404 does, by the specification (a new `initialize` MUST follow), also with a JSON-RPC error such as -32001
 * "Session not found" as body. The exception is method not found: whoever looked for the method knew the session,
 * and a new session would not bring the method. Many servers say 400 after a restart, with words instead of a
 * status (F-089); a wrong guess there costs one `initialize`.
 */
export function meansSessionLost(status: number, text: string, parsed: unknown): boolean {
  if (status === 404) return !(isRpcError(parsed) && parsed.error['code'] === METHOD_NOT_FOUND);
  if (status !== 400) return false;
  return (
    /\bsession\b|not initialized/iu.test(text) &&
    /expired|invalid|unknown|not found|no valid|not initialized|terminated/iu.test(text)
  );
}

/** A JSON-RPC error response by structure; its id may be anything. */
export function isRpcError(value: unknown): value is { readonly error: Record<string, unknown> } {
  return isObject(value) && value['jsonrpc'] === '2.0' && isObject(value['error']);
}
