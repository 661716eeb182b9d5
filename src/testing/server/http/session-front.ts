import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InFlight } from '../in-flight.ts';
import type { HttpFront } from './http-front.ts';
import { SessionTable } from './session-table.ts';

/** A front that knows its clients by their sessions. */
export abstract class SessionFront<Session extends { readonly inFlight: InFlight }> implements HttpFront {
  protected readonly table: SessionTable<Session>;

  /** @param ended called after a session was forgotten */
  constructor(ended: (session: Session) => void = () => {}) {
    this.table = new SessionTable(ended);
  }

  get sessions(): number {
    return this.table.size;
  }

  loseSessions(): number {
    return this.table.endAll();
  }

  abort(): void {
    this.table.cancelAll();
  }

  abstract serve(request: IncomingMessage, response: ServerResponse, body: string): Promise<void>;
}
