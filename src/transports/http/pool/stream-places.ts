import type { Dispatcher } from 'undici';

/** Where a request goes whose answer stays open by design. */
export class StreamPlace {
  readonly dispatcher: Dispatcher;
  /** Where it counts, until it was left; undefined: nowhere. */
  #counted: StreamPlaces | undefined;

  constructor(dispatcher: Dispatcher, counted: StreamPlaces | undefined) {
    this.dispatcher = dispatcher;
    this.#counted = counted;
  }

  /** Its answer has ended. Idempotent. */
  leave(): void {
    this.#counted?.left();
    this.#counted = undefined;
  }
}

/**
 * Keeps answers that stay open for hours from taking the sockets that calls need: the pool of an origin is shared by all its
 * servers, and each of them may hold a stream. They get at most half of its sockets; further ones go beside the pool. Their
 * number is bounded by that of the clients, which hold one each and one for each subscription.
 */
export class StreamPlaces {
  readonly #pool: Dispatcher;
  readonly #most: number;
  readonly #makeOther: () => Dispatcher;
  #other: Dispatcher | undefined;
  #taken = 0;

  /** @param connections sockets of `pool` at most */
  constructor(pool: Dispatcher, connections: number, makeOther: () => Dispatcher) {
    this.#pool = pool;
    this.#most = Math.floor(connections / 2);
    this.#makeOther = makeOther;
  }

  take(): StreamPlace {
    if (this.#taken >= this.#most) {
      this.#other ??= this.#makeOther();
      return new StreamPlace(this.#other, undefined);
    }
    this.#taken++;
    return new StreamPlace(this.#pool, this);
  }

  /** @internal a place in the pool is free again */
  left(): void {
    this.#taken--;
  }

  async destroy(): Promise<void> {
    await this.#other?.destroy();
  }
}
