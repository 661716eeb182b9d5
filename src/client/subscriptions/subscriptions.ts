import { LateMap } from '../../core/late-map.ts';
import { LateSet } from '../../core/late-set.ts';
import type { Era } from '../../protocol/eras/era.ts';
import type { Session } from '../../protocol/session/session.ts';
import type { Params } from '../../wire/json-rpc.ts';
import type { ClientActivity } from '../activity/client-activity.ts';
import type { Caller } from '../calls/caller.ts';
import type { ClientEnvironment } from '../connection/connector.ts';
import { ListenStream } from './listen-stream.ts';
import type { Subscription, SubscriptionEvent, SubscriptionFilter } from './subscription.ts';
import { changeOf } from './subscription-event.ts';
import { SubscriptionListener } from './subscription-listener.ts';

/** What {@link Subscriptions} ask of their client. */
export interface SubscriptionsOwner {
  readonly name: string;
  readonly environment: ClientEnvironment;
  readonly caller: Caller;
  /** Is told when a subscription has ended that a lazy server stayed awake for. */
  readonly activity: ClientActivity;
  /** How a request that is prepared for tasks is dressed: the only one that may name tasks. */
  tasksEra(session: Session): Era | undefined;
  /** Hears every event of every subscription to a modern server, before its listener does. */
  subscribed(event: SubscriptionEvent): void;
}

/** How a subscription is kept. */
export interface SubscribeOptions {
  /**
   * Whether a lazy server stays awake for it. Default `true`; `false` for news that are wanted only while it is awake:
   * the subscription ends when the server goes to sleep.
   */
  readonly keepsAwake?: boolean | undefined;
}

interface LegacySubscription {
  readonly filter: SubscriptionFilter;
  readonly listener: SubscriptionListener;
}

/**
 * What an application wants to be told of, one face over both eras: a modern server is asked with
 * `subscriptions/listen`, one stream each; a legacy server tells of lists unasked, and of resources that were
 * subscribed to one by one. Both are renewed after a reconnection.
 */
export class Subscriptions {
  readonly #client: SubscriptionsOwner;
  readonly #streams: LateSet<ListenStream> = new LateSet();
  readonly #legacy: LateSet<LegacySubscription> = new LateSet();
  readonly #listeners: LateSet<SubscriptionListener> = new LateSet();
  /** Those of {@link #listeners} that a lazy server stays awake for. */
  readonly #wakeful: LateSet<SubscriptionListener> = new LateSet();
  /** How many subscriptions want each resource of a legacy server. */
  readonly #resources: LateMap<string, number> = new LateMap();

  constructor(client: SubscriptionsOwner) {
    this.#client = client;
  }

  /** Subscriptions that a lazy server stays awake for. */
  get wakeful(): number {
    return this.#wakeful.size;
  }

  async subscribe(
    filter: SubscriptionFilter,
    listener: (event: SubscriptionEvent) => void,
    { keepsAwake = true }: SubscribeOptions = {},
  ): Promise<Subscription> {
    const session = await this.#client.caller.session(undefined);
    const { name: server, environment } = this.#client;
    const { clock, logger } = environment;
    const guarded = new SubscriptionListener({ server, clock, logger, listener });
    this.#listeners.add(guarded);
    if (keepsAwake) this.#wakeful.add(guarded);
    try {
      return session.era?.name === 'modern'
        ? await this.#subscribeModern(filter, guarded)
        : await this.#subscribeLegacy(filter, guarded);
    } catch (error) {
      this.#dismiss(guarded);
      throw error;
    }
  }

  /** A new connection stands: what was subscribed is subscribed again. */
  connected(): void {
    for (const stream of this.#streams) stream.reopen();
    for (const uri of this.#resources.keys()) void this.#requestResource('resources/subscribe', uri);
    for (const { filter, listener } of this.#legacy) listener.tell({ type: 'renewed', honored: filter });
  }

  /** A notification that a legacy server sent unasked. */
  notified(method: string, params: Params): void {
    const change = changeOf(method);
    const uri = method === 'notifications/resources/updated' ? params['uri'] : undefined;
    for (const { filter, listener } of [...this.#legacy]) {
      if (change !== undefined && filter[change] === true) listener.tell({ type: change });
      else if (typeof uri === 'string' && coversResource(filter, uri))
        listener.tell({ type: 'resourceUpdated', uri });
    }
  }

  /** Ends all subscriptions; nothing is said to the server, whose connection ends too. */
  close(): void {
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
    this.#legacy.clear();
    this.#resources.clear();
    for (const listener of this.#listeners) this.#dismiss(listener);
  }

  async #subscribeModern(filter: SubscriptionFilter, guarded: SubscriptionListener): Promise<Subscription> {
    const { name, environment, caller } = this.#client;
    const tasksEra = (session: Session): Era | undefined => this.#client.tasksEra(session);
    const era = filter.taskIds === undefined ? undefined : tasksEra;
    const listener = (event: SubscriptionEvent): void => {
      this.#client.subscribed(event);
      guarded.tell(event);
    };
    const stream = new ListenStream({ name, environment, caller, filter, era, listener });
    this.#streams.add(stream);
    try {
      await stream.open();
    } catch (error) {
      this.#streams.delete(stream);
      throw error;
    }
    return {
      get honored() {
        return stream.honored;
      },
      close: () => {
        this.#streams.delete(stream);
        stream.close();
        this.#dismiss(guarded);
        return Promise.resolve();
      },
    };
  }

  async #subscribeLegacy(filter: SubscriptionFilter, listener: SubscriptionListener): Promise<Subscription> {
    const subscription: LegacySubscription = { filter, listener };
    const uris = [...new Set(filter.resources ?? [])];
    const taken: string[] = [];
    try {
      for (const uri of uris) {
        const users = this.#resources.get(uri) ?? 0;
        if (users === 0) await this.#client.caller.request('resources/subscribe', { uri }, {});
        this.#resources.set(uri, (this.#resources.get(uri) ?? 0) + 1);
        taken.push(uri);
      }
    } catch (error) {
      await this.#release(taken);
      throw error;
    }
    this.#legacy.add(subscription);
    return {
      honored: filter,
      close: async () => {
        this.#dismiss(listener);
        if (this.#legacy.delete(subscription)) await this.#release(taken);
      },
    };
  }

  async #release(uris: readonly string[]): Promise<void> {
    for (const uri of uris) {
      const users = (this.#resources.get(uri) ?? 1) - 1;
      if (users > 0) {
        this.#resources.set(uri, users);
      } else if (this.#resources.delete(uri)) {
        await this.#requestResource('resources/unsubscribe', uri);
      }
    }
  }

  /** Renewing and ending are tried; what fails is known to the log, and to nobody who could mend it. */
  async #requestResource(method: string, uri: string): Promise<void> {
    const { caller, environment, name } = this.#client;
    try {
      await caller.request(method, { uri }, {});
    } catch (error) {
      environment.logger.warn(`${method} failed`, { server: name, error: (error as Error).message });
    }
  }

  #dismiss(listener: SubscriptionListener): void {
    listener.close();
    this.#listeners.delete(listener);
    if (this.#wakeful.delete(listener)) this.#client.activity.used();
  }
}

/** A resource, or a part of one, that was subscribed to. */
function coversResource(filter: SubscriptionFilter, uri: string): boolean {
  return (
    filter.resources?.some((wanted) => uri === wanted || uri.startsWith(`${wanted.replace(/\/$/u, '')}/`)) ===
    true
  );
}
