import { BoundedQueue } from '../../core/bounded-queue.ts';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { Redactor } from '../../core/redact.ts';
import type { RegistryEvent } from './event-record.ts';
import { EventStream, type EventStreamOptions } from './event-stream.ts';
import { plainEvent } from './plain-event.ts';
import type { RegistryEvents } from './registry-events.ts';

/** Options of `registry.events()`. */
export interface EventsOptions extends EventStreamOptions {
  /** Begins with what is in the history: all of it, or the last so many. Default: none. */
  readonly replay?: boolean | number;
}

/** Options of `registry.history()`. */
export interface HistoryOptions {
  /** Only events about this server. Default: all. */
  readonly server?: string;
  /** The last so many. Default: all that are kept. */
  readonly limit?: number;
}

const HISTORY_SIZE = 256;
const MAX_HISTORY_SIZE = 100_000;
const STREAM_CAPACITY = 1000;
const MAX_STREAM_CAPACITY = 1_000_000;
/** Streams that nobody ends would stay until the shutdown. */
const MAX_STREAMS = 1000;

/** Keeps what has happened, and brings what happens to all who read along. */
export class EventJournal {
  readonly #clock: Clock;
  readonly #history: BoundedQueue<RegistryEvent>;
  readonly #streams: Set<EventStream> = new Set();
  readonly #redactors: Map<string, Redactor> = new Map();
  readonly #anybody: Redactor = new Redactor();
  #sequence = 0;
  #isClosed = false;

  /** @throws SignalboxError INVALID_ARGUMENT */
  constructor(clock: Clock, historySize: number = HISTORY_SIZE) {
    this.#clock = clock;
    this.#history = new BoundedQueue(wholeNumber('historySize', historySize, 0, MAX_HISTORY_SIZE));
  }

  /** What this redactor knows is kept out of all events about the server; undefined: it is gone. */
  protect(server: string, redactor: Redactor | undefined): void {
    if (redactor === undefined) this.#redactors.delete(server);
    else this.#redactors.set(server, redactor);
  }

  record<Type extends keyof RegistryEvents>(type: Type, event: RegistryEvents[Type]): void {
    if (this.#isClosed) return;
    const { server } = event as { readonly server?: string };
    const redactor = (server === undefined ? undefined : this.#redactors.get(server)) ?? this.#anybody;
    const plain = plainEvent(event, redactor) as { readonly reason?: unknown };
    const record = {
      type,
      sequence: ++this.#sequence,
      at: new Date(this.#clock.wallNow()).toISOString(),
      server,
      reason: typeof plain.reason === 'string' ? plain.reason : undefined,
      event: plain,
    } as unknown as RegistryEvent;
    this.#history.push(record);
    for (const stream of this.#streams) stream.push(record);
  }

  /** The oldest first. */
  history({ server, limit }: HistoryOptions = {}): readonly RegistryEvent[] {
    const records = [...this.#history].filter((record) => server === undefined || record.server === server);
    if (limit === undefined) return records;
    const count = wholeNumber('limit', limit, 0, Number.MAX_SAFE_INTEGER);
    return count === 0 ? [] : records.slice(-count);
  }

  /**
   * Everything that happens from now on.
   * @throws SignalboxError INVALID_ARGUMENT, OVERLOADED
   */
  stream(options: EventsOptions = {}): EventStream {
    const { capacity = STREAM_CAPACITY, replay = false, signal } = options;
    if (this.#streams.size >= MAX_STREAMS) {
      const message = `${MAX_STREAMS} readers of events are open; end those that are not read any more`;
      throw new SignalboxError('OVERLOADED', message);
    }
    const bound = wholeNumber('capacity', capacity, 1, MAX_STREAM_CAPACITY);
    const past = replay === false ? [] : this.history(replay === true ? {} : { limit: replay });
    const stream = new EventStream(options, bound, (ended) => this.#streams.delete(ended));
    this.#streams.add(stream);
    for (const record of past) stream.push(record);
    if (this.#isClosed) stream.finish();
    if (signal?.aborted === true) void stream.return();
    return stream;
  }

  /** Readers that are not at their end. */
  get readers(): number {
    return this.#streams.size;
  }

  /** Nothing more is recorded: readers come to their end when they have read what there is. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#streams) stream.finish();
    this.#redactors.clear();
  }
}

function wholeNumber(what: string, value: number, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new SignalboxError('INVALID_ARGUMENT', `${what} must be a whole number from ${min} to ${max}`);
}
