import { SignalboxError } from '../../core/errors.ts';
import type { LinkedList, ListNode } from '../../core/linked-list.ts';
import type { Outgoing, TransportReceiver } from '../transport.ts';
import { BodyCollector } from './exchange/body-collector.ts';
import { HttpCall } from './exchange/http-call.ts';
import { REFUSAL_BYTES, refusalError } from './exchange/refusal.ts';
import { withRequestId } from './exchange/request-id.ts';
import type { ResponseHeaders } from './exchange/response-headers.ts';
import type { HttpEndpoint } from './http-options.ts';
import type { LiveExchange } from './live-exchange.ts';
import { isRpcError, meansSessionLost } from './session-id.ts';

/** What all messages of a transport that go out by POST share. */
export interface PostLink {
  readonly endpoint: HttpEndpoint;
  readonly receiver: TransportReceiver;
  readonly live: LinkedList<LiveExchange>;
  /** The server forgot this session. */
  sessionLost(sessionId: string): void;
}

/** For these the headers say what to do; an error in the body must not hide them. */
const TOLD_BY_HEADERS: ReadonlySet<number> = new Set([401, 403, 429]);

/**
 * A message from this size on waits for its answer as bytes: strings of this size that live for more than a moment are
 * copied around by the garbage collector.
 */
const LARGE_CHARACTERS = 16 * 1024;

/** One message on its way by POST: what becomes of it until an answer of success has begun, and how it is refused. */
export abstract class PostExchange extends HttpCall implements LiveExchange {
  readonly outgoing: Outgoing;
  /** 0 until an answer has begun. */
  protected status = 0;
  /** The content coding of a body that nobody undoes. */
  protected coding: string | undefined;
  /** What is kept of the body; undefined: nothing. */
  protected body: BodyCollector | undefined;
  readonly #link: PostLink;
  readonly #place: ListNode<LiveExchange>;
  #headers: ResponseHeaders = {};
  #wasSent = false;
  #ignoredBytes = 0;

  constructor(link: PostLink, outgoing: Outgoing, url: string, headers: string[]) {
    super(link.endpoint, {
      method: 'POST',
      url,
      headers,
      body: bodyOf(outgoing),
      staysOpen: outgoing.longLived,
    });
    this.outgoing = outgoing;
    this.#link = link;
    outgoing.exchange = this;
    this.#place = link.live.add(this);
  }

  /** An answer of success begins. */
  protected abstract handleAccepted(status: number, headers: ResponseHeaders): void;

  get wasSent(): boolean {
    return this.#wasSent;
  }

  protected get isRefused(): boolean {
    return this.status >= 300;
  }

  protected override handleSent(): void {
    if (this.#wasSent) return;
    this.#wasSent = true;
    this.outgoing.flushed();
  }

  protected override handleHead(status: number, headers: ResponseHeaders, coding: string | undefined): void {
    this.status = status;
    this.#headers = headers;
    this.coding = coding;
    // The beginning is enough to tell what is wrong (F-076).
    if (status >= 300) this.body = new BodyCollector(REFUSAL_BYTES);
    else this.handleAccepted(status, headers);
  }

  protected override handleReleased(): void {
    this.#link.live.remove(this.#place);
    if (this.outgoing.exchange === this) this.outgoing.exchange = undefined;
  }

  /** A part of a body that nobody reads; more of it than makes sense ends the exchange. */
  protected ignore(chunk: Buffer): void {
    this.#ignoredBytes += chunk.length;
    if (this.#ignoredBytes > REFUSAL_BYTES) this.cancel();
  }

  /**
   * Tells the sender that the server said no.
   *
   * @param sessionId the session that the message went out in; undefined without one
   */
  protected refused(sessionId: string | undefined): void {
    const { outgoing, status } = this;
    // Empty if it is packed in a way that nobody undoes.
    const text = this.coding === undefined ? this.body!.text() : '';
    if (sessionId !== undefined && meansSessionLost(status, text, parse(text))) {
      this.#link.sessionLost(sessionId);
      outgoing.failed(
        new SignalboxError('SESSION_LOST', `the server no longer knows the session (HTTP ${status})`, {
          server: this.#link.endpoint.server,
          details: withRequestId({ status }, this.requestId),
        }),
      );
      return;
    }
    const message = outgoing.expectsAnswer && !TOLD_BY_HEADERS.has(status) ? this.errorIn(text) : undefined;
    if (message !== undefined) this.#link.receiver.message(message, outgoing, status);
    if (!outgoing.settled) outgoing.failed(this.#refusalError(text));
  }

  /** The JSON-RPC error that the body of a refusal is; undefined if it is none. */
  protected errorIn(text: string): string | undefined {
    return isRpcError(parse(text)) ? text : undefined;
  }

  #refusalError(text: string): SignalboxError {
    const { endpoint } = this.#link;
    return refusalError({
      server: endpoint.server,
      status: this.status,
      headers: this.#headers,
      text,
      requestId: this.requestId,
      wallNowMs: endpoint.context.clock.wallNow(),
      conceal: (said) => endpoint.conceal(said),
      more: this.refusalDetails,
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function bodyOf(outgoing: Outgoing): string | Uint8Array {
  const { text } = outgoing;
  if (text.length < LARGE_CHARACTERS) return text;
  const bytes = Buffer.from(text);
  outgoing.taken?.();
  return bytes;
}
