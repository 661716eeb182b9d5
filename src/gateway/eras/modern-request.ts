import { MODERN_VERSIONS } from '../../protocol/versions.ts';
import { isObject, JSON_RPC_ERROR, type Params } from '../../wire/json-rpc.ts';
import { MCP_ERROR, RpcError } from '../answers/rpc-error.ts';
import { META, metaOf } from '../methods/meta.ts';
import { SUPPORTED_VERSIONS } from '../methods/router.ts';

/** True if a message says of itself that it is one of 2026-07-28 or later. */
export function isModern(params: Params | undefined): boolean {
  const meta = metaOf(params);
  return meta !== undefined && (META.protocolVersion in meta || META.clientCapabilities in meta);
}

/**
 * The version that a modern request names.
 * @throws RpcError −32602 if it lacks what each such request must carry (`clientInfo` is optional)
 */
export function requireMeta(params: Params | undefined): string {
  const meta = metaOf(params);
  const version = meta?.[META.protocolVersion];
  if (typeof version !== 'string') throw missing(META.protocolVersion);
  if (!isObject(meta?.[META.clientCapabilities])) throw missing(META.clientCapabilities);
  return version;
}

/** @throws RpcError −32022 if the version is not a modern one that is spoken here */
export function requireVersion(version: string): void {
  if (MODERN_VERSIONS.includes(version)) return;
  throw new RpcError(MCP_ERROR.unsupportedVersion, 'Unsupported protocol version', {
    supported: SUPPORTED_VERSIONS,
    requested: version,
  });
}

function missing(key: string): RpcError {
  return new RpcError(
    JSON_RPC_ERROR.invalidParams,
    `params._meta["${key}"] is missing or has the wrong type; clients of 2025-11-25 and earlier open with initialize`,
  );
}
