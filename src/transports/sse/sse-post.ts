import type { SignalboxError } from '../../core/errors.ts';
import { BodyCollector } from '../http/exchange/body-collector.ts';
import { bodyKind, type ResponseHeaders } from '../http/exchange/response-headers.ts';
import { PostExchange, type PostLink } from '../http/post-exchange.ts';
import type { Outgoing } from '../transport.ts';

/** What all messages of one connection over an event stream share. */
export interface SseLink extends PostLink {
  /** Where messages are posted: the href of a URL of the same origin. */
  readonly address: string;
  /** Goes with each message; undefined without one. */
  readonly sessionId: string | undefined;
  /** The JSON-RPC message that a body holds; undefined if it is none. */
  messageIn(body: string): string | undefined;
  /** A request was taken, and its answer is to come on the stream. */
  accepted(outgoing: Outgoing): void;
}

/** One message on its way by POST. Its answer comes on the event stream; only a refusal comes here. */
export class SsePost extends PostExchange {
  readonly #link: SseLink;

  constructor(link: SseLink, outgoing: Outgoing) {
    super(link, outgoing, link.address, link.endpoint.headers.post(outgoing.headers, link.sessionId));
    this.#link = link;
  }

  protected override handleAccepted(status: number, headers: ResponseHeaders): void {
    // Some servers answer here instead of on the stream (F-121).
    if (status !== 200 || !this.outgoing.expectsAnswer || bodyKind(headers) !== 'json') return;
    this.body = new BodyCollector(this.#link.endpoint.limits.bodyBytes);
  }

  protected override handleData(chunk: Buffer): void {
    if (this.body === undefined) this.ignore(chunk);
    else if (!this.body.push(chunk)) {
      this.cancel();
      this.#finish();
    }
  }

  protected override handleEnd(): void {
    this.#finish();
  }

  protected override handleBroken(error: SignalboxError): void {
    // Once a status of success has arrived the message is with the server, and its answer may come on the stream.
    if (this.status === 0) this.outgoing.failed(error);
    else if (this.isRefused) this.#finish();
  }

  protected override handleReleased(): void {
    super.handleReleased();
    const { outgoing, status } = this;
    const isTaken = status >= 200 && status < 300 && outgoing.expectsAnswer && !outgoing.settled;
    if (isTaken) this.#link.accepted(outgoing);
  }

  /** Many servers answer a POST with words such as "Accepted" or `{"ok":true}`: that is no message. */
  protected override errorIn(text: string): string | undefined {
    return this.#link.messageIn(text);
  }

  #finish(): void {
    if (this.body === undefined) return;
    if (this.isRefused) {
      this.refused(this.#link.sessionId);
      return;
    }
    const text = (this.coding === undefined ? this.body.json() : undefined) ?? '';
    const message = this.#link.messageIn(text);
    if (message !== undefined) this.#link.receiver.message(message, this.outgoing, this.status);
  }
}
