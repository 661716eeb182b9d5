import type { Outgoing, TransportReceiver } from '../transport.ts';
import type { TransportContext } from '../transport-context.ts';
import type { HttpTarget } from './exchange/http-request.ts';
import type { RequestHeaders } from './exchange/request-headers.ts';
import type { LingerList } from './linger-list.ts';

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

/** What all exchanges of one HTTP transport share. */
export interface HttpLink extends HttpTarget {
  readonly context: TransportContext;
  readonly receiver: TransportReceiver;
  readonly url: URL;
  readonly headers: RequestHeaders;
  readonly live: Set<LiveExchange>;
  readonly linger: LingerList;
  /** The session that is open; undefined without one. */
  sessionId: string | undefined;
  /** The server forgot this session. */
  sessionLost(sessionId: string): void;
}
