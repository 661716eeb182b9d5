import type { Emitter } from '../../core/emitter.ts';
import type { WireCounters } from '../../protocol/session/wire-counters.ts';
import type { Params } from '../../wire/json-rpc.ts';
import type { ClientEvents, LogLevel } from '../client-events.ts';
import type { ClientEnvironment } from '../connection/connector.ts';
import type { UrlElicitations } from '../input/url-elicitations.ts';
import type { ResponseCache } from '../lists/response-cache.ts';
import type { Tasks } from '../tasks/tasks.ts';
import { ChangeBursts } from './change-bursts.ts';
import type { SubscriptionEvent } from './subscription.ts';
import { changeOf, isListChange, type ListChange } from './subscription-event.ts';
import type { Subscriptions } from './subscriptions.ts';

const LEVELS: ReadonlySet<unknown> = new Set([
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
]);

type ListName = 'tools' | 'resources' | 'prompts';

const LIST_OF: Readonly<Record<ListChange, ListName>> = {
  toolsListChanged: 'tools',
  resourcesListChanged: 'resources',
  promptsListChanged: 'prompts',
};

/** What {@link ServerNotifications} ask of their client. */
export interface NotificationsOwner {
  readonly environment: Pick<ClientEnvironment, 'clock'>;
  /** Those of the present or last connection. */
  readonly counters: WireCounters | undefined;
  readonly events: Emitter<ClientEvents>;
  readonly cache: ResponseCache;
  readonly urlElicitations: UrlElicitations;
  readonly subscriptions: Subscriptions;
  /** Undefined where there never was one. */
  readonly tasksSoFar: Tasks | undefined;
}

/** Brings what a server tells to everybody it concerns: cache, subscribers, listeners. */
export class ServerNotifications {
  readonly #client: NotificationsOwner;
  readonly #bursts: ChangeBursts<ListName>;

  constructor(client: NotificationsOwner) {
    this.#client = client;
    this.#bursts = new ChangeBursts({
      clock: client.environment.clock,
      tell: (list) => client.events.emit('listChanged', { list }),
      onDropped: () => {
        const { counters } = client;
        if (counters !== undefined) counters.coalescedChanges++;
      },
    });
  }

  /** The connection has ended: nothing that is pending is told any more. */
  close(): void {
    this.#bursts.close();
  }

  /** A notification that belongs to no request and no subscription. */
  handle(method: string, params: Params): void {
    const { events, urlElicitations } = this.#client;
    const change = changeOf(method);
    const { uri, level } = params;
    if (change !== undefined) {
      this.#listChanged(change);
    } else if (method === 'notifications/resources/updated' && typeof uri === 'string') {
      this.#client.cache.forgetResource(uri);
    } else if (method === 'notifications/elicitation/complete') {
      urlElicitations.completed(params['elicitationId']);
    } else if (method === 'notifications/tasks/status') {
      this.#client.tasksSoFar?.notified(params);
    } else if (method === 'notifications/message' && LEVELS.has(level)) {
      const { logger, data } = params;
      events.emit('log', {
        level: level as LogLevel,
        logger: typeof logger === 'string' ? logger : undefined,
        data,
      });
    } else {
      events.emit('notification', { method, params });
    }
    this.#client.subscriptions.notified(method, params);
  }

  /** An event of a subscription of the modern era: it concerns the whole client too. */
  subscribed(event: SubscriptionEvent): void {
    if (event.type === 'resourceUpdated') this.#client.cache.forgetResource(event.uri);
    else if (event.type === 'renewed') this.#client.cache.clear();
    else if (isListChange(event.type)) this.#listChanged(event.type);
  }

  /** A call was refused as if its tool were gone: to everybody it is as if the server had said so (F-126). */
  toolsDoubted(): void {
    this.#listChanged('toolsListChanged');
  }

  #listChanged(change: ListChange): void {
    const list = LIST_OF[change];
    // At once, whatever is told when: from now on nothing that is kept counts.
    this.#client.cache.forgetList(list);
    this.#bursts.note(list);
  }
}
