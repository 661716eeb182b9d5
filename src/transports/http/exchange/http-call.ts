import type { Dispatcher } from 'undici';
import { SignalboxError } from '../../../core/errors.ts';
import type { PoolLease } from '../pool-cache.ts';
import { httpError } from './http-error.ts';
import { isRedirect, redirectTarget } from './redirect.ts';
import { REFUSAL_BYTES } from './refusal.ts';
import { firstHeader, type ResponseHeaders } from './response-headers.ts';

/** One HTTP request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: URL;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: string | null;
}

/** Where requests go. */
export interface HttpTarget {
  readonly server: string;
  readonly lease: PoolLease;
}

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
export abstract class HttpCall implements Dispatcher.DispatchHandler {
  readonly #target: HttpTarget;
  readonly #request: HttpRequest;
  #url: URL;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;
  #sent = false;
  #interim = 0;
  #hops = 0;
  #next: URL | undefined;
  #skipped = 0;

  constructor(target: HttpTarget, request: HttpRequest) {
    this.#target = target;
    this.#request = request;
    this.#url = request.url;
  }

  /** The request was handed to a socket: the peer may see it from now on. Once for each redirect. */
  protected handleSent(): void {}
  /** Status and headers have arrived; never 1xx, never a redirect. */
  protected abstract handleHead(status: number, headers: ResponseHeaders): void;
  protected abstract handleData(chunk: Buffer): void;
  /** The body is complete. */
  protected abstract handleEnd(): void;
  /** There will be no (more) answer. */
  protected abstract handleBroken(error: SignalboxError): void;
  /** The call is over: ended, broken or cancelled. */
  protected handleReleased(): void {}

  /** The URL that answers: after redirects another than the one that was asked. */
  get url(): URL {
    return this.#url;
  }

  get isOver(): boolean {
    return this.#over;
  }

  start(): void {
    const { method, headers, body } = this.#request;
    const path = `${this.#url.pathname}${this.#url.search}`;
    this.#target.lease.dispatch({ method, path, headers, body }, this);
  }

  /** Gives the exchange up; no hook but `handleReleased` is called any more. */
  cancel(): void {
    if (this.#over) return;
    this.#finish();
    this.#controller?.abort(CANCELLED);
  }

  /** Gives the exchange up because of what arrived. */
  protected fail(error: SignalboxError): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller?.abort(CANCELLED);
    this.handleBroken(error);
    this.handleReleased();
  }

  // --- called by undici -------------------------------------------------------------------------------------------

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Cancelled while it waited for a socket: throwing takes it out of the queue and leaves the socket alone, which
    // abort() would destroy.
    if (this.#over) throw CANCELLED;
    this.#controller = controller;
    this.#sent = true;
    this.handleSent();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (this.#over) return;
    if (status < 200) {
      this.#interim++;
      if (this.#interim > MAX_INTERIM) this.#bad(`more than ${MAX_INTERIM} interim answers`, status);
      return;
    }
    const lines = Array.isArray(controller.rawHeaders) ? controller.rawHeaders.length / 2 : 0;
    if (lines > MAX_HEADER_LINES) this.#bad(`more than ${MAX_HEADER_LINES} header lines`, status);
    else if (isRedirect(status)) this.#redirect(status, headers);
    else this.handleHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    if (this.#next === undefined) {
      this.handleData(chunk);
      return;
    }
    this.#skipped += chunk.length;
    if (this.#skipped > REFUSAL_BYTES) this.#bad('a redirect with an endless body', 0);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    if (this.#next !== undefined) {
      this.#url = this.#next;
      this.#next = undefined;
      this.#hops++;
      // The redirect executed nothing: the next hop starts with a clean record.
      this.#sent = false;
      this.#skipped = 0;
      this.#controller = undefined;
      this.start();
      return;
    }
    this.#over = true;
    this.handleEnd();
    this.handleReleased();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#over) return;
    this.#over = true;
    const { server, lease } = this.#target;
    this.handleBroken(httpError(error, { server, origin: lease.origin, sent: this.#sent }));
    this.handleReleased();
  }

  #finish(): void {
    this.#over = true;
    this.handleReleased();
  }

  #redirect(status: number, headers: ResponseHeaders): void {
    const target = redirectTarget({
      server: this.#target.server,
      method: this.#request.method,
      status,
      from: this.#url,
      location: firstHeader(headers, 'location'),
      hops: this.#hops,
    });
    if (target instanceof SignalboxError) this.fail(target);
    else this.#next = target;
  }

  #bad(what: string, status: number): void {
    this.fail(
      new SignalboxError('BAD_RESPONSE', `the server sent ${what}; check the URL and the proxies before it`, {
        server: this.#target.server,
        delivered: 'unknown',
        details: { status },
      }),
    );
  }
}
