import type { SignalboxErrorCode } from '../../core/error-codes.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { Outgoing } from '../transport.ts';
import { AnswerStream, type AnswerStreamOwner } from './answer-stream.ts';
import { BodyCollector } from './exchange/body-collector.ts';
import { withRequestId } from './exchange/request-id.ts';
import { bodyKind, firstHeader, type ResponseHeaders } from './exchange/response-headers.ts';
import type { HttpLink } from './http-link.ts';
import type { Lingerer } from './linger-list.ts';
import { PostExchange } from './post-exchange.ts';
import { isResumable, Resumption } from './resumption.ts';
import { readSessionHeader } from './session-id.ts';
import { answerError, unusableHead } from './unusable-answer.ts';

/** What is done with the body that arrives. */
type Reading = 'nothing' | 'json' | 'stream';

/** One message on its way by POST, and the answer to it. */
export class PostCall extends PostExchange implements AnswerStreamOwner {
  readonly #link: HttpLink;
  readonly #sessionId: string | undefined;
  #reading: Reading = 'nothing';
  #stream: AnswerStream | undefined;
  #lingerer: Lingerer | undefined;

  constructor(link: HttpLink, outgoing: Outgoing) {
    // A new session begins without the old one (2025-11-25, Session Management 4).
    const sessionId = outgoing.opensSession ? undefined : link.sessionId;
    const { href, headers } = link.endpoint;
    super(link, outgoing, href, headers.post(outgoing.headers, sessionId));
    this.#link = link;
    this.#sessionId = sessionId;
  }

  protected override handleAccepted(status: number, headers: ResponseHeaders): void {
    if (this.outgoing.opensSession && !this.#openSession(headers)) return;
    if (this.outgoing.expectsAnswer) this.#expectAnswer(status, headers);
  }

  protected override handleData(chunk: Buffer): void {
    if (this.#reading === 'stream') this.#stream!.push(chunk);
    else if (this.#reading === 'json') {
      if (!this.body!.push(chunk)) this.fail(this.#tooLarge());
    } else if (!this.isRefused) this.ignore(chunk);
    else if (!this.body!.push(chunk)) {
      this.cancel();
      this.refused(this.#sessionId);
    }
  }

  protected override handleEnd(): void {
    if (this.#reading === 'json') this.#answered();
    else if (this.#reading === 'stream') this.#streamOver(undefined);
    else if (this.isRefused) this.refused(this.#sessionId);
  }

  protected override handleBroken(error: SignalboxError): void {
    if (this.#reading === 'stream') this.#streamOver(error);
    else if (this.isRefused) this.refused(this.#sessionId);
    // A notification whose answer breaks off was accepted all the same: its status had arrived.
    else if (this.outgoing.expectsAnswer || this.status === 0) this.outgoing.failed(error);
  }

  protected override handleReleased(): void {
    super.handleReleased();
    if (this.#lingerer !== undefined) this.#link.linger.remove(this.#lingerer);
  }

  // --- AnswerStreamOwner ------------------------------------------------------------------------------------------

  answered(): void {
    this.#lingerer ??= this.#link.linger.add(this); // F-111
  }

  tooLarge(): void {
    this.fail(this.#error('FRAME_TOO_LARGE', 'an event of the answer is larger than limits.frameBytes'));
  }

  // --- answers ----------------------------------------------------------------------------------------------------

  #openSession(headers: ResponseHeaders): boolean {
    const session = readSessionHeader(headers['mcp-session-id']);
    if (session.kind === 'unusable') {
      this.fail(
        this.#error('BAD_RESPONSE', 'the server sent a session id that is not visible ASCII or too long'),
      );
      return false;
    }
    this.#link.sessionId = session.kind === 'id' ? session.id : undefined;
    return true;
  }

  #expectAnswer(status: number, headers: ResponseHeaders): void {
    const { server, limits } = this.#link.endpoint;
    const unusable = unusableHead({ server, status, requestId: this.requestId }, headers, this.coding);
    if (unusable !== undefined) {
      this.fail(unusable);
    } else if (bodyKind(headers) === 'json') {
      this.#reading = 'json';
      this.body = new BodyCollector(limits.bodyBytes);
      const announced = Number(firstHeader(headers, 'content-length') ?? 0);
      if (announced > limits.bodyBytes) this.fail(this.#tooLarge());
    } else {
      this.#reading = 'stream';
      this.#stream = new AnswerStream(this.#link, this.outgoing, this, status);
    }
  }

  #answered(): void {
    const body = this.body!;
    const text = body.bytes === 0 ? undefined : body.json();
    if (text === undefined) {
      const what = body.bytes === 0 ? 'is empty' : 'is not UTF-8';
      this.outgoing.failed(
        this.#error('BAD_RESPONSE', `the answer ${what}; the server or a proxy is broken`),
      );
      return;
    }
    this.#link.receiver.message(text, this.outgoing, this.status);
    if (this.outgoing.settled) return;
    // F-085: only one request went out on this exchange, so nothing else can be meant by its answer.
    const message = 'the answer does not match the request: wrong id, or no JSON-RPC response at all';
    this.outgoing.failed(this.#error('BAD_RESPONSE', message));
  }

  #streamOver(error: SignalboxError | undefined): void {
    const { outgoing } = this;
    if (outgoing.settled) return;
    const stream = this.#stream!;
    const broken = error === undefined || error.code === 'CONNECTION_LOST';
    if (broken && isResumable(outgoing, stream)) {
      new Resumption(this.#link, outgoing, stream, this.#sessionId, this.requestId).schedule();
      return;
    }
    const message = 'the server ended the event stream before the answer; the request may have been executed';
    const { server } = this.#link.endpoint;
    const details = withRequestId({ status: this.status }, this.requestId);
    const lost = { server, delivered: 'unknown', details } as const;
    outgoing.failed(error ?? new SignalboxError('CONNECTION_LOST', message, lost));
  }

  #tooLarge(): SignalboxError {
    return this.#error('BODY_TOO_LARGE', 'the body of the answer is larger than limits.bodyBytes');
  }

  #error(code: SignalboxErrorCode, message: string): SignalboxError {
    const { server } = this.#link.endpoint;
    return answerError(code, message, { server, status: this.status, requestId: this.requestId });
  }
}
