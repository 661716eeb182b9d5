import { decodeHeaderValue } from '../../protocol/header-value.ts';
import type { Tool } from '../../protocol/mcp-types.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { MCP_ERROR, RpcError } from '../answers/rpc-error.ts';

/** One argument that clients mirror into a header. */
interface MirroredParam {
  /** `mcp-param-…`, in lower case. */
  readonly header: string;
  readonly path: readonly string[];
}

const MAX_DEPTH = 8;
const MAX_PARAMS = 64;
const NONE: readonly MirroredParam[] = [];

/** Schemas are walked once; a tool that is listed anew is a new object. */
const known = new WeakMap<Tool, readonly MirroredParam[]>();

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

function mirroredParams(tool: Tool): readonly MirroredParam[] {
  let params = known.get(tool);
  if (params === undefined) {
    const found: MirroredParam[] = [];
    collect(tool.inputSchema, [], found);
    params = found.length === 0 ? NONE : found;
    known.set(tool, params);
  }
  return params;
}

function collect(schema: unknown, path: readonly string[], found: MirroredParam[]): void {
  const properties = isObject(schema) ? schema['properties'] : undefined;
  if (!isObject(properties) || path.length >= MAX_DEPTH) return;
  for (const [key, property] of Object.entries(properties)) {
    if (found.length >= MAX_PARAMS || !isObject(property)) continue;
    const name = property['x-mcp-header'];
    if (typeof name === 'string') {
      found.push({ header: `mcp-param-${name.toLowerCase()}`, path: [...path, key] });
    }
    collect(property, [...path, key], found);
  }
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
