import type { IncomingMessage, ServerResponse } from 'node:http';

/** What serves the HTTP requests of a fault server. */
export interface HttpFront {
  /** Serves one request. `body` is that of a POST. Never rejects. */
  serve(request: IncomingMessage, response: ServerResponse, body: string): Promise<void>;
  /** How many sessions are open. */
  readonly sessions: number;
  /** Forgets all sessions; returns how many there were. */
  loseSessions(): number;
  /** Ends all that is being worked on. */
  abort(): void;
}
