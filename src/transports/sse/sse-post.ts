import type { SignalboxError } from '../../core/errors.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { BodyCollector } from '../http/exchange/body-collector.ts';
import { HttpCall } from '../http/exchange/http-call.ts';
import type { HttpTarget } from '../http/exchange/http-request.ts';
import { REFUSAL_BYTES, refusalError } from '../http/exchange/refusal.ts';
import type { RequestHeaders } from '../http/exchange/request-headers.ts';
import { bodyKind, type ResponseHeaders } from '../http/exchange/response-headers.ts';
import type { LiveExchange } from '../http/http-link.ts';
import type { Outgoing, TransportReceiver } from '../transport.ts';
import type { TransportContext } from '../transport-context.ts';

/** What all messages of one HTTP+SSE connection share. */
export interface SseLink extends HttpTarget {
  readonly context: TransportContext;
  readonly receiver: TransportReceiver;
  readonly headers: RequestHeaders;
  /** Where messages are posted. */
  readonly endpoint: URL;
  readonly live: Set<LiveExchange>;
}

/** One message on its way by POST. Its answer comes on the event stream; only a refusal comes here. */
export class SsePost extends HttpCall implements LiveExchange {
  readonly outgoing: Outgoing;
  readonly #link: SseLink;
  #wasSent = false;
  #status = 0;
  #headers: ResponseHeaders = {};
  #coding: string | undefined;
  #body: BodyCollector | undefined;
  #ignoredBytes = 0;

  constructor(link: SseLink, outgoing: Outgoing) {
    const headers = link.headers.post(outgoing.headers, undefined);
    super(link, { method: 'POST', url: link.endpoint, headers, body: outgoing.text });
    this.outgoing = outgoing;
    this.#link = link;
    outgoing.exchange = this;
    link.live.add(this);
  }

  get wasSent(): boolean {
    return this.#wasSent;
  }

  protected override handleSent(): void {
    if (this.#wasSent) return;
    this.#wasSent = true;
    this.outgoing.flushed();
  }

  protected override handleHead(status: number, headers: ResponseHeaders, coding: string | undefined): void {
    this.#status = status;
    this.#headers = headers;
    this.#coding = coding;
    if (status >= 300) this.#body = new BodyCollector(REFUSAL_BYTES);
    // Some servers answer here instead of on the stream (F-121).
    else if (status === 200 && this.outgoing.expectsAnswer && bodyKind(headers) === 'json') {
      this.#body = new BodyCollector(this.#link.context.limits.bodyBytes);
    }
  }

  protected override handleData(chunk: Buffer): void {
    if (this.#body === undefined) {
      this.#ignoredBytes += chunk.length;
      if (this.#ignoredBytes > REFUSAL_BYTES) this.cancel();
    } else if (!this.#body.push(chunk)) {
      this.cancel();
      this.#finish();
    }
  }

  protected override handleEnd(): void {
    this.#finish();
  }

  protected override handleBroken(error: SignalboxError): void {
    // Once a status of success has arrived the message is with the server, and its answer may come on the stream.
    if (this.#status === 0) this.outgoing.failed(error);
    else if (this.#status >= 300) this.#finish();
  }

  protected override handleReleased(): void {
    this.#link.live.delete(this);
    if (this.outgoing.exchange === this) this.outgoing.exchange = undefined;
  }

  #finish(): void {
    if (this.#body === undefined) return;
    const { outgoing } = this;
    const text = (this.#coding === undefined ? this.#body.json() : undefined) ?? '';
    if (outgoing.expectsAnswer && isMessage(text)) {
      this.#link.receiver.message(text, outgoing, this.#status);
    }
    if (this.#status < 300 || outgoing.settled) return;
    const { server, clock } = this.#link.context;
    const wallNowMs = clock.wallNow();
    outgoing.failed(
      refusalError({
        server,
        status: this.#status,
        headers: this.#headers,
        text: this.#coding === undefined ? this.#body.text() : '',
        wallNowMs,
        requestId: this.requestId,
      }),
    );
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
