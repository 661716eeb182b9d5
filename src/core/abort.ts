import { SignalboxError } from './errors.ts';

const nothing = (): void => {};

/** Calls `onAbort` when `signal` fires; the returned function takes the listener away again. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return nothing;
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/** The typed form of an aborted signal. */
export function abortError(signal: AbortSignal, server?: string): SignalboxError {
  if (SignalboxError.is(signal.reason)) return signal.reason;
  return new SignalboxError('REQUEST_ABORTED', 'the caller aborted the operation', {
    server,
    cause: signal.reason,
  });
}

/** Throws a typed error if `signal` has fired already. */
export function throwIfAborted(signal: AbortSignal | undefined, server?: string): void {
  if (signal?.aborted === true) throw abortError(signal, server);
}
