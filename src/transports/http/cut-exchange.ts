import { SignalboxError } from '../../core/errors.ts';
import { withRequestId } from './exchange/request-id.ts';
import type { LiveExchange } from './live-exchange.ts';

/** Ends an exchange because the connection is closed on our side; its message fails, if it has not ended yet. */
export function cutExchange(exchange: LiveExchange, server: string): void {
  const { outgoing, wasSent, requestId } = exchange;
  exchange.cancel();
  if (outgoing.settled) return;
  outgoing.failed(
    new SignalboxError('CONNECTION_CLOSED', 'the connection was closed on our side before the answer', {
      server,
      delivered: wasSent ? 'unknown' : 'no',
      details: withRequestId({}, requestId),
    }),
  );
}
