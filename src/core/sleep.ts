import { abortError, onAbort, throwIfAborted } from './abort.ts';
import type { Clock } from './clock.ts';

/** Waits `delayMs`; rejects with REQUEST_ABORTED as soon as `signal` fires. */
export async function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  await new Promise<void>((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      release();
      resolve();
    }, delayMs);
    const release = onAbort(signal, () => {
      timer.cancel();
      reject(abortError(signal!));
    });
  });
}
