import { SseDecoder, type SseEvent, type SseSink } from '../../wire/sse-framing.ts';
import type { Outgoing } from '../transport.ts';
import type { HttpLink } from './http-link.ts';
import { SeenEventIds } from './seen-event-ids.ts';

/** Whoever reads the HTTP body that the events come from. */
export interface AnswerStreamOwner {
  /** The request was settled by what just arrived. */
  answered(): void;
  /** An event exceeded `limits.frameBytes`. */
  tooLarge(): void;
}

/** The events that answer one request: over one HTTP body, or over several where the stream is resumed. */
export class AnswerStream implements SseSink {
  /** Where to resume; undefined if the server gave no id. */
  lastEventId: string | undefined;
  /** The server's `retry:`, in ms. */
  retryMs: number | undefined;
  /** Grows with each event that is not a repetition: tells progress from an idle circle. */
  progress = 0;
  readonly #link: HttpLink;
  readonly #outgoing: Outgoing;
  #decoder: SseDecoder;
  #owner: AnswerStreamOwner;
  #status: number;
  #seen: SeenEventIds | undefined;
  #resumed = false;

  constructor(link: HttpLink, outgoing: Outgoing, owner: AnswerStreamOwner, status: number) {
    this.#link = link;
    this.#outgoing = outgoing;
    this.#owner = owner;
    this.#status = status;
    this.#decoder = new SseDecoder(this, link.endpoint.limits.frameBytes);
  }

  /** Goes on with the body of a new response. */
  resume(owner: AnswerStreamOwner, status: number): void {
    this.#owner = owner;
    this.#status = status;
    this.#resumed = true;
    this.#decoder = new SseDecoder(this, this.#link.endpoint.limits.frameBytes);
  }

  push(chunk: Buffer): void {
    this.#decoder.push(chunk);
  }

  event(event: SseEvent): void {
    if (event.setsId && event.id !== undefined && this.#isRepeated(event.id)) return;
    this.progress++;
    if (event.id !== undefined) this.lastEventId = event.id;
    if (event.event !== 'message') {
      this.#link.receiver.noise('ignored-event', event.event);
      return;
    }
    // An event without data only carries an id: "priming" (F-109).
    if (event.data === '' || this.#outgoing.settled) return;
    this.#link.receiver.message(event.data, this.#outgoing, this.#status);
    // It may have become true in the line above, whatever the narrowing of types says.
    if ((this.#outgoing as { readonly settled: boolean }).settled) this.#owner.answered();
  }

  retry(delayMs: number): void {
    this.retryMs = delayMs;
  }

  tooLarge(): void {
    this.#owner.tooLarge();
  }

  /** Only what a resumed stream says again is dropped: elsewhere a server may number its events as it likes. */
  #isRepeated(id: string): boolean {
    this.#seen ??= new SeenEventIds();
    return this.#seen.repeats(id) && this.#resumed;
  }
}
