import { randomInt } from 'node:crypto';

const PREFIX = randomInt(36 ** 8)
  .toString(36)
  .padStart(8, '0');
let requests = 0;

/**
 * A number for the next request, unique among all processes for all that matters: `k3v9x2ma-1f`. JSON-RPC ids begin
 * anew with each connection, so they find nothing in the log of a server that many clients use.
 */
export function nextRequestId(): string {
  requests++;
  return `${PREFIX}-${requests.toString(36)}`;
}

/** The details of an error, with the number of the request that it is about. */
export function withRequestId(
  details: Readonly<Record<string, unknown>>,
  requestId: string | undefined,
): Record<string, unknown> {
  return requestId === undefined ? { ...details } : { ...details, requestId };
}
