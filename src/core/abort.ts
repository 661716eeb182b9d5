import { SignalboxError } from './errors.ts';
import { LinkedList, type ListNode } from './linked-list.ts';

/** Something that ends when a signal fires. */
export interface AbortWatcher {
  aborted(): void;
}

/** The one real listener of a signal, and all that wait for it. */
class Watch {
  readonly watchers: LinkedList<AbortWatcher> = new LinkedList();
  readonly listener = (): void => {
    // What one does about it may settle another, which then has stopped watching and is not told.
    for (let first = this.watchers.first; first !== undefined; first = this.watchers.first) {
      this.watchers.removeFirst();
      first.aborted();
    }
  };
}

/** One that watches a signal, as {@link unwatchAbort} wants to have it. */
export type Watching = ListNode<AbortWatcher>;

const watches: WeakMap<AbortSignal, Watch> = new WeakMap();

/**
 * Tells `watcher` when `signal` fires. However many watch one signal, it has a single listener: a signal that is
 * shared by a thousand calls neither slows down nor triggers Node's warning of a leak.
 *
 * @returns what {@link unwatchAbort} ends it by
 */
export function watchAbort(signal: AbortSignal, watcher: AbortWatcher): Watching {
  let watch = watches.get(signal);
  if (watch === undefined) {
    watch = new Watch();
    watches.set(signal, watch);
  }
  if (watch.watchers.first === undefined) signal.addEventListener('abort', watch.listener);
  return watch.watchers.add(watcher);
}

/** Ends {@link watchAbort}. The last to go takes the listener along. */
export function unwatchAbort(signal: AbortSignal, watching: Watching): void {
  const watch = watches.get(signal);
  if (watch === undefined) return;
  watch.watchers.remove(watching);
  if (watch.watchers.first === undefined) signal.removeEventListener('abort', watch.listener);
}

const nothing = (): void => {};

/** Calls `listener` once when `signal` fires; the returned function takes it away again. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return nothing;
  const watcher: AbortWatcher = {
    aborted: () => {
      unwatchAbort(signal, watching);
      listener();
    },
  };
  const watching = watchAbort(signal, watcher);
  return () => unwatchAbort(signal, watching);
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
