import type { SignalboxError } from '../../core/errors.ts';
import type { Outgoing } from '../../transports/transport.ts';

/** A message that nobody answers: a notification, or our response to a server's request. */
export class OneWay implements Outgoing {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly expectsAnswer = false;
  readonly opensSession = false;
  readonly longLived = false;
  settled = false;
  exchange: unknown = undefined;
  readonly #onFailure: (error: SignalboxError) => void;

  constructor(
    text: string,
    headers: Readonly<Record<string, string>> | undefined,
    onFailure: (error: SignalboxError) => void,
  ) {
    this.text = text;
    this.headers = headers;
    this.#onFailure = onFailure;
  }

  flushed(): void {}

  failed(error: SignalboxError): void {
    if (this.settled) return;
    this.settled = true;
    this.#onFailure(error);
  }
}
