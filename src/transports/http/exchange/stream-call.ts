import { SignalboxError } from '../../../core/errors.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';
import type { TransportContext } from '../../transport-context.ts';
import { BodyCollector } from './body-collector.ts';
import { HttpCall } from './http-call.ts';
import type { HttpRequest, HttpTarget } from './http-request.ts';
import { REFUSAL_BYTES, refusalError } from './refusal.ts';
import { withRequestId } from './request-id.ts';
import { bodyKind, firstHeader, type ResponseHeaders } from './response-headers.ts';

/** Who reads an event stream that a GET opened. */
export interface StreamReader {
  opened(status: number): void;
  data(chunk: Buffer): void;
  /**
   * The stream is over or never began. `status` is that of an answer that was no event stream; `error` says why,
   * and is undefined when an open stream ended in good order.
   */
  ended(error: SignalboxError | undefined, status: number | undefined): void;
}

/** A GET that should open an event stream. */
export class StreamCall extends HttpCall {
  readonly #context: TransportContext;
  readonly #target: HttpTarget;
  readonly #reader: StreamReader;
  #open = false;
  #status = 0;
  #headers: ResponseHeaders = {};
  #coding: string | undefined;
  #refusal: BodyCollector | undefined;

  constructor(target: HttpTarget, request: HttpRequest, context: TransportContext, reader: StreamReader) {
    super(target, request);
    this.#context = context;
    this.#target = target;
    this.#reader = reader;
  }

  protected override handleHead(status: number, headers: ResponseHeaders, coding: string | undefined): void {
    this.#status = status;
    this.#headers = headers;
    this.#coding = coding;
    if (status >= 300) {
      this.#refusal = new BodyCollector(REFUSAL_BYTES);
    } else if (bodyKind(headers) !== 'event-stream' || coding !== undefined) {
      this.fail(this.#notAStream());
    } else {
      this.#open = true;
      this.#reader.opened(status);
    }
  }

  protected override handleData(chunk: Buffer): void {
    if (this.#refusal === undefined) this.#reader.data(chunk);
    else if (!this.#refusal.push(chunk)) this.fail(this.#refused());
  }

  protected override handleEnd(): void {
    if (this.#refusal === undefined) this.#reader.ended(undefined, undefined);
    else this.#reader.ended(this.#refused(), this.#status);
  }

  protected override handleBroken(error: SignalboxError): void {
    this.#reader.ended(error, this.#open || this.#status === 0 ? undefined : this.#status);
  }

  #refused(): SignalboxError {
    return refusalError({
      server: this.#context.server,
      status: this.#status,
      headers: this.#headers,
      text: this.#coding === undefined ? this.#refusal!.text() : '',
      wallNowMs: this.#context.clock.wallNow(),
      requestId: this.requestId,
      conceal: (text) => this.#target.conceal(text),
      more: this.refusalDetails,
    });
  }

  #notAStream(): SignalboxError {
    const type = sanitizePeerText(firstHeader(this.#headers, 'content-type') ?? 'no content type', 80);
    const status = this.#status;
    return new SignalboxError(
      'BAD_RESPONSE',
      this.#coding === undefined
        ? `the server opened no event stream (HTTP ${status}, ${type}); check the URL`
        : `the server encodes its event stream as ${sanitizePeerText(this.#coding, 40)}, which was not asked for`,
      { server: this.#context.server, details: withRequestId({ status }, this.requestId) },
    );
  }
}
