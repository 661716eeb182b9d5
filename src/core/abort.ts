import { SignalboxError } from './errors.ts';

/** Something that ends when a signal fires. */
export interface AbortWatcher {
  aborted(): void;
}

/** The one real listener of a signal, and all that wait for it. */
class Watch {
  readonly watchers: Set<AbortWatcher> = new Set();
  readonly listener = (): void => {
    for (const watcher of [...this.watchers]) {
      // What one does about it may settle another, which then has stopped watching.
      if (this.watchers.has(watcher)) watcher.aborted();
    }
  };
}

const watches: WeakMap<AbortSignal, Watch> = new WeakMap();

/**
 * Tells `watcher` when `signal` fires. However many watch one signal, it has a single listener: a signal that is
 * shared by a thousand calls neither slows down nor triggers Node's warning of a leak.
 */
export function watchAbort(signal: AbortSignal, watcher: AbortWatcher): void {
  let watch = watches.get(signal);
  if (watch === undefined) {
    watch = new Watch();
    watches.set(signal, watch);
  }
  if (watch.watchers.size === 0) signal.addEventListener('abort', watch.listener);
  watch.watchers.add(watcher);
}

/** Ends {@link watchAbort}. The last to go takes the listener along. */
export function unwatchAbort(signal: AbortSignal, watcher: AbortWatcher): void {
  const watch = watches.get(signal);
  if (watch === undefined || !watch.watchers.delete(watcher)) return;
  if (watch.watchers.size === 0) signal.removeEventListener('abort', watch.listener);
}

const nothing = (): void => {};

/** Calls `listener` once when `signal` fires; the returned function takes it away again. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return nothing;
  const watcher: AbortWatcher = {
    aborted: () => {
      unwatchAbort(signal, watcher);
      listener();
    },
  };
  watchAbort(signal, watcher);
  return () => unwatchAbort(signal, watcher);
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
