import { decodeHeaderValue } from '../../protocol/header-value.ts';
import type { Tool } from '../../protocol/mcp-types.ts';
import { type ParamHeader, planParamHeaders } from '../../protocol/param-headers.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { MCP_ERROR, RpcError } from '../answers/rpc-error.ts';

/** Schemas are walked once; a tool that is listed anew is a new object. */
const known = new WeakMap<Tool, readonly ParamHeader[]>();

/**
 * Holds the `Mcp-Param-*` headers of a call against its arguments (2026-07-28, Streamable HTTP, Custom Headers).
 * @throws RpcError −32020 if one is missing, too much, or says something else
 */
export function checkParamHeaders(
  tool: Tool,
  args: unknown,
  header: (name: string) => string | undefined,
): void {
  for (const { header: name, path } of mirroredParams(tool)) {
    const value = valueAt(args, path);
    const sent = header(name);
    const decoded = sent === undefined ? undefined : decodeHeaderValue(sent);
    if (value === undefined && sent === undefined) continue;
    if (value !== undefined && decoded !== undefined && isSame(decoded, value)) continue;
    throw new RpcError(
      MCP_ERROR.headerMismatch,
      `Header mismatch: ${name} does not match "${path.join('.')}"`,
    );
  }
}

function mirroredParams(tool: Tool): readonly ParamHeader[] {
  let params = known.get(tool);
  if (params === undefined) {
    const plan = planParamHeaders(tool.inputSchema);
    // Clients drop a tool whose annotations are invalid; whoever calls it all the same mirrors nothing.
    params = 'headers' in plan ? plan.headers : [];
    known.set(tool, params);
  }
  return params;
}

/** Null and absent are the same: neither is mirrored. */
function valueAt(args: unknown, path: readonly string[]): unknown {
  let value = args;
  for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value ?? undefined;
}

function isSame(sent: string, value: unknown): boolean {
  if (typeof value === 'string') return sent === value;
  // Numbers are compared as numbers: 1.0 and 1 are the same.
  if (typeof value === 'number') return sent.trim() !== '' && Number(sent) === value;
  return typeof value === 'boolean' && sent === String(value);
}
