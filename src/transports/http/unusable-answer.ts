import type { SignalboxErrorCode } from '../../core/error-codes.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { DecodingFault } from './exchange/body-decoder.ts';
import { withRequestId } from './exchange/request-id.ts';
import { bodyKind, firstHeader, type ResponseHeaders } from './exchange/response-headers.ts';

/** Which answer an error is about. */
export interface AnswerFacts {
  readonly server: string;
  readonly status: number;
  readonly requestId: string | undefined;
}

/** An error about an answer that has arrived: the request was delivered. */
export function answerError(
  code: SignalboxErrorCode,
  message: string,
  { server, status, requestId }: AnswerFacts,
): SignalboxError {
  const details = withRequestId({ status }, requestId);
  return new SignalboxError(code, message, { server, delivered: 'yes', details });
}

/**
 * Why the head of a 2xx answer to a request promises no usable body; undefined if it does (F-083, F-084).
 *
 * @param coding the content coding, if nobody here undoes it
 */
export function unusableHead(
  facts: AnswerFacts,
  headers: ResponseHeaders,
  coding: string | undefined,
): SignalboxError | undefined {
  const { status } = facts;
  const bad = (what: string): SignalboxError => answerError('BAD_RESPONSE', `the server ${what}`, facts);
  if (status === 202 || status === 204) {
    return bad(`accepted the request without answering it (HTTP ${status}); check the URL`);
  }
  if (bodyKind(headers) === 'other') {
    const type = sanitizePeerText(firstHeader(headers, 'content-type') ?? 'no content type', 80);
    return bad(`answered with ${type} (HTTP ${status}) instead of JSON or an event stream; check the URL`);
  }
  if (coding === undefined) return undefined;
  const name = sanitizePeerText(coding, 40);
  return bad(`encodes its answer as ${name}, which was not asked for; switch compression off there`);
}

/** The error for an answer that cannot be unpacked (F-075). */
export function decodingError(fault: DecodingFault, facts: AnswerFacts): SignalboxError {
  if (fault.kind === 'ratio') {
    const message = 'the packed answer becomes more than limits.compressionRatio times as large as it came';
    return answerError('BODY_TOO_LARGE', message, facts);
  }
  const { server, status, requestId } = facts;
  const message = `the packed answer cannot be unpacked (${fault.reason}); the server or a proxy is broken`;
  const details = withRequestId({ status, reason: fault.reason }, requestId);
  return new SignalboxError('BAD_RESPONSE', message, { server, delivered: 'yes', details });
}
