import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import { ChangeBursts } from './change-bursts.ts';
import type { SubscriptionEvent } from './subscription.ts';
import { isListChange, type ListChange } from './subscription-event.ts';

/** What {@link SubscriptionListener} is made with. */
export interface SubscriptionListenerOptions {
  readonly server: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listener: (event: SubscriptionEvent) => void;
}

/** The listener of one subscription: what it throws harms nobody, and a storm of changes reaches it as a few. */
export class SubscriptionListener {
  readonly #options: SubscriptionListenerOptions;
  readonly #bursts: ChangeBursts<ListChange>;

  constructor(options: SubscriptionListenerOptions) {
    this.#options = options;
    const { clock } = options;
    this.#bursts = new ChangeBursts({ clock, tell: (type) => this.#call({ type }) });
  }

  tell(event: SubscriptionEvent): void {
    if (isListChange(event.type)) this.#bursts.note(event.type);
    else this.#call(event);
  }

  /** Nothing that is pending is told any more. */
  close(): void {
    this.#bursts.close();
  }

  #call(event: SubscriptionEvent): void {
    const { listener, logger, server } = this.#options;
    try {
      listener(event);
    } catch (error) {
      logger.error('a subscription listener failed', { server, error });
    }
  }
}
