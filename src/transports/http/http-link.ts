import type { LingerList } from './linger-list.ts';
import type { PostLink } from './post-exchange.ts';

/** What all exchanges of one HTTP transport share. */
export interface HttpLink extends PostLink {
  readonly linger: LingerList;
  /** The session that is open; undefined without one. */
  sessionId: string | undefined;
  /** The stream for what the server says unasked is over for good, or there was none to be had. */
  listeningEnded(stream: object): void;
}
