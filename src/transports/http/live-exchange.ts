import type { Outgoing } from '../transport.ts';

/** An exchange in flight: a POST, or the attempts to resume its stream. */
export interface LiveExchange {
  readonly outgoing: Outgoing;
  /** Whether its request was handed to a socket. */
  readonly wasSent: boolean;
  /** What the request was numbered with, if it was. */
  readonly requestId: string | undefined;
  /** Ends it without telling anybody. */
  cancel(): void;
}
