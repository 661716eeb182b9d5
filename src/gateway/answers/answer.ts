import { messageOf, RemoteError, SignalboxError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { encodeNotification, encodeResult } from '../../wire/encode.ts';
import type { JsonRpcErrorObject, JsonRpcRequest, RequestId } from '../../wire/json-rpc.ts';
import type { CallContext } from '../methods/call-context.ts';
import { progressTokenOf } from '../methods/meta.ts';
import type { Router } from '../methods/router.ts';
import { describeError } from './describe-error.ts';
import { dressResult } from './dress-result.ts';
import type { Reply } from './reply.ts';
import { RpcError } from './rpc-error.ts';

/** Who asks, and how they go away. */
export type Caller = Omit<CallContext, 'onProgress'>;

/** The reason of an abort that the client asked for: it wants no answer any more. */
export const CANCELLED: SignalboxError = new SignalboxError('REQUEST_ABORTED', 'cancelled by the client');

/** Works on one request and sends its answer, and its progress where it was asked for. Never rejects. */
export async function answer(
  router: Router,
  request: JsonRpcRequest,
  caller: Caller,
  reply: Reply,
  logger: Logger,
): Promise<void> {
  const { id, method, params = {} } = request;
  const token = progressTokenOf(params);
  const onProgress: CallContext['onProgress'] =
    token === undefined
      ? undefined
      : (progress) => {
          // S13: the token of the server is ours; the client hears its own.
          const own = { ...progress, progressToken: token };
          if (!caller.signal.aborted) reply.notify(encodeNotification('notifications/progress', own));
        };
  let text: string;
  try {
    const result = await router.handle(method, params, { ...caller, onProgress });
    text = encodeResult(id, dressResult(method, result, caller.era));
  } catch (error) {
    if (caller.signal.reason === CANCELLED) {
      reply.abandon();
      return;
    }
    if (!isExpected(error))
      logger.error('a request failed unexpectedly', { method, error: messageOf(error) });
    const described = describeError(error, caller.era);
    reply.respond(encodeFailure(id, described), described);
    return;
  }
  if (caller.signal.reason === CANCELLED) reply.abandon();
  else reply.respond(text);
}

/** An error response. Without an id where it could not be read: null is no id of MCP. */
export function encodeFailure(id: RequestId | undefined, error: JsonRpcErrorObject): string {
  const head = { jsonrpc: '2.0', ...(id === undefined ? {} : { id }) };
  try {
    return JSON.stringify({ ...head, error });
  } catch {
    // F-054: data of a server that nest deeper than the stack can be read, but not written.
    const { code, message } = error;
    return JSON.stringify({ ...head, error: { code, message } });
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof RpcError || error instanceof RemoteError || SignalboxError.is(error);
}
