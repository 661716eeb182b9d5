import { type Deferred, deferred } from '../core/deferred.ts';
import type { CloseReason, Transport } from './transport.ts';

/** Whoever is told of the end of a transport. */
export interface TransportWatcher {
  /** Told once, in a microtask of its own. */
  transportClosed(reason: CloseReason): void;
}

/** Under this a transport of ours keeps its {@link TransportEnd}. */
export const END: unique symbol = Symbol('end');

/**
 * The end of a transport, behind `Transport.closed`. That promise is made for whoever asks for it: with the functions and
 * reactions that belong to one, it takes 400 bytes, and there is a transport for every idle server.
 */
export class TransportEnd {
  #reason: CloseReason | undefined;
  #watcher: TransportWatcher | undefined;
  #closed: Deferred<CloseReason> | undefined;

  get promise(): Promise<CloseReason> {
    if (this.#closed === undefined) {
      this.#closed = deferred();
      if (this.#reason !== undefined) this.#closed.resolve(this.#reason);
    }
    return this.#closed.promise;
  }

  /** The transport has ended, and everything is released. Only the first time counts. */
  resolve(reason: CloseReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    if (this.#watcher !== undefined) tell(this.#watcher, reason);
    this.#closed?.resolve(reason);
  }

  watchedBy(watcher: TransportWatcher): void {
    if (this.#reason !== undefined) tell(watcher, this.#reason);
    else if (this.#watcher === undefined) this.#watcher = watcher;
    else void this.promise.then((reason) => watcher.transportClosed(reason));
  }
}

/** Tells `watcher` when the transport has ended, also if it has already: by {@link END}, or by `closed` where it has none. */
export function watchEnd(transport: Transport & { [END]?: TransportEnd }, watcher: TransportWatcher): void {
  const end = transport[END];
  if (end === undefined) void transport.closed.then((reason) => watcher.transportClosed(reason));
  else end.watchedBy(watcher);
}

function tell(watcher: TransportWatcher, reason: CloseReason): void {
  queueMicrotask(() => watcher.transportClosed(reason));
}
