import type { Dispatcher } from 'undici';
import type {
  CredentialHeaders,
  CredentialRequest,
  CredentialSource,
  CredentialVerdict,
} from '../../../auth/credential-source.ts';
import { SignalboxError } from '../../../core/errors.ts';
import type { PoolStream } from '../pool/pool-lease.ts';
import { decodingError } from '../unusable-answer.ts';
import { BodyDecoder, isDecodable } from './body-decoder.ts';
import { HeldRefusal, isCredentialRefusal } from './held-refusal.ts';
import { httpError, isUnwritten } from './http-error.ts';
import type { HttpMethod, HttpRequest, HttpTarget } from './http-request.ts';
import { isRedirect, redirectTarget } from './redirect.ts';
import { REFUSAL_BYTES } from './refusal.ts';
import { nextRequestId, withRequestId } from './request-id.ts';
import { bodyKind, contentCoding, firstHeader, type ResponseHeaders } from './response-headers.ts';

/** Interim answers (1xx) before the final one; more is abuse (F-097). */
const MAX_INTERIM = 20;
/** Header lines of one answer; the block itself is bounded in bytes by the pool (F-074). */
const MAX_HEADER_LINES = 256;

/** Never seen by anybody: a call that is cancelled reports nothing. */
const CANCELLED = new Error('cancelled');

/**
 * One exchange with undici, followed across redirects: hides its life cycle behind five hooks, of which
 * `handleReleased` comes exactly once and last, whatever happened.
 */
export abstract class HttpCall implements Dispatcher.DispatchHandler, CredentialRequest {
  /** What the request is numbered with; undefined if it is not. */
  readonly requestId: string | undefined;
  readonly #target: HttpTarget;
  readonly #request: HttpRequest;
  #url: URL | string;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;
  #sent = false;
  #answered = false;
  #repeated = false;
  #interim = 0;
  #hops = 0;
  #next: URL | undefined;
  #skipped = 0;
  #decoder: BodyDecoder | undefined;
  #bodyBytes = 0;
  /** How many of the headers belong to the request itself; credentials stand behind them. */
  #ownHeaders: number;
  #sentCredentials: CredentialHeaders | undefined;
  /** A 401 or 403, held back or handed on. */
  #refusal: HeldRefusal | undefined;
  #refusals = 0;
  /** The way of a request whose answer stays open. */
  #stream: PoolStream | undefined;

  constructor(target: HttpTarget, request: HttpRequest) {
    this.#target = target;
    this.#request = request;
    this.#url = request.url;
    const { requestIdHeader } = target.http;
    // A header of this name that the user set wins; what its value means only the user knows.
    if (requestIdHeader !== false && !request.headers.includes(requestIdHeader)) {
      this.requestId = nextRequestId();
      request.headers.push(requestIdHeader, this.requestId);
    }
    this.#ownHeaders = request.headers.length;
  }

  /** The request was handed to a socket: the peer may see it from now on. Once for each redirect. */
  protected handleSent(): void {}
  /**
   * Status and headers have arrived; never 1xx, never a redirect.
   *
   * @param coding the content coding, if `handleData` will get the body with it; undefined if it is plain or undone
   */
  protected abstract handleHead(status: number, headers: ResponseHeaders, coding: string | undefined): void;
  protected abstract handleData(chunk: Buffer): void;
  /** The body is complete. */
  protected abstract handleEnd(): void;
  /** There will be no (more) answer. */
  protected abstract handleBroken(error: SignalboxError): void;
  /** The call is over: ended, broken or cancelled. */
  protected handleReleased(): void {}

  /** The URL that answers: after redirects another than the one that was asked. */
  get url(): URL {
    if (typeof this.#url === 'string') this.#url = new URL(this.#url);
    return this.#url;
  }

  get method(): HttpMethod {
    return this.#request.method;
  }

  /** What the source of the credentials has to say about the refusal that is handed on. */
  protected get refusalDetails(): Readonly<Record<string, unknown>> | undefined {
    return this.#refusal?.details;
  }

  get isOver(): boolean {
    return this.#over;
  }

  start(): void {
    const { credentials } = this.#target;
    if (credentials === undefined) this.#dispatch();
    else this.#authorize(credentials);
  }

  /** Gives the exchange up; no hook but `handleReleased` is called any more. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#decoder?.destroy();
    this.#release();
    this.#controller?.abort(CANCELLED);
  }

  /** Gives the exchange up because of what arrived. */
  protected fail(error: SignalboxError): void {
    if (this.#over) return;
    this.#over = true;
    this.#decoder?.destroy();
    this.#controller?.abort(CANCELLED);
    this.handleBroken(error);
    this.#release();
  }

  // --- called by undici -------------------------------------------------------------------------------------------

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Cancelled while it waited for a socket: throwing takes it out of the queue and leaves the socket alone, which
    // abort() would destroy.
    if (this.#over) throw CANCELLED;
    this.#controller = controller;
    this.#sent = true;
    const { tally } = this.#target;
    if (tally !== undefined) tally.bytesSent += this.#bodyBytes;
    this.handleSent();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (this.#over) return;
    if (status < 200) {
      this.#interim++;
      if (this.#interim > MAX_INTERIM) this.#bad(`more than ${MAX_INTERIM} interim answers`, status);
      return;
    }
    this.#answered = true;
    const lines = Array.isArray(controller.rawHeaders) ? controller.rawHeaders.length / 2 : 0;
    if (lines > MAX_HEADER_LINES) {
      this.#bad(`more than ${MAX_HEADER_LINES} header lines`, status);
      return;
    }
    const { credentials } = this.#target;
    if (credentials !== undefined) credentials.answered?.(this, headers);
    if (isRedirect(status)) this.#redirect(status, headers);
    else if (credentials !== undefined && isCredentialRefusal(status)) {
      this.#refusal = new HeldRefusal(controller, status, headers);
    } else this.#head(controller, status, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    const { tally } = this.#target;
    if (tally !== undefined) tally.bytesReceived += chunk.length;
    if (this.#refusal?.isHeld === true) {
      // Enough to tell what is wrong; the rest is not waited for.
      if (!this.#refusal.push(chunk)) controller.abort(CANCELLED);
      return;
    }
    if (this.#next === undefined) {
      this.#data(controller, chunk);
      return;
    }
    this.#skipped += chunk.length;
    if (this.#skipped > REFUSAL_BYTES) this.#bad('a redirect with an endless body', 0);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    if (this.#refusal?.isHeld === true) this.#ask(this.#refusal);
    else this.#end();
  }

  #end(): void {
    if (this.#next !== undefined) this.#follow(this.#next);
    else if (this.#decoder !== undefined) this.#decoder.end(undefined);
    else this.#finish(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#over) return;
    if (this.#refusal?.isHeld === true) {
      // What the server says about its refusal is cut short; that it refuses has arrived.
      this.#ask(this.#refusal);
      return;
    }
    const { server, lease } = this.#target;
    const { origin, proxy } = lease;
    const unwritten = isUnwritten(error, this.#sent, origin);
    if (unwritten && !this.#answered && !this.#repeated) {
      this.#repeat();
      return;
    }
    const sent = this.#sent && !unwritten;
    const broken = httpError(error, { server, origin, proxy, sent, requestId: this.requestId });
    if (this.#decoder === undefined) this.#finish(broken);
    else this.#decoder.end(broken);
  }

  // --- credentials ------------------------------------------------------------------------------------------------

  #authorize(credentials: CredentialSource): void {
    const held = credentials.headers(this);
    if (held instanceof Promise) {
      held.then(
        (headers) => this.#dispatchWith(headers),
        (error: unknown) => this.fail(this.#asFault(error)),
      );
    } else this.#dispatchWith(held);
  }

  #dispatchWith(credentials: CredentialHeaders | undefined): void {
    if (this.#over) return;
    const { headers } = this.#request;
    headers.length = this.#ownHeaders;
    if (credentials !== undefined) {
      this.#makeWay(credentials);
      headers.push(...credentials);
    }
    this.#sentCredentials = credentials;
    this.#dispatch();
  }

  /** A header that the request brings itself must not stand in for a credential: its value may be that of an argument. */
  #makeWay(credentials: CredentialHeaders): void {
    const { headers } = this.#request;
    for (let name = 0; name < credentials.length; name += 2) {
      const twin = headers.indexOf(credentials[name]!);
      if (twin < 0 || twin % 2 === 1) continue;
      headers.splice(twin, 2);
      this.#ownHeaders -= 2;
    }
  }

  #dispatch(): void {
    const { method, headers } = this.#request;
    const { body: given } = this.#request;
    // undici would do the same with text; so its length is known without a look at the text.
    const body = typeof given === 'string' ? Buffer.from(given) : given;
    this.#bodyBytes = body?.length ?? 0;
    const { lease } = this.#target;
    const url = this.#url;
    const path = typeof url === 'string' ? url.slice(lease.origin.length) : `${url.pathname}${url.search}`;
    const way = this.#request.staysOpen === true ? (this.#stream ??= lease.openStream()) : lease;
    way.dispatch({ method, path, headers, body }, this);
  }

  /** F-079: refused before execution, so the same request may be made again as soon as there are other credentials. */
  #ask(refusal: HeldRefusal): void {
    this.#controller = undefined;
    this.#refusals++;
    // A copy: whoever keeps what it was told of must not keep the exchange.
    const request = { method: this.method, url: this.url };
    const facts = { request, sent: this.#sentCredentials, refusals: this.#refusals };
    this.#target.credentials!.refused(refusal.facts(facts)).then(
      (verdict) => this.#decided(refusal, verdict),
      (error: unknown) => this.fail(this.#asFault(error)),
    );
  }

  #decided(refusal: HeldRefusal, verdict: CredentialVerdict): void {
    if (this.#over) return;
    refusal.isHeld = false;
    switch (verdict.kind) {
      case 'again':
        this.#refusal = undefined;
        this.#answered = false;
        this.#restart();
        return;
      case 'denied':
        this.fail(verdict.error);
        return;
      case 'leave':
        refusal.details = verdict.details;
        this.#head(refusal.controller, refusal.status, refusal.headers);
        for (const chunk of refusal.chunks) {
          if (!this.#over) this.#data(refusal.controller, chunk);
        }
        if (!this.#over) this.#end();
        return;
    }
  }

  #asFault(error: unknown): SignalboxError {
    if (SignalboxError.is(error)) return error;
    const { server } = this.#target;
    return new SignalboxError('INTERNAL', 'the credentials could not be had', { server, cause: error });
  }

  // --- the rest ---------------------------------------------------------------------------------------------------

  #data(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#decoder === undefined) this.handleData(chunk);
    else if (!this.#decoder.push(chunk)) controller.pause();
  }

  #head(controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    const coding = contentCoding(headers);
    const { http, limits, server } = this.#target;
    if (coding === undefined || !http.compression || !isDecodable(coding)) {
      this.handleHead(status, headers, coding);
      return;
    }
    const mayEndAnywhere = bodyKind(headers) === 'event-stream';
    this.#decoder = new BodyDecoder(
      { coding, maxRatio: limits.compressionRatio, mayEndAnywhere },
      {
        data: (chunk) => this.handleData(chunk),
        drained: () => controller.resume(),
        done: (fault, broken) => {
          if (fault === undefined || broken !== undefined) this.#finish(broken);
          else this.fail(decodingError(fault, { server, status, requestId: this.requestId }));
        },
      },
    );
    this.handleHead(status, headers, undefined);
  }

  #finish(error: SignalboxError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    if (error === undefined) this.handleEnd();
    else this.handleBroken(error);
    this.#release();
  }

  #release(): void {
    this.#stream?.end();
    this.handleReleased();
  }

  /** F-091: nothing can have happened, so a second attempt is nobody's business. One: the next socket is a new one. */
  #repeat(): void {
    this.#repeated = true;
    this.#restart();
  }

  #follow(next: URL): void {
    this.#url = next;
    this.#next = undefined;
    this.#hops++;
    this.#skipped = 0;
    this.#answered = false;
    this.#restart();
  }

  #restart(): void {
    // What came before executed nothing: the next attempt starts with a clean record.
    this.#sent = false;
    this.#controller = undefined;
    // undici is still busy with the socket that brought us here, and must not be given it again.
    queueMicrotask(() => {
      if (!this.#over) this.start();
    });
  }

  #redirect(status: number, headers: ResponseHeaders): void {
    const { server, http } = this.#target;
    const target = redirectTarget({
      server,
      method: this.#request.method,
      status,
      from: this.url,
      location: firstHeader(headers, 'location'),
      hops: this.#hops,
      maxHops: http.maxRedirects,
      requestId: this.requestId,
    });
    if (target instanceof SignalboxError) this.fail(target);
    else this.#next = target;
  }

  #bad(what: string, status: number): void {
    this.fail(
      new SignalboxError('BAD_RESPONSE', `the server sent ${what}; check the URL and the proxies before it`, {
        server: this.#target.server,
        delivered: 'unknown',
        details: withRequestId({ status }, this.requestId),
      }),
    );
  }
}
