import { abortError, onAbort, throwIfAborted } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';

/** The call that input is wanted for. */
export interface InputTime {
  /** Of the server. */
  readonly name: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** When the time of the call is over, on `now()` of the clock. */
  readonly endsAt: number;
  readonly method: string;
}

/**
 * Lets a person or a model take their time, but no more than the call has.
 * @throws SignalboxError REQUEST_TIMEOUT, REQUEST_ABORTED, and what the work rejects with
 */
export async function inputTime<T>(
  { name, clock, signal, endsAt, method }: InputTime,
  work: (bounded: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const timer = clock.setTimeout(() => {
    const message = `${method} got no input within the time of the call`;
    over.abort(new SignalboxError('REQUEST_TIMEOUT', message, { server: name, delivered: 'yes' }));
  }, endsAt - clock.now());
  const bounded = AbortSignal.any([signal, over.signal]);
  let release = (): void => {};
  const ended = new Promise<never>((_, reject) => {
    release = onAbort(bounded, () => reject(abortError(bounded, name)));
  });
  try {
    throwIfAborted(bounded, name);
    // A handler that does not listen to its signal must not hold the call.
    return await Promise.race([work(bounded), ended]);
  } catch (error) {
    // Whoever still works on another input learns that it is not wanted.
    over.abort(error);
    throw error;
  } finally {
    timer.cancel();
    release();
  }
}
