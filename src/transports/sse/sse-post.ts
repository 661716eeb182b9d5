import type { SignalboxError } from '../../core/errors.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { BodyCollector } from '../http/exchange/body-collector.ts';
import { bodyKind, type ResponseHeaders } from '../http/exchange/response-headers.ts';
import { PostExchange, type PostLink } from '../http/post-exchange.ts';
import type { Outgoing } from '../transport.ts';

/** What all messages of one HTTP+SSE connection share. */
export interface SseLink extends PostLink {
  /** Where messages are posted. */
  readonly endpoint: URL;
}

/** One message on its way by POST. Its answer comes on the event stream; only a refusal comes here. */
export class SsePost extends PostExchange {
  readonly #link: SseLink;

  constructor(link: SseLink, outgoing: Outgoing) {
    super(link, outgoing, link.endpoint, link.headers.post(outgoing.headers, undefined));
    this.#link = link;
  }

  protected override handleAccepted(status: number, headers: ResponseHeaders): void {
    // Some servers answer here instead of on the stream (F-121).
    if (status !== 200 || !this.outgoing.expectsAnswer || bodyKind(headers) !== 'json') return;
    this.body = new BodyCollector(this.#link.context.limits.bodyBytes);
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

  #finish(): void {
    if (this.body === undefined) return;
    const { outgoing } = this;
    const text = (this.coding === undefined ? this.body.json() : undefined) ?? '';
    if (outgoing.expectsAnswer && isMessage(text)) {
      this.#link.receiver.message(text, outgoing, this.status);
    }
    if (this.isRefused && !outgoing.settled) outgoing.failed(this.refusalError(this.refusalText()));
  }
}

/** Many servers answer a POST with words such as "Accepted" or `{"ok":true}`: that is no message. */
function isMessage(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && value['jsonrpc'] === '2.0';
  } catch {
    return false;
  }
}
