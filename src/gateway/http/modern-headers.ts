import type { IncomingHttpHeaders } from 'node:http';
import { decodeHeaderValue } from '../../protocol/header-value.ts';
import type { JsonRpcRequest } from '../../wire/json-rpc.ts';
import { MCP_ERROR, RpcError } from '../answers/rpc-error.ts';

/** The parameter that `Mcp-Name` mirrors (2026-07-28, Standard Request Headers). */
const NAME_PARAM: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

/**
 * Holds the headers of a modern request against its body, which is the truth (F-130): whoever routes or filters by
 * headers must not see another request than the one that is carried out.
 *
 * @throws RpcError −32020
 */
export function checkHeaders(
  headers: IncomingHttpHeaders,
  { method, params }: JsonRpcRequest,
  version: string,
): void {
  requireSame('MCP-Protocol-Version', headers['mcp-protocol-version'], version);
  requireSame('Mcp-Method', headers['mcp-method'], method);
  const key = NAME_PARAM.get(method);
  const name = key === undefined ? undefined : params?.[key];
  if (typeof name !== 'string') return;
  const sent = headers['mcp-name'];
  requireSame('Mcp-Name', typeof sent === 'string' ? decodeHeaderValue(sent) : sent, name);
}

function requireSame(name: string, sent: string | readonly string[] | undefined, wanted: string): void {
  if (sent === wanted) return;
  const what = sent === undefined ? 'is missing or cannot be decoded' : 'does not match the body';
  throw new RpcError(MCP_ERROR.headerMismatch, `Header mismatch: ${name} ${what}`);
}
