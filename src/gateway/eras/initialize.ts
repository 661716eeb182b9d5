import { LEGACY_VERSIONS } from '../../protocol/versions.ts';
import type { ServerRegistry } from '../../registry/server-registry.ts';
import { JSON_RPC_ERROR, type Params } from '../../wire/json-rpc.ts';
import { RpcError } from '../answers/rpc-error.ts';
import { CAPABILITIES, instructionsFor, SERVER_INFO } from '../methods/self-description.ts';

/**
 * The version that a legacy session speaks: the one that the client asks for, or our newest if we do not speak it.
 * @throws RpcError −32602
 */
export function negotiateVersion(params: Params | undefined): string {
  const wanted = params?.['protocolVersion'];
  if (typeof wanted !== 'string') {
    throw new RpcError(JSON_RPC_ERROR.invalidParams, 'params.protocolVersion must be a string');
  }
  return LEGACY_VERSIONS.includes(wanted) ? wanted : LEGACY_VERSIONS[0]!;
}

/** The result of `initialize`. */
export function initializeResult(version: string, registry: ServerRegistry): Record<string, unknown> {
  return {
    protocolVersion: version,
    capabilities: CAPABILITIES,
    serverInfo: SERVER_INFO,
    instructions: instructionsFor(registry),
  };
}
