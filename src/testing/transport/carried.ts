import type { SignalboxError } from '../../core/errors.ts';
import type { Outgoing } from '../../transports/transport.ts';

/** Whoever stands between a message and the transport that carries it. */
export interface CarriedOwner {
  carriedFailed(carried: Carried, error: SignalboxError): void;
}

/**
 * A message as the transport inside sees it: what it is told goes through the owner, who may know better. Whether it
 * is settled is a question of the way inside: an answer that is held back has arrived there.
 */
export class Carried implements Outgoing {
  readonly original: Outgoing;
  readonly text: string;
  readonly opensSession: boolean;
  exchange: unknown = undefined;
  /** Its answer has arrived from inside, or its way has ended. */
  isOver = false;
  readonly #owner: CarriedOwner;

  /** @param text what leaves, in place of the text of the original */
  constructor(original: Outgoing, owner: CarriedOwner, text: string = original.text) {
    this.original = original;
    this.text = text;
    this.opensSession = original.opensSession;
    this.#owner = owner;
  }

  get expectsAnswer(): boolean {
    return this.original.expectsAnswer;
  }

  get headers(): Readonly<Record<string, string>> | undefined {
    return this.original.headers;
  }

  get longLived(): boolean {
    return this.original.longLived;
  }

  get settled(): boolean {
    return this.isOver || this.original.settled;
  }

  flushed(): void {
    this.original.flushed();
  }

  failed(error: SignalboxError): void {
    if (this.settled) return;
    this.isOver = true;
    this.#owner.carriedFailed(this, error);
  }
}

/** A second copy of a message: nobody is told what becomes of it. */
export class CarriedCopy implements Outgoing {
  readonly text: string;
  readonly expectsAnswer: boolean;
  readonly headers: Readonly<Record<string, string>> | undefined;
  // The session of the connection is that of the first copy.
  readonly opensSession = false;
  readonly longLived: boolean;
  exchange: unknown = undefined;
  settled = false;

  constructor({ text, expectsAnswer, headers, longLived }: Outgoing) {
    this.text = text;
    this.expectsAnswer = expectsAnswer;
    this.headers = headers;
    this.longLived = longLived;
  }

  flushed(): void {}

  failed(): void {
    this.settled = true;
  }
}
