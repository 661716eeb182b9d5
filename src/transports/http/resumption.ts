import type { Timer } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { ListNode } from '../../core/linked-list.ts';
import type { Outgoing } from '../transport.ts';
import type { AnswerStream, AnswerStreamOwner } from './answer-stream.ts';
import { withRequestId } from './exchange/request-id.ts';
import { StreamCall, type StreamReader } from './exchange/stream-call.ts';
import type { HttpLink } from './http-link.ts';
import type { Lingerer } from './linger-list.ts';
import type { LiveExchange } from './live-exchange.ts';
import { reconnectDelay, refusesStream } from './reconnect-delay.ts';

/** Attempts to resume in a row that bring no new event, before the answer is given up. */
export const MAX_IDLE_RESUMES = 5;

/**
 * May the stream of this request be resumed? Only if it gave an event id to resume from, and only in the legacy
 * era: revision 2026-07-28, whose requests name themselves by `Mcp-Method`, has no resumption (H26-15).
 */
export function isResumable(outgoing: Outgoing, stream: AnswerStream): boolean {
  const { lastEventId } = stream;
  if (lastEventId === undefined || lastEventId === '') return false;
  return outgoing.expectsAnswer && !outgoing.longLived && outgoing.headers?.['mcp-method'] === undefined;
}

/**
 * Fetches the answer to a request whose stream ended early: waits as long as the server asked for, then opens a GET
 * with `Last-Event-ID` (2025-11-25, Resumability; F-101). The request's own deadline bounds it all.
 */
export class Resumption implements LiveExchange, StreamReader, AnswerStreamOwner {
  readonly outgoing: Outgoing;
  readonly wasSent = true;
  /** That of the POST: the attempts to resume have numbers of their own. */
  readonly requestId: string | undefined;
  readonly #place: ListNode<LiveExchange>;
  readonly #link: HttpLink;
  readonly #stream: AnswerStream;
  readonly #sessionId: string | undefined;
  #failures = 0;
  #progress: number;
  #timer: Timer | undefined;
  #call: StreamCall | undefined;
  #lingerer: Lingerer | undefined;
  #over = false;

  constructor(
    link: HttpLink,
    outgoing: Outgoing,
    stream: AnswerStream,
    sessionId: string | undefined,
    requestId: string | undefined,
  ) {
    this.#link = link;
    this.requestId = requestId;
    this.outgoing = outgoing;
    this.#stream = stream;
    this.#sessionId = sessionId;
    this.#progress = stream.progress;
    outgoing.exchange = this;
    this.#place = link.live.add(this);
  }

  /** Plans the next attempt. */
  schedule(): void {
    const { clock, random, server, logger } = this.#link.endpoint.context;
    const delayMs = reconnectDelay(this.#failures, this.#stream.retryMs, random);
    if (delayMs === undefined) {
      this.#giveUp(`the server asked to wait ${this.#stream.retryMs} ms before resuming`, undefined);
      return;
    }
    logger.debug('an answer stream ended early and will be resumed', {
      server,
      delayMs: Math.round(delayMs),
    });
    this.#timer = clock.setTimeout(() => this.#attempt(), delayMs);
  }

  cancel(): void {
    if (this.#over) return;
    this.#release();
    this.#timer?.cancel();
    this.#call?.cancel();
  }

  // --- StreamReader -----------------------------------------------------------------------------------------------

  opened(status: number): void {
    this.#stream.resume(this, status);
  }

  data(chunk: Buffer): void {
    this.#stream.push(chunk);
  }

  ended(error: SignalboxError | undefined, status: number | undefined): void {
    if (this.#over) return;
    if (this.outgoing.settled) {
      this.#release();
      return;
    }
    // F-103: the server does not resume, or no longer; asking again would not change that. 401 and 403 cannot be
    // told as such: the request itself was let in before, and may have been executed.
    if (status !== undefined && refusesStream(status)) {
      this.#giveUp(`resuming it was refused with HTTP ${status}`, error);
      return;
    }
    if (error?.retryable === false) {
      this.#giveUp('it cannot be resumed', error);
      return;
    }
    if (this.#stream.progress > this.#progress) this.#failures = 0;
    else this.#failures++;
    this.#progress = this.#stream.progress;
    if (this.#failures >= MAX_IDLE_RESUMES)
      this.#giveUp(`${this.#failures} attempts to resume it brought nothing`, error);
    else this.schedule();
  }

  // --- AnswerStreamOwner ------------------------------------------------------------------------------------------

  answered(): void {
    this.#lingerer ??= this.#link.linger.add(this);
  }

  tooLarge(): void {
    this.cancel();
    this.outgoing.failed(
      new SignalboxError('FRAME_TOO_LARGE', 'an event of the answer is larger than limits.frameBytes', {
        server: this.#link.endpoint.server,
        delivered: 'yes',
        details: withRequestId({}, this.requestId),
      }),
    );
  }

  #attempt(): void {
    const { endpoint } = this.#link;
    const headers = endpoint.headers.stream(this.outgoing.headers, this.#sessionId, this.#stream.lastEventId);
    const request = { method: 'GET', url: endpoint.href, headers, body: null } as const;
    this.#call = new StreamCall(endpoint, request, endpoint.context, this);
    this.#call.start();
  }

  #giveUp(why: string, cause: SignalboxError | undefined): void {
    this.#release();
    this.outgoing.failed(
      new SignalboxError(
        'CONNECTION_LOST',
        `the event stream ended before the answer, and ${why}; the request may have been executed`,
        {
          server: this.#link.endpoint.server,
          delivered: 'unknown',
          cause,
          details: withRequestId(cause?.details ?? {}, this.requestId),
        },
      ),
    );
  }

  #release(): void {
    this.#over = true;
    this.#link.live.remove(this.#place);
    if (this.#lingerer !== undefined) this.#link.linger.remove(this.#lingerer);
    if (this.outgoing.exchange === this) this.outgoing.exchange = undefined;
  }
}
