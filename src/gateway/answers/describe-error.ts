import { RemoteError, SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { redactUrl } from '../../core/redact.ts';
import type { EraName } from '../../protocol/eras/era.ts';
import { JSON_RPC_ERROR, type JsonRpcErrorObject } from '../../wire/json-rpc.ts';
import { GATEWAY_ERROR_CODE, MCP_ERROR, RpcError } from './rpc-error.ts';

/**
 * Errors about one hop: they speak of the request that the gateway made, not of the one that the client made, which
 * could only draw wrong conclusions from them.
 */
const HOP_ERRORS: ReadonlySet<number> = new Set([
  MCP_ERROR.headerMismatch,
  MCP_ERROR.missingCapability,
  MCP_ERROR.unsupportedVersion,
]);

/** What a client of this era is told about anything that was thrown while its request was worked on. */
export function describeError(thrown: unknown, era: EraName): JsonRpcErrorObject {
  if (thrown instanceof RpcError) return thrown.toObject();
  if (thrown instanceof RemoteError) return describeRemote(thrown, era);
  if (SignalboxError.is(thrown)) return describeOwn(thrown);
  // Nothing about a defect of ours is told to a client: the log has it.
  return { code: JSON_RPC_ERROR.internalError, message: 'internal error of the gateway' };
}

function describeRemote(error: RemoteError, era: EraName): JsonRpcErrorObject {
  const { code, data } = error;
  if (HOP_ERRORS.has(code) || (era === 'modern' && code === MCP_ERROR.urlElicitationRequired)) {
    const message = `${error.server ?? 'the server'} refused what the gateway asked of it: ${sanitizePeerText(error.remoteMessage)}`;
    const about = { code: 'NOT_SUPPORTED', server: error.server, retryable: false, delivered: 'yes' };
    return { code: GATEWAY_ERROR_CODE, message, data: { ...about, remote: { code, data } } };
  }
  const known = era === 'modern' && code === MCP_ERROR.resourceNotFound;
  const passed = { code: known ? JSON_RPC_ERROR.invalidParams : code, message: error.remoteMessage };
  return data === undefined ? passed : { ...passed, data };
}

function describeOwn(error: SignalboxError): JsonRpcErrorObject {
  const { code, server, retryable, delivered } = error;
  const message = redactUrl(sanitizePeerText(error.message));
  const data = { code, ...(server === undefined ? {} : { server }), retryable, delivered };
  // A name that nobody offers is a wrong parameter (specification, tools and prompts). So is that of a blocked tool.
  const isWrongName = code === 'UNKNOWN_NAME' || code === 'TOOL_BLOCKED';
  return { code: isWrongName ? JSON_RPC_ERROR.invalidParams : GATEWAY_ERROR_CODE, message, data };
}
