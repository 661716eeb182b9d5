import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { LegacySession } from './legacy-session.ts';

export interface LegacySessionsOptions {
  readonly clock: Clock;
  readonly maxSessions: number;
  readonly idleMs: number;
}

/** How many times within the idle time the sessions are looked through. */
const SWEEPS = 4;

/** The sessions of legacy clients over HTTP: bounded in number, forgotten when idle. */
export class LegacySessions {
  readonly #clock: Clock;
  readonly #maxSessions: number;
  readonly #idleMs: number;
  /** In the order of their last use, the longest unused first. */
  readonly #sessions: Map<string, { readonly session: LegacySession; usedAt: number }> = new Map();
  #sweep: Timer | undefined;

  constructor(options: LegacySessionsOptions) {
    this.#clock = options.clock;
    this.#maxSessions = options.maxSessions;
    this.#idleMs = options.idleMs;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Keeps a session under an id of its own; undefined if there are too many and all are busy. */
  open(create: (id: string) => LegacySession): LegacySession | undefined {
    if (this.#sessions.size >= this.#maxSessions && !this.#evict()) return undefined;
    const id = randomUUID();
    const session = create(id);
    this.#sessions.set(id, { session, usedAt: this.#clock.now() });
    this.#sweepLater();
    return session;
  }

  /** Finds a session, which counts as a use of it. */
  use(id: string): LegacySession | undefined {
    const entry = this.#sessions.get(id);
    if (entry === undefined) return undefined;
    entry.usedAt = this.#clock.now();
    this.#sessions.delete(id);
    this.#sessions.set(id, entry);
    return entry.session;
  }

  /** Ends a session; false if there is none. */
  end(id: string, reason: string): boolean {
    const entry = this.#sessions.get(id);
    if (entry === undefined) return false;
    this.#sessions.delete(id);
    entry.session.close(new SignalboxError('CONNECTION_CLOSED', reason));
    return true;
  }

  /** Ends all. */
  close(reason: SignalboxError): void {
    this.#sweep?.cancel();
    this.#sweep = undefined;
    for (const { session } of this.#sessions.values()) session.close(reason);
    this.#sessions.clear();
  }

  #evict(): boolean {
    for (const [id, { session }] of this.#sessions) {
      if (!session.isBusy) return this.end(id, 'the session gave way to a new one');
    }
    return false;
  }

  #sweepLater(): void {
    if (this.#sweep !== undefined || this.#sessions.size === 0) return;
    this.#sweep = this.#clock.setTimeout(() => {
      this.#sweep = undefined;
      const now = this.#clock.now();
      for (const [id, { session, usedAt }] of [...this.#sessions]) {
        if (!session.isBusy && now - usedAt >= this.#idleMs)
          this.end(id, 'the session was idle for too long');
      }
      this.#sweepLater();
    }, this.#idleMs / SWEEPS);
    this.#sweep.unref();
  }
}
