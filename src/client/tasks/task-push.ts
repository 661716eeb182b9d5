import type { Subscription, SubscriptionEvent, SubscriptionFilter } from '../subscriptions/subscription.ts';

/** Tasks of one client that are pushed at the same time: each holds a stream, over HTTP a socket too. */
const MAX_PUSHED = 8;

/** Who may have a task pushed: the tasks of one client share it. */
export class PushPlaces {
  #taken = 0;

  take(): boolean {
    if (this.#taken >= MAX_PUSHED) return false;
    this.#taken++;
    return true;
  }

  giveBack(): void {
    this.#taken--;
  }
}

/** What {@link TaskPush} works with. */
export interface TaskPushOptions {
  readonly id: string;
  readonly places: PushPlaces;
  readonly subscribe: (
    filter: SubscriptionFilter,
    listener: (event: SubscriptionEvent) => void,
  ) => Promise<Subscription>;
  /** The parameters of `notifications/tasks`. */
  readonly onTask: (task: Readonly<Record<string, unknown>>) => void;
  /** The server tells from now on: what changed before may have been missed. */
  readonly onBegun: () => void;
}

/**
 * Has the changes of one task of the modern era told by the server (`subscriptions/listen`, `taskIds`). It is tried
 * once for each connection of our own making, and nothing depends on it: polling goes on, only slower.
 */
export class TaskPush {
  readonly #options: TaskPushOptions;
  #isTried = false;
  /** Which subscription the callbacks belong to: those of an older one are void. */
  #epoch = 0;
  #hasPlace = false;
  #subscription: Subscription | undefined;

  constructor(options: TaskPushOptions) {
    this.#options = options;
  }

  /** Whether the server tells of this task now. */
  get isOn(): boolean {
    return this.#subscription?.honored.taskIds?.includes(this.#options.id) === true;
  }

  /** Begins, unless it was tried already. */
  start(): void {
    if (this.#isTried || !this.#options.places.take()) return;
    this.#isTried = true;
    this.#hasPlace = true;
    void this.#subscribe(++this.#epoch);
  }

  /** Ends it; {@link start} may try again. */
  stop(): void {
    this.#epoch++;
    this.#isTried = false;
    void this.#subscription?.close();
    this.#subscription = undefined;
    this.#leave();
  }

  async #subscribe(epoch: number): Promise<void> {
    const { id, subscribe } = this.#options;
    try {
      const subscription = await subscribe({ taskIds: [id] }, (event) => {
        if (epoch === this.#epoch) this.#on(event);
      });
      const isHonored = subscription.honored.taskIds?.includes(id) === true;
      if (epoch === this.#epoch && isHonored) {
        this.#subscription = subscription;
        this.#options.onBegun();
      } else {
        await subscription.close();
      }
    } catch {
      // The server does not push: polling is enough.
    }
    if (epoch === this.#epoch && this.#subscription === undefined) this.#leave();
  }

  #on(event: SubscriptionEvent): void {
    if (event.type === 'taskUpdated') {
      this.#options.onTask(event.task);
    } else if (event.type === 'renewed') {
      this.#options.onBegun();
    } else if (event.type === 'ended') {
      this.#subscription = undefined;
      this.#leave();
    }
  }

  #leave(): void {
    if (this.#hasPlace) this.#options.places.giveBack();
    this.#hasPlace = false;
  }
}
