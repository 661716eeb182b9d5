import { RemoteError, SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { CallToolResult } from '../../protocol/mcp-types.ts';
import { isObject, type JsonRpcErrorObject } from '../../wire/json-rpc.ts';

/** How a task ended. Plain JSON, so that it can be stored with the task. */
export type TaskOutcome =
  | { readonly kind: 'result'; readonly result: CallToolResult }
  | { readonly kind: 'error'; readonly error: JsonRpcErrorObject }
  | { readonly kind: 'cancelled' };

/**
 * The result of a task that ended with one.
 * @throws RemoteError the error that the task failed with; SignalboxError TASK_CANCELLED
 */
export function resultOf(
  outcome: TaskOutcome,
  server: string,
  statusMessage: string | undefined,
): CallToolResult {
  switch (outcome.kind) {
    case 'result':
      return outcome.result;
    case 'error':
      throw new RemoteError({ ...outcome.error, server });
    case 'cancelled': {
      const why = statusMessage === undefined ? '' : `: ${sanitizePeerText(statusMessage)}`;
      throw new SignalboxError('TASK_CANCELLED', `the task was cancelled${why}`, {
        server,
        delivered: 'yes',
      });
    }
  }
}

/** True for a JSON-RPC error as a failed task carries it. */
export function isErrorObject(value: unknown): value is JsonRpcErrorObject & Record<string, unknown> {
  return isObject(value) && typeof value['code'] === 'number' && typeof value['message'] === 'string';
}
