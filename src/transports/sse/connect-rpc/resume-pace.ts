import { reconnectDelay, STABLE_STREAM_MS } from '../../http/reconnect-delay.ts';
import { MAX_IDLE_RESUMES } from '../../http/resumption.ts';
import type { TransportContext } from '../../transport-context.ts';

/** When a stream that ended is asked for again, and when no more (F-104, F-105). */
export class ResumePace {
  /** The server's `retry:`, in ms. */
  retryMs: number | undefined;
  readonly #context: TransportContext;
  #openedAt: number | undefined;
  #hasProgressed = false;
  /** Streams in a row that did not last. */
  #failures = 0;
  /** Attempts in a row that brought nothing new. */
  #idle = 0;

  constructor(context: TransportContext) {
    this.#context = context;
  }

  opened(): void {
    this.#openedAt = this.#context.clock.now();
  }

  /** Something new has arrived. */
  progressed(): void {
    this.#hasProgressed = true;
  }

  /** The stream is over, or could not be had: how long to wait in ms, or in words why not. */
  next(): number | string {
    const { clock, random } = this.#context;
    // To open is no proof of health; to stay open is.
    if (this.#openedAt !== undefined && clock.now() - this.#openedAt >= STABLE_STREAM_MS) this.#failures = 0;
    this.#idle = this.#hasProgressed ? 0 : this.#idle + 1;
    this.#openedAt = undefined;
    this.#hasProgressed = false;
    if (this.#idle >= MAX_IDLE_RESUMES) return `${this.#idle} attempts to resume it brought nothing`;
    const delayMs = reconnectDelay(this.#failures, this.retryMs, random);
    this.#failures++;
    return delayMs ?? `the server asked to wait ${this.retryMs} ms before resuming`;
  }
}
