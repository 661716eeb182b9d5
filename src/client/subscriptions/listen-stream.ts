import type { Timer } from '../../core/clock.ts';
import { type Deferred, deferred } from '../../core/deferred.ts';
import { RemoteError, SignalboxError } from '../../core/errors.ts';
import type { Era } from '../../protocol/eras/era.ts';
import type { Session } from '../../protocol/session/session.ts';
import { fullJitter } from '../../resilience/backoff.ts';
import { isObject, type Params } from '../../wire/json-rpc.ts';
import type { Caller } from '../calls/caller.ts';
import type { ClientEnvironment } from '../connection/connector.ts';
import type { SubscriptionEvent, SubscriptionFilter } from './subscription.ts';
import { eventOf } from './subscription-event.ts';

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';

/** How long a server may take to acknowledge, in ms. */
const ACKNOWLEDGE_MS = 30_000;
/** A stream that stood this long makes earlier failures forgotten, in ms. */
const STABLE_MS = 60_000;
const BACKOFF = { baseMs: 1000, maxMs: 30_000 };

export interface ListenStreamOptions {
  readonly name: string;
  readonly environment: ClientEnvironment;
  readonly caller: Caller;
  readonly filter: SubscriptionFilter;
  /** How the request is dressed, where not by the era of its session. */
  readonly era?: ((session: Session) => Era | undefined) | undefined;
  readonly listener: (event: SubscriptionEvent) => void;
}

/**
 * One `subscriptions/listen` request and its successors. A server may end it by a result, by
 * `notifications/cancelled` or by just closing the stream; it is opened again after each, with backoff, until it is
 * closed here or the server turns out not to know it.
 */
export class ListenStream {
  readonly #options: ListenStreamOptions;
  #honored: SubscriptionFilter = {};
  /** Whoever waits for the first acknowledgement. */
  #opening: Deferred<void> | undefined;
  #abort: AbortController | undefined;
  #retry: Timer | undefined;
  #isClosed = false;
  #everAcknowledged = false;
  #acknowledgedAt = 0;
  #failures = 0;
  /** Which attempt the callbacks belong to: those of an older one are void. */
  #epoch = 0;

  constructor(options: ListenStreamOptions) {
    this.#options = options;
  }

  /** What the server agreed to tell. */
  get honored(): SubscriptionFilter {
    return this.#honored;
  }

  /** Resolves with the first acknowledgement; rejects with what stands in the way of it. */
  async open(): Promise<void> {
    const acknowledged = deferred<void>();
    const { clock } = this.#options.environment;
    const timer = clock.setTimeout(() => {
      const message = `subscriptions/listen was not acknowledged within ${ACKNOWLEDGE_MS} ms`;
      acknowledged.reject(new SignalboxError('REQUEST_TIMEOUT', message, { server: this.#options.name }));
    }, ACKNOWLEDGE_MS);
    this.#opening = acknowledged;
    try {
      void this.#listen(acknowledged);
      await acknowledged.promise;
    } catch (error) {
      this.close();
      throw error;
    } finally {
      this.#opening = undefined;
      timer.cancel();
    }
  }

  /** A new connection stands: does not wait for the backoff. */
  reopen(): void {
    if (this.#isClosed || this.#abort !== undefined) return;
    this.#retry?.cancel();
    this.#retry = undefined;
    void this.#listen(undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#epoch++;
    this.#retry?.cancel();
    this.#retry = undefined;
    const reason = new SignalboxError('REQUEST_ABORTED', 'the subscription was closed', {
      server: this.#options.name,
    });
    this.#abort?.abort(reason);
    this.#abort = undefined;
    this.#opening?.reject(reason);
  }

  async #listen(first: Deferred<void> | undefined): Promise<void> {
    const epoch = ++this.#epoch;
    const abort = new AbortController();
    this.#abort = abort;
    let end: Error | undefined;
    try {
      const session = await this.#options.caller.session(abort.signal);
      await session.request(
        'subscriptions/listen',
        { notifications: notificationsOf(this.#options.filter) },
        {
          timeoutMs: Number.POSITIVE_INFINITY,
          longLived: true,
          signal: abort.signal,
          onNotification: (method, params) => {
            if (epoch === this.#epoch) this.#onNotification(method, params, first);
          },
        },
        this.#options.era?.(session),
      );
    } catch (error) {
      end = error as Error;
    }
    if (epoch !== this.#epoch || this.#isClosed) return;
    this.#abort = undefined;
    if (!this.#everAcknowledged) {
      first?.reject(
        end ??
          new SignalboxError('NOT_SUPPORTED', 'the server ended the subscription unacknowledged', {
            server: this.#options.name,
          }),
      );
      return;
    }
    this.#after(end);
  }

  #onNotification(method: string, params: Params, first: Deferred<void> | undefined): void {
    if (method === ACKNOWLEDGED) {
      this.#acknowledged(params);
      first?.resolve();
      return;
    }
    const event = eventOf(method, params);
    if (event !== undefined) this.#options.listener(event);
  }

  #acknowledged(params: Params): void {
    const { environment, filter, name } = this.#options;
    const { notifications } = params;
    this.#honored = isObject(notifications) ? filterOf(notifications) : {};
    this.#acknowledgedAt = environment.clock.now();
    const missing = missingIn(this.#honored, filter);
    if (missing.length > 0 && !this.#everAcknowledged) {
      environment.logger.warn('the server grants a subscription in part only', { server: name, missing });
    }
    if (this.#everAcknowledged) this.#options.listener({ type: 'renewed', honored: this.#honored });
    this.#everAcknowledged = true;
  }

  /** It ended and we still want it. */
  #after(end: Error | undefined): void {
    const { environment, listener } = this.#options;
    if (end !== undefined && isFinal(end)) {
      this.#isClosed = true;
      listener({ type: 'ended', error: end });
      return;
    }
    if (environment.clock.now() - this.#acknowledgedAt >= STABLE_MS) this.#failures = 0;
    const delayMs = fullJitter(this.#failures++, BACKOFF, environment.random);
    this.#retry = environment.clock.setTimeout(() => {
      this.#retry = undefined;
      void this.#listen(undefined);
    }, delayMs);
    this.#retry.unref();
  }
}

/** An end after which asking again makes no sense: the server refuses, or nothing can be had by repeating. */
function isFinal(end: Error): boolean {
  if (end instanceof RemoteError) return true;
  return SignalboxError.is(end) && !end.retryable && end.code !== 'CONNECTION_CLOSED';
}

/** What was asked for and is not granted. */
function missingIn(
  honored: SubscriptionFilter,
  { resources = [], taskIds = [], ...lists }: SubscriptionFilter,
): string[] {
  const granted = new Set([...(honored.resources ?? []), ...(honored.taskIds ?? [])]);
  const names = Object.keys(lists) as (keyof typeof lists)[];
  return [
    ...names.filter((name) => lists[name] === true && honored[name] !== true),
    ...[...resources, ...taskIds].filter((id) => !granted.has(id)),
  ];
}

/** The filter as the wire has it. */
function notificationsOf({ resources, ...rest }: SubscriptionFilter): Record<string, unknown> {
  return { ...rest, ...(resources === undefined ? {} : { resourceSubscriptions: resources }) };
}

function filterOf(notifications: Record<string, unknown>): SubscriptionFilter {
  const { toolsListChanged, promptsListChanged, resourcesListChanged, resourceSubscriptions, taskIds } =
    notifications;
  return {
    ...(toolsListChanged === true ? { toolsListChanged } : {}),
    ...(promptsListChanged === true ? { promptsListChanged } : {}),
    ...(resourcesListChanged === true ? { resourcesListChanged } : {}),
    ...(Array.isArray(resourceSubscriptions) ? { resources: resourceSubscriptions.map(String) } : {}),
    ...(Array.isArray(taskIds) ? { taskIds: taskIds.map(String) } : {}),
  };
}
