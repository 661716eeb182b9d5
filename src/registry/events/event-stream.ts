import { onAbort } from '../../core/abort.ts';
import { BoundedQueue } from '../../core/bounded-queue.ts';
import type { DroppedEvents, RegistryEvent } from './event-record.ts';
import type { RegistryEvents } from './registry-events.ts';

/** Options of a stream of events. */
export interface EventStreamOptions {
  /** Ends the stream: what waits in it is thrown away. */
  readonly signal?: AbortSignal;
  /** Kinds of events that are wanted. Default: all. */
  readonly types?: readonly (keyof RegistryEvents)[];
  /** Events that may wait for a slow reader; then the oldest are dropped. Default 1 000; 1 to 1 000 000. */
  readonly capacity?: number;
}

/** What a reader is given. */
export type StreamedEvent = RegistryEvent | DroppedEvents;

type Result = IteratorResult<StreamedEvent, undefined>;

const END: Result = { done: true, value: undefined };

/** What one reader has not read yet. Events that nobody reads cost no more than its capacity. */
export class EventStream implements AsyncIterableIterator<StreamedEvent, undefined>, AsyncDisposable {
  readonly #queue: BoundedQueue<RegistryEvent>;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #readers: ((result: Result) => void)[] = [];
  readonly #ended: (stream: EventStream) => void;
  #dropped = 0;
  #isEnding = false;
  readonly #release: () => void;

  /** @param ended called once, when nothing more is wanted */
  constructor(options: EventStreamOptions, capacity: number, ended: (stream: EventStream) => void) {
    this.#queue = new BoundedQueue(capacity);
    this.#types = options.types === undefined ? undefined : new Set(options.types);
    this.#ended = ended;
    this.#release = onAbort(options.signal, () => this.#stop());
  }

  /** Something happened. */
  push(event: RegistryEvent): void {
    if (this.#isEnding || (this.#types !== undefined && !this.#types.has(event.type))) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) reader({ done: false, value: event });
    else if (!this.#queue.push(event)) this.#dropped++;
  }

  /** Nothing more will happen: what waits can still be read. */
  finish(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#release();
    this.#ended(this);
    for (const reader of this.#readers.splice(0)) reader(END);
  }

  next(): Promise<Result> {
    // What was dropped is older than all that is left.
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      return Promise.resolve({ done: false, value: { type: 'dropped', count } });
    }
    const event = this.#queue.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#isEnding) return Promise.resolve(END);
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<Result> {
    this.#stop();
    return Promise.resolve(END);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #stop(): void {
    this.#queue.clear();
    this.#dropped = 0;
    this.finish();
  }
}
