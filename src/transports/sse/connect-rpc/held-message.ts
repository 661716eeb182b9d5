import type { LiveExchange } from '../../http/live-exchange.ts';
import type { Outgoing } from '../../transport.ts';

/** A message that waits until the connection can carry it: nothing of it has left. */
export class HeldMessage implements LiveExchange {
  readonly outgoing: Outgoing;
  readonly wasSent = false;
  readonly requestId = undefined;
  readonly bytes: number;
  readonly #queue: Set<HeldMessage>;
  readonly #live: Set<LiveExchange>;

  constructor(outgoing: Outgoing, queue: Set<HeldMessage>, live: Set<LiveExchange>) {
    this.outgoing = outgoing;
    this.bytes = Buffer.byteLength(outgoing.text);
    this.#queue = queue;
    this.#live = live;
    outgoing.exchange = this;
    queue.add(this);
    live.add(this);
  }

  /** Nobody waits for it any more, or it is about to leave. */
  cancel(): void {
    this.#queue.delete(this);
    this.#live.delete(this);
    if (this.outgoing.exchange === this) this.outgoing.exchange = undefined;
  }
}
