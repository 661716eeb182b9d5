import { isObject } from '../../../wire/json-rpc.ts';
import type { ResponseHeaders } from '../../http/exchange/response-headers.ts';
import { readSessionHeader } from '../../http/session-id.ts';

/** What the answer to `connect` says. */
export interface ConnectAnswer {
  /** Goes with all that follows; undefined: there is no session. */
  readonly sessionId: string | undefined;
  /** Where the connection is to be closed, as the server wrote it; `true`: at the usual place. */
  readonly disconnect: string | true | undefined;
}

/**
 * Reads the answer to `connect`. All of it may be missing: a body that is no JSON object says nothing.
 *
 * @returns undefined if it names a session that could not be sent back (F-087)
 */
export function readConnectAnswer(headers: ResponseHeaders, text: string): ConnectAnswer | undefined {
  const body = parse(text);
  const given = headers['mcp-session-id'] ?? idIn(body);
  const session = readSessionHeader(given);
  if (session.kind === 'unusable') return undefined;
  return { sessionId: session.kind === 'id' ? session.id : undefined, disconnect: farewellIn(body) };
}

function idIn(body: Readonly<Record<string, unknown>>): string | undefined {
  const id = ownValue(body, 'session_id') ?? ownValue(body, 'sessionId');
  if (typeof id === 'string') return id;
  return Number.isSafeInteger(id) ? String(id) : undefined;
}

function farewellIn(body: Readonly<Record<string, unknown>>): string | true | undefined {
  const endpoints = ownValue(body, 'endpoints');
  const named =
    ownValue(body, 'disconnect') ?? (isObject(endpoints) ? ownValue(endpoints, 'disconnect') : undefined);
  return typeof named === 'string' || named === true ? named : undefined;
}

function ownValue(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
