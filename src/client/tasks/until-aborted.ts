import { abortError, onAbort, throwIfAborted } from '../../core/abort.ts';

/**
 * What `promise` settles with, or REQUEST_ABORTED as soon as `signal` fires. The work behind the promise goes on: a
 * request that is given up here is not cancelled on the wire.
 */
export async function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  server: string,
): Promise<T> {
  if (signal === undefined) return await promise;
  let release = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    release = onAbort(signal, () => reject(abortError(signal, server)));
  });
  try {
    throwIfAborted(signal, server);
    return await Promise.race([promise, aborted]);
  } finally {
    release();
    promise.catch(() => undefined);
  }
}
