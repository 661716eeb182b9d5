import type { Established } from './connector.ts';

/**
 * Why attempts are made. `asked`: somebody called `connect`; limited attempts. `repair`: a connection was lost; goes
 * on until it stands. `careful`: a single look after a long pause, in the background; it becomes `asked` if somebody
 * calls `connect` meanwhile.
 */
export type RunKind = 'asked' | 'repair' | 'careful';

/** One run of attempts, shared by everybody who waits for the connection. */
export class AttemptRun {
  kind: RunKind;
  readonly promise: Promise<Established>;
  /** Who waits for it now. */
  waiters = 0;
  readonly #abort: AbortController = new AbortController();

  /** The body starts a microtask later: by then the run is known to whoever started it. */
  constructor(kind: RunKind, body: (run: AttemptRun) => Promise<Established>) {
    this.kind = kind;
    this.promise = Promise.resolve().then(() => body(this));
    // Waiters see the rejection; without any, the state tells it.
    this.promise.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  abort(reason: Error): void {
    this.#abort.abort(reason);
  }
}
