import type { Clock } from '../../core/clock.ts';
import type { EraName } from '../../protocol/eras/era.ts';
import { isFinal, type TaskSnapshot } from '../../protocol/tasks/task-snapshot.ts';
import type { StoredTask } from './stored-task.ts';
import type { TaskOutcome } from './task-outcome.ts';

/** What does not change about a task. */
export interface TaskIdentity {
  readonly server: string;
  readonly era: EraName;
  readonly tool: string;
  /** Undefined where the server answered without making a task. */
  readonly id: string | undefined;
}

/** Everything that is known of one task. */
export class TaskRecord {
  readonly identity: TaskIdentity;
  /** Keys of the questions that were answered. */
  readonly answered: Set<string>;
  /** How it ended, once that is known. */
  outcome: TaskOutcome | undefined;
  readonly #clock: Clock;
  /** When we learned of it, by the monotonic clock: the clocks of two machines are not compared. */
  readonly #receivedAt: number;
  /** The same in words, for whoever resumes it. */
  readonly #receivedAtText: string;
  #heardAt: number;
  #snapshot: TaskSnapshot;

  constructor(identity: TaskIdentity, snapshot: TaskSnapshot, clock: Clock, stored?: StoredTask) {
    this.identity = identity;
    this.answered = new Set(stored?.answered);
    this.outcome = stored?.outcome;
    this.#snapshot = snapshot;
    this.#clock = clock;
    this.#receivedAtText = stored?.receivedAt ?? new Date(clock.wallNow()).toISOString();
    const ageMs = stored === undefined ? 0 : clock.wallNow() - Date.parse(stored.receivedAt);
    this.#receivedAt = clock.now() - Math.max(0, ageMs);
    this.#heardAt = stored === undefined ? clock.now() : Number.NEGATIVE_INFINITY;
  }

  /** A call that was answered without a task, told as a task that is completed. */
  static completed(identity: TaskIdentity, outcome: TaskOutcome, clock: Clock): TaskRecord {
    const snapshot = { ...NOTHING_KNOWN, id: '', status: 'completed' as const };
    const record = new TaskRecord(identity, snapshot, clock);
    record.outcome = outcome;
    return record;
  }

  static restored(stored: StoredTask, clock: Clock): TaskRecord {
    const { server, era, tool, id } = stored;
    const { status, statusMessage, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs } = stored;
    const known = { status, statusMessage, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs };
    const snapshot = { ...NOTHING_KNOWN, ...known, id: id ?? '' };
    return new TaskRecord({ server, era, tool, id }, snapshot, clock, stored);
  }

  get snapshot(): TaskSnapshot {
    return this.#snapshot;
  }

  get isFinal(): boolean {
    return isFinal(this.#snapshot.status);
  }

  /** Time since the server last told how the task stands, in ms. */
  get silenceMs(): number {
    return this.#clock.now() - this.#heardAt;
  }

  /** Time until the server may forget the task, in ms; negative if that has passed, Infinity without limit. */
  get remainingMs(): number {
    const { ttlMs } = this.#snapshot;
    return ttlMs === null ? Number.POSITIVE_INFINITY : this.#receivedAt + ttlMs - this.#clock.now();
  }

  /**
   * Takes note of news. Nothing follows a final status.
   * @param isPushed the server told it unasked: it may be older than what is known
   * @returns whether status or message have changed
   */
  accept(news: TaskSnapshot, isPushed: boolean = false): boolean {
    const old = this.#snapshot;
    if (this.isFinal && news.status !== old.status) return false;
    if (isPushed && Date.parse(news.lastUpdatedAt) < Date.parse(old.lastUpdatedAt)) return false;
    this.#heardAt = this.#clock.now();
    this.#snapshot = {
      ...news,
      createdAt: news.createdAt === '' ? old.createdAt : news.createdAt,
      pollIntervalMs: news.pollIntervalMs ?? old.pollIntervalMs,
    };
    return news.status !== old.status || news.statusMessage !== old.statusMessage;
  }

  toJSON(): StoredTask {
    const { server, era, tool, id } = this.identity;
    const { status, statusMessage, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs } = this.#snapshot;
    return {
      version: 1,
      server,
      era,
      tool,
      ...(id === undefined ? {} : { id }),
      status,
      ...(statusMessage === undefined ? {} : { statusMessage }),
      createdAt,
      lastUpdatedAt,
      receivedAt: this.#receivedAtText,
      ttlMs,
      ...(pollIntervalMs === undefined ? {} : { pollIntervalMs }),
      answered: [...this.answered],
      ...(this.outcome === undefined ? {} : { outcome: this.outcome }),
    };
  }
}

const NOTHING_KNOWN: Omit<TaskSnapshot, 'id' | 'status'> = {
  statusMessage: undefined,
  createdAt: '',
  lastUpdatedAt: '',
  ttlMs: null,
  pollIntervalMs: undefined,
  inputRequests: undefined,
  result: undefined,
  error: undefined,
};
