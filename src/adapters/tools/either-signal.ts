import { onAbort } from '../../core/abort.ts';

/**
 * Runs something with a signal that fires when either of two does. Nothing stays behind at them: `AbortSignal.any` keeps
 * what it made for as long as a long-lived source lives.
 */
export async function withEitherSignal<Value>(
  one: AbortSignal | undefined,
  other: AbortSignal | undefined,
  run: (signal: AbortSignal | undefined) => Promise<Value>,
): Promise<Value> {
  if (one === undefined || other === undefined || one === other) return await run(one ?? other);
  const either = new AbortController();
  const releases = [one, other].map((signal) => {
    if (signal.aborted) either.abort(signal.reason);
    return onAbort(signal, () => either.abort(signal.reason));
  });
  try {
    return await run(either.signal);
  } finally {
    for (const release of releases) release();
  }
}
