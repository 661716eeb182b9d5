import { abortError, onAbort, throwIfAborted } from './abort.ts';
import type { Clock } from './clock.ts';

/** How long one waits for something that goes on by itself. */
export interface WaitBounds {
  readonly signal: AbortSignal | undefined;
  /** On `now()` of the clock. */
  readonly deadlineAt: number;
}

/**
 * Waits for work that others wait for too and that nobody may end: only the waiting is bounded.
 * @throws REQUEST_ABORTED, what `overdue` makes, and what the work rejects with
 */
export async function withinTime<T>(
  work: Promise<T>,
  { signal, deadlineAt }: WaitBounds,
  clock: Clock,
  overdue: () => Error,
): Promise<T> {
  // Whoever leaves early must not leave a rejection behind that nobody handles.
  work.catch(() => undefined);
  throwIfAborted(signal);
  let end: (error: Error) => void = () => {};
  const over = new Promise<never>((_, reject) => {
    end = reject;
  });
  const timer = clock.setTimeout(() => end(overdue()), Math.max(0, deadlineAt - clock.now()));
  const release = onAbort(signal, () => end(abortError(signal!)));
  try {
    return await Promise.race([work, over]);
  } finally {
    timer.cancel();
    release();
  }
}
