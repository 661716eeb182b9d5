import type { Logger } from '../../core/log.ts';
import { JSON_RPC_ERROR, type JsonRpcRequest } from '../../wire/json-rpc.ts';
import { answer, type Caller, encodeFailure } from '../answers/answer.ts';
import type { Reply } from '../answers/reply.ts';
import { ownError } from '../answers/rpc-error.ts';
import type { Router } from '../methods/router.ts';
import type { InFlight } from './in-flight.ts';

/**
 * Works on a request of a client whose requests are told apart by their ids: a legacy session, or a stdio client.
 * Never rejects.
 */
export async function serveRequest(
  router: Router,
  inFlight: InFlight,
  request: JsonRpcRequest,
  caller: Omit<Caller, 'signal'>,
  reply: Reply,
  logger: Logger,
): Promise<void> {
  const begun = inFlight.begin(request.id);
  if (begun === 'duplicate') {
    const error = { code: JSON_RPC_ERROR.invalidRequest, message: 'a request with this id is in flight' };
    // Without the id: the client would take it for the answer to the first request.
    reply.respond(encodeFailure(undefined, error), error);
    return;
  }
  if (begun === 'full') {
    const error = ownError('RATE_LIMITED', 'too many requests are in flight', true);
    reply.respond(encodeFailure(request.id, error), error);
    return;
  }
  try {
    await answer(router, request, { ...caller, signal: begun.signal }, reply, logger);
  } finally {
    inFlight.end(request.id);
  }
}
