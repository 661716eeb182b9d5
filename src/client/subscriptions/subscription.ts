/** What an application wants to be told of. */
export interface SubscriptionFilter {
  readonly toolsListChanged?: boolean;
  readonly promptsListChanged?: boolean;
  readonly resourcesListChanged?: boolean;
  /** URIs of resources whose changes matter. */
  readonly resources?: readonly string[];
  /** Ids of tasks whose changes matter (extension `io.modelcontextprotocol/tasks`); modern era only. */
  readonly taskIds?: readonly string[];
}

/** What a listener of a subscription is told. */
export type SubscriptionEvent =
  | { readonly type: 'toolsListChanged' | 'promptsListChanged' | 'resourcesListChanged' }
  /** The URI may be a part of the resource that was subscribed to. */
  | { readonly type: 'resourceUpdated'; readonly uri: string }
  | { readonly type: 'taskUpdated'; readonly task: Readonly<Record<string, unknown>> }
  /** It was interrupted and stands again: changes in between may have been missed. */
  | { readonly type: 'renewed'; readonly honored: SubscriptionFilter }
  /** It is over and will not be renewed. */
  | { readonly type: 'ended'; readonly error: Error };

/** What `client.subscribe` resolves with. Ended by `close()`, or with its client. */
export interface Subscription {
  /** What the server agreed to tell: the filter, or less. */
  readonly honored: SubscriptionFilter;
  /** Ends it. Idempotent. */
  close(): Promise<void>;
}
