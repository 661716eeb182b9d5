import { type Deferred, deferred } from '../../core/deferred.ts';
import type { SignalboxError } from '../../core/errors.ts';
import type { Outgoing } from '../../transports/transport.ts';
import type { RequestId } from '../../wire/json-rpc.ts';

/** What an {@link OfficialOutgoing} is made with. */
export interface OfficialOutgoingInit {
  /** Of a request; undefined for anything else. */
  readonly id: RequestId | undefined;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly opensSession: boolean;
  readonly longLived: boolean;
  /** It failed after its sender was told that it had left. */
  readonly onLateFailure: (error: SignalboxError) => void;
}

/**
 * One message of the official client on its way out. A request is done when its answer has come, so that whatever goes
 * wrong until then reaches its caller with our error; anything else is done when it has left.
 */
export class OfficialOutgoing implements Outgoing {
  readonly id: RequestId | undefined;
  readonly text: string;
  readonly expectsAnswer: boolean;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly opensSession: boolean;
  readonly longLived: boolean;
  settled = false;
  exchange: unknown = undefined;
  readonly #done: Deferred<void> = deferred();
  readonly #onLateFailure: (error: SignalboxError) => void;
  #hasLeft = false;

  constructor(init: OfficialOutgoingInit) {
    this.id = init.id;
    this.text = init.text;
    this.expectsAnswer = init.id !== undefined;
    this.headers = init.headers;
    this.opensSession = init.opensSession;
    this.longLived = init.longLived;
    this.#onLateFailure = init.onLateFailure;
  }

  /** What the official client waits for. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Whether the message can have had an effect, as far as it is known now. */
  get delivered(): 'no' | 'unknown' {
    return this.#hasLeft ? 'unknown' : 'no';
  }

  flushed(): void {
    this.#hasLeft = true;
    if (!this.expectsAnswer) this.#done.resolve();
  }

  /** Its answer has come. */
  answered(): void {
    this.settled = true;
    this.#done.resolve();
  }

  failed(error: SignalboxError): void {
    if (this.settled) return;
    this.settled = true;
    if (this.#hasLeft && !this.expectsAnswer) this.#onLateFailure(error);
    else this.#done.reject(error);
  }
}
