import type { LingerList } from './linger-list.ts';
import type { PostLink } from './post-exchange.ts';

/** What all exchanges of one HTTP transport share. */
export interface HttpLink extends PostLink {
  readonly url: URL;
  readonly linger: LingerList;
  /** The session that is open; undefined without one. */
  sessionId: string | undefined;
}
