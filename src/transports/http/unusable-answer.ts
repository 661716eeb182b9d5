import type { SignalboxErrorCode } from '../../core/error-codes.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { bodyKind, contentCoding, firstHeader, type ResponseHeaders } from './exchange/response-headers.ts';

/** An error about an answer that has arrived: the request was delivered. */
export function answerError(
  code: SignalboxErrorCode,
  message: string,
  server: string,
  status: number,
): SignalboxError {
  return new SignalboxError(code, message, { server, delivered: 'yes', details: { status } });
}

/** Why the head of a 2xx answer to a request promises no usable body; undefined if it does (F-083, F-084). */
export function unusableHead(
  server: string,
  status: number,
  headers: ResponseHeaders,
): SignalboxError | undefined {
  const bad = (what: string): SignalboxError =>
    answerError('BAD_RESPONSE', `the server ${what}`, server, status);
  if (status === 202 || status === 204) {
    return bad(`accepted the request without answering it (HTTP ${status}); check the URL`);
  }
  if (bodyKind(headers) === 'other') {
    const type = sanitizePeerText(firstHeader(headers, 'content-type') ?? 'no content type', 80);
    return bad(`answered with ${type} (HTTP ${status}) instead of JSON or an event stream; check the URL`);
  }
  const coding = contentCoding(headers);
  if (coding === undefined) return undefined;
  const name = sanitizePeerText(coding, 40);
  return bad(`encodes its answer as ${name}, which was not asked for; switch compression off`);
}
