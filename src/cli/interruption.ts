import { SignalboxError } from '../core/errors.ts';

/** What can end a command from outside. `EPIPE`: whoever read stdout is gone. */
export type InterruptionCause = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'EPIPE';

/** The wish that a command ends: the first time in good order, the second time at once. */
export class Interruption {
  readonly #first: AbortController = new AbortController();
  readonly #second: AbortController = new AbortController();
  #cause: InterruptionCause | undefined;

  /** The first cause; undefined while nobody wants an end. */
  get cause(): InterruptionCause | undefined {
    return this.#cause;
  }

  /** Fires at the first interruption: stop in good order. */
  get signal(): AbortSignal {
    return this.#first.signal;
  }

  /** Fires at the second interruption: stop at once. */
  get hurry(): AbortSignal {
    return this.#second.signal;
  }

  /** Notes an interruption; false if even the second one has been noted before. */
  interrupt(cause: InterruptionCause): boolean {
    const target = this.#first.signal.aborted ? this.#second : this.#first;
    if (target.signal.aborted) return false;
    this.#cause ??= cause;
    target.abort(new SignalboxError('REQUEST_ABORTED', `interrupted by ${cause}`));
    return true;
  }
}
