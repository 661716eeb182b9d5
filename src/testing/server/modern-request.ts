import type { IncomingHttpHeaders } from 'node:http';
import { isObject, JSON_RPC_ERROR, type JsonRpcErrorObject, type Params } from '../../wire/json-rpc.ts';
import { MCP_ERROR, META, MODERN_REVISION } from './revisions.ts';

/** The parameter that `Mcp-Name` mirrors. */
const NAME_PARAM: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

/** True if a message says of itself that it is one of 2026-07-28 or later. */
export function isModern(params: Params | undefined): boolean {
  const meta = params?.['_meta'];
  return isObject(meta) && (`${META}protocolVersion` in meta || `${META}clientCapabilities` in meta);
}

/** What is wrong with the `_meta` of a modern request. */
export function metaProblem(params: Params | undefined): JsonRpcErrorObject | undefined {
  const meta = params?.['_meta'];
  const version = isObject(meta) ? meta[`${META}protocolVersion`] : undefined;
  if (typeof version !== 'string' || !isObject((meta as Params)[`${META}clientCapabilities`])) {
    const message = `params._meta needs "${META}protocolVersion" and "${META}clientCapabilities"`;
    return { code: JSON_RPC_ERROR.invalidParams, message };
  }
  return version === MODERN_REVISION ? undefined : unsupportedVersion([MODERN_REVISION], version);
}

export function unsupportedVersion(supported: readonly string[], requested: unknown): JsonRpcErrorObject {
  const data = { supported, requested };
  return { code: MCP_ERROR.unsupportedVersion, message: 'Unsupported protocol version', data };
}

/** What is wrong with the headers of a modern request: they must say what its body says. */
export function headerProblem(
  headers: IncomingHttpHeaders,
  method: string,
  params: Params | undefined,
): JsonRpcErrorObject | undefined {
  const meta = params?.['_meta'] as Params;
  const name = params?.[NAME_PARAM.get(method) ?? ''];
  const wrong = [
    ['MCP-Protocol-Version', headers['mcp-protocol-version'], meta[`${META}protocolVersion`]],
    ['Mcp-Method', headers['mcp-method'], method],
    ...(typeof name === 'string' ? [['Mcp-Name', decoded(headers['mcp-name']), name]] : []),
  ].find(([, sent, due]) => sent !== due);
  if (wrong === undefined) return undefined;
  const message = `Header mismatch: ${String(wrong[0])} is missing or does not match the body`;
  return { code: MCP_ERROR.headerMismatch, message };
}

/** Values that no header can hold travel as base64 between marks. */
function decoded(value: string | readonly string[] | undefined): unknown {
  const base64 = typeof value === 'string' ? /^=\?base64\?(.*)\?=$/u.exec(value)?.[1] : undefined;
  return base64 === undefined ? value : Buffer.from(base64, 'base64').toString('utf8');
}
