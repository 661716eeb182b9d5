import { messageWithoutHead, SignalboxError } from '../../../core/errors.ts';
import { BodyCollector } from '../../http/exchange/body-collector.ts';
import { HttpCall } from '../../http/exchange/http-call.ts';
import type { HttpRequest, HttpTarget } from '../../http/exchange/http-request.ts';
import { REFUSAL_BYTES, refusalError } from '../../http/exchange/refusal.ts';
import type { ResponseHeaders } from '../../http/exchange/response-headers.ts';
import { answerError } from '../../http/unusable-answer.ts';
import type { TransportContext } from '../../transport-context.ts';
import { type ConnectAnswer, readConnectAnswer } from './connect-answer.ts';

/** Who asked for the connection. */
export interface ConnectAsker {
  connected(answer: ConnectAnswer): void;
  refused(error: SignalboxError): void;
}

/** The POST that opens a connection. */
export class ConnectCall extends HttpCall {
  readonly #target: HttpTarget;
  readonly #context: TransportContext;
  readonly #asker: ConnectAsker;
  #status = 0;
  #headers: ResponseHeaders = {};
  #isReadable = true;
  #body: BodyCollector | undefined;

  constructor(target: HttpTarget, request: HttpRequest, context: TransportContext, asker: ConnectAsker) {
    super(target, request);
    this.#target = target;
    this.#context = context;
    this.#asker = asker;
  }

  protected override handleHead(status: number, headers: ResponseHeaders, coding: string | undefined): void {
    this.#status = status;
    this.#headers = headers;
    this.#isReadable = coding === undefined;
    this.#body = new BodyCollector(status < 300 ? this.#context.limits.bodyBytes : REFUSAL_BYTES);
  }

  protected override handleData(chunk: Buffer): void {
    if (this.#body!.push(chunk)) return;
    const { server } = this.#context;
    const facts = { server, status: this.#status, requestId: this.requestId };
    const message = 'the answer to connect is larger than limits.bodyBytes';
    this.fail(this.#status < 300 ? answerError('BODY_TOO_LARGE', message, facts) : this.#refusal());
  }

  protected override handleEnd(): void {
    if (this.#status >= 300) {
      this.#asker.refused(this.#refusal());
      return;
    }
    const answer = readConnectAnswer(this.#headers, this.#text());
    if (answer !== undefined) {
      this.#asker.connected(answer);
      return;
    }
    const facts = { server: this.#context.server, status: this.#status, requestId: this.requestId };
    const message = 'the server sent a session id that is not visible ASCII or too long';
    this.#asker.refused(answerError('BAD_RESPONSE', message, facts));
  }

  protected override handleBroken(error: SignalboxError): void {
    this.#asker.refused(error);
  }

  #text(): string {
    return this.#isReadable ? this.#body!.text() : '';
  }

  /** What every refusal is, with the request that it is about: it is not the one that people look for. */
  #refusal(): SignalboxError {
    const { server, clock } = this.#context;
    const error = refusalError({
      server,
      status: this.#status,
      headers: this.#headers,
      text: this.#text(),
      wallNowMs: clock.wallNow(),
      requestId: this.requestId,
      conceal: (text) => this.#target.conceal(text),
      more: this.refusalDetails,
    });
    if (this.#status !== 404 && this.#status !== 405) return error;
    const { code, retryable, delivered, details } = error;
    const message = `there is nothing to connect to at ${this.url.pathname}: ${messageWithoutHead(error)}`;
    return new SignalboxError(code, message, { server, retryable, delivered, details });
  }
}
