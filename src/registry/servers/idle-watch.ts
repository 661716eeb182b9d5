import type { ClientActivity } from '../../client/activity/client-activity.ts';
import type { Clock, Timer } from '../../core/clock.ts';

/** What an {@link IdleWatch} works with. */
export interface IdleWatchOptions {
  readonly clock: Clock;
  readonly activity: Pick<ClientActivity, 'quietMs' | 'used'>;
  /** After this time without use it is idle, in ms; Infinity: never. */
  readonly idleMs: number;
  /** Nobody has used it for that long. Called once, until {@link IdleWatch.begin}. */
  readonly idle: () => void;
}

/** Waits until nobody uses a connected server any more. It has one timer at most, and none while the server is away. */
export class IdleWatch {
  readonly #options: IdleWatchOptions;
  #timer: Timer | undefined;

  constructor(options: IdleWatchOptions) {
    this.#options = options;
  }

  /** The server is connected. */
  begin(): void {
    this.end();
    this.#options.activity.used();
    this.#look(this.#options.idleMs);
  }

  /** It is not connected any more. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #look(inMs: number): void {
    const { clock, activity, idleMs, idle } = this.#options;
    if (inMs === Number.POSITIVE_INFINITY) return;
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      // Seldom more than one more look: a server in use is asked again when it could be idle at the earliest.
      const leftMs = idleMs - activity.quietMs;
      if (leftMs > 0) this.#look(Math.max(1, leftMs));
      else idle();
    }, inMs);
    this.#timer.unref();
  }
}
