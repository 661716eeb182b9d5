import { type Deferred, deferred } from '../../core/deferred.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { Outgoing } from '../../transports/transport.ts';
import type { RequestId } from '../../wire/json-rpc.ts';
import type { ContractMessageParts } from './contract-subject.ts';
import type { ViolationBook } from './contract-violation.ts';

/** How a message ended. */
export type MessageOutcome =
  | { readonly kind: 'answered'; readonly result: Readonly<Record<string, unknown>> }
  | { readonly kind: 'failed'; readonly error: SignalboxError };

/** A message on its way out that watches over what the transport reports on it. */
export class ContractMessage implements Outgoing {
  readonly id: RequestId | undefined;
  readonly text: string;
  readonly expectsAnswer: boolean;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly opensSession: boolean;
  readonly longLived = false;
  settled = false;
  exchange: unknown = undefined;
  /** What it is, for people. */
  readonly what: string;
  readonly #book: ViolationBook;
  readonly #outcome: Deferred<MessageOutcome> = deferred();
  readonly #left: Deferred<void> = deferred();
  #flushes = 0;
  #end: 'answered' | 'failed' | 'given up' | undefined;
  #error: SignalboxError | undefined;

  /** @param id of a request; undefined for a notification */
  constructor(
    id: number | undefined,
    parts: ContractMessageParts,
    book: ViolationBook,
    opensSession = false,
  ) {
    const { method, params, headers } = parts;
    this.id = id;
    this.text = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    this.headers = headers;
    this.opensSession = opensSession;
    this.expectsAnswer = id !== undefined;
    this.what = id === undefined ? `the notification ${method}` : `the request ${method} (id ${id})`;
    this.#book = book;
  }

  get wasFlushed(): boolean {
    return this.#flushes > 0;
  }

  /** What it failed with, if it did. */
  get error(): SignalboxError | undefined {
    return this.#error;
  }

  /** Settles when it is answered or has failed; never if it is given up. */
  get outcome(): Promise<MessageOutcome> {
    return this.#outcome.promise;
  }

  /** Resolves when it is flushed or has failed. */
  get left(): Promise<void> {
    return this.#left.promise;
  }

  flushed(): void {
    this.#flushes++;
    if (this.#flushes > 1) this.#note(`flushed() was called ${this.#flushes} times for ${this.what}`);
    if (this.#end === 'failed') this.#note(`flushed() was called for ${this.what} after failed()`);
    if (this.#end === 'answered') this.#note(`flushed() was called for ${this.what} only after its answer`);
    this.#left.resolve();
  }

  failed(error: SignalboxError): void {
    if (this.#end === 'failed') this.#note(`failed() was called twice for ${this.what}`);
    if (this.#end === 'answered') this.#note(`failed() was called for ${this.what} after its answer`);
    if (!SignalboxError.is(error))
      this.#note(`${this.what} failed with what is no SignalboxError: ${String(error)}`);
    if (this.settled) return;
    this.#end = 'failed';
    this.settled = true;
    this.#error = error;
    this.#outcome.resolve({ kind: 'failed', error });
    this.#left.resolve();
  }

  /** Its answer has arrived. */
  answered(result: Readonly<Record<string, unknown>>): void {
    if (this.#end === 'answered') this.#note(`the answer to ${this.what} was delivered twice`);
    if (this.#end === 'failed') this.#note(`the answer to ${this.what} was delivered after failed()`);
    if (this.settled) return;
    if (this.#flushes === 0) this.#note(`the answer to ${this.what} was delivered before flushed()`);
    this.#end = 'answered';
    this.settled = true;
    this.#outcome.resolve({ kind: 'answered', result });
  }

  /** Nobody waits for it any more, as a caller does who lost patience. */
  giveUp(): void {
    if (this.settled) return;
    this.#end = 'given up';
    this.settled = true;
  }

  #note(violation: string): void {
    this.#book.note(violation);
  }
}
