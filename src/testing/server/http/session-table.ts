import { randomUUID } from 'node:crypto';
import type { InFlight } from '../in-flight.ts';

/** The sessions of a front by their ids, and what they have in flight. */
export class SessionTable<Session extends { readonly inFlight: InFlight }> {
  readonly #sessions: Map<string, Session> = new Map();
  readonly #ended: (session: Session) => void;

  /** @param ended called after a session was forgotten */
  constructor(ended: (session: Session) => void) {
    this.#ended = ended;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Keeps a session; returns its id. */
  add(session: Session): string {
    const id = randomUUID();
    this.#sessions.set(id, session);
    return id;
  }

  get(id: unknown): Session | undefined {
    return typeof id === 'string' ? this.#sessions.get(id) : undefined;
  }

  /** Forgets a session: what it has in flight gets no answer. */
  end(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    session.inFlight.cancelAll();
    this.#ended(session);
  }

  /** Forgets all of them; returns how many there were. */
  endAll(): number {
    const ids = [...this.#sessions.keys()];
    for (const id of ids) this.end(id);
    return ids.length;
  }

  /** Ends what is in flight; the sessions stay. */
  cancelAll(): void {
    for (const { inFlight } of this.#sessions.values()) inFlight.cancelAll();
  }
}
