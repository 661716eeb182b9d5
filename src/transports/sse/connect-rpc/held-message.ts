import type { LinkedList, ListNode } from '../../../core/linked-list.ts';
import type { LiveExchange } from '../../http/live-exchange.ts';
import type { Outgoing } from '../../transport.ts';

/** A message that waits until the connection can carry it: nothing of it has left. */
export class HeldMessage implements LiveExchange {
  readonly outgoing: Outgoing;
  readonly wasSent = false;
  readonly requestId = undefined;
  readonly bytes: number;
  readonly #queue: Set<HeldMessage>;
  readonly #live: LinkedList<LiveExchange>;
  readonly #place: ListNode<LiveExchange>;

  constructor(outgoing: Outgoing, queue: Set<HeldMessage>, live: LinkedList<LiveExchange>) {
    this.outgoing = outgoing;
    this.bytes = Buffer.byteLength(outgoing.text);
    this.#queue = queue;
    this.#live = live;
    outgoing.exchange = this;
    queue.add(this);
    this.#place = live.add(this);
  }

  /** Nobody waits for it any more, or it is about to leave. */
  cancel(): void {
    this.#queue.delete(this);
    this.#live.remove(this.#place);
    if (this.outgoing.exchange === this) this.outgoing.exchange = undefined;
  }
}
