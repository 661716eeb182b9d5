import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { BodyCollector } from '../http/exchange/body-collector.ts';
import { HttpCall } from '../http/exchange/http-call.ts';
import type { HttpTarget } from '../http/exchange/http-request.ts';
import { REFUSAL_BYTES } from '../http/exchange/refusal.ts';
import type { RequestHeaders } from '../http/exchange/request-headers.ts';
import { firstHeader, type ResponseHeaders } from '../http/exchange/response-headers.ts';
import { answerError } from '../http/unusable-answer.ts';
import { type RestRequest, restrictedHeader } from './rest-request.ts';

/** JSON is what results are made of; a tool may answer with anything else. */
const ACCEPT = 'application/json, */*;q=0.5';

/** What a service answered, whatever its status; never a redirect. */
export interface RestAnswer {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** Complete, unless the status says no: then it is cut at 64 KiB, or where the connection broke. */
  readonly body: Buffer;
  /** The URL that answered: after redirects another than the one that was asked. */
  readonly url: URL;
  readonly requestId: string | undefined;
  /** What the source of the credentials has to say about a 401 or 403. */
  readonly more: Readonly<Record<string, unknown>> | undefined;
}

/** Hears what becomes of an exchange: `answered` or `broken` at most once, `released` once and last. */
export interface RestListener {
  /** The request was handed to a socket: the service may see it from now on. */
  sent(): void;
  answered(answer: RestAnswer): void;
  /** There is no answer, or none that can be read. */
  broken(error: SignalboxError): void;
  released(): void;
}

/** Where requests to a service go. */
export interface RestTarget extends HttpTarget {
  /** Of the entry. */
  readonly headers: RequestHeaders;
}

/** One request to a REST service and all of its answer, bounded. */
export class RestExchange extends HttpCall {
  readonly #target: RestTarget;
  readonly #listener: RestListener;
  #status = 0;
  #headers: ResponseHeaders = {};
  #body: BodyCollector | undefined;
  #isSent = false;

  /** @throws SignalboxError INVALID_ARGUMENT if the request would lead elsewhere, or bring a header that is not its own */
  constructor(target: RestTarget, request: RestRequest, listener: RestListener) {
    const { method, url, headers, cookie, body } = checked(target, request);
    const list = target.headers.plain(headers, ACCEPT, body?.type);
    if (cookie !== undefined && !list.includes('cookie')) list.push('cookie', cookie);
    super(target, { method, url, headers: list, body: body?.content ?? null });
    this.#target = target;
    this.#listener = listener;
  }

  get wasSent(): boolean {
    return this.#isSent;
  }

  protected override handleSent(): void {
    if (this.#isSent) return;
    this.#isSent = true;
    this.#listener.sent();
  }

  protected override handleHead(status: number, headers: ResponseHeaders, coding: string | undefined): void {
    const { limits } = this.#target;
    this.#status = status;
    this.#headers = headers;
    // Of a refusal the beginning is enough to tell what is wrong (F-076).
    this.#body = new BodyCollector(status >= 300 ? REFUSAL_BYTES : limits.bodyBytes);
    if (status >= 300) return;
    if (coding !== undefined) {
      const name = sanitizePeerText(coding, 40);
      const what = `the service encodes its answer as ${name}, which was not asked for; switch compression off there`;
      this.fail(this.#error('BAD_RESPONSE', what));
    } else if (Number(firstHeader(headers, 'content-length') ?? 0) > limits.bodyBytes)
      this.fail(this.#tooLarge());
  }

  protected override handleData(chunk: Buffer): void {
    if (this.#body!.push(chunk)) return;
    if (this.#status < 300) {
      this.fail(this.#tooLarge());
      return;
    }
    this.#answered();
    this.cancel();
  }

  protected override handleEnd(): void {
    this.#answered();
  }

  protected override handleBroken(error: SignalboxError): void {
    // That the service refuses has arrived, if not all that it says about it.
    if (this.#status >= 300) this.#answered();
    else this.#listener.broken(error);
  }

  protected override handleReleased(): void {
    this.#listener.released();
  }

  #answered(): void {
    this.#listener.answered({
      status: this.#status,
      headers: this.#headers,
      body: this.#body!.content(),
      url: this.url,
      requestId: this.requestId,
      more: this.refusalDetails,
    });
  }

  #tooLarge(): SignalboxError {
    return this.#error('BODY_TOO_LARGE', 'the body of the answer is larger than limits.bodyBytes');
  }

  #error(code: 'BAD_RESPONSE' | 'BODY_TOO_LARGE', message: string): SignalboxError {
    return answerError(code, message, {
      server: this.#target.server,
      status: this.#status,
      requestId: this.requestId,
    });
  }
}

/** The last word on what goes out: arguments have a part in it. */
function checked({ server, lease, http }: RestTarget, request: RestRequest): RestRequest {
  const refused = (why: string): SignalboxError =>
    new SignalboxError('INVALID_ARGUMENT', `the request to the service was not sent: ${why}`, { server });
  const { origin } = lease;
  if (request.url.origin !== origin) throw refused(`it leads to another origin than ${origin}`);
  for (const [name, value] of Object.entries(request.headers)) {
    const problem = restrictedHeader(name, value, http.requestIdHeader);
    if (problem !== undefined) throw refused(problem);
  }
  return request;
}
