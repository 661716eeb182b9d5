import type { ListName } from '../../registry/catalog/server-catalog.ts';
import { encodeNotification, encodeResult } from '../../wire/encode.ts';
import { isObject, JSON_RPC_ERROR, type JsonRpcRequest } from '../../wire/json-rpc.ts';
import { RpcError } from '../answers/rpc-error.ts';
import { LIST_NAMES, type ListChanges } from '../methods/list-changes.ts';
import { META } from '../methods/meta.ts';

/** Where the messages of a subscription go. */
export interface ChangeSink {
  send(text: string): void;
  /** Sends a message, or keeps it for a reader that is behind; a newer one of the same `key` takes its place. */
  sendLatest(key: string, text: string): void;
}

/** An open `subscriptions/listen`. */
export interface Subscription {
  /** Stops it without a word. */
  stop(): void;
  /** Stops it; what is returned is the last message (specification, subscriptions: graceful end). */
  finish(): string;
}

/**
 * Opens a `subscriptions/listen`: acknowledges what is honoured of its filter, then tells of changes of lists, each
 * message tagged with the id of the request.
 *
 * @throws RpcError −32602 if there is no filter
 */
export function openSubscription(
  { id, params }: JsonRpcRequest,
  changes: ListChanges,
  sink: ChangeSink,
): Subscription {
  const filter = params?.['notifications'];
  if (!isObject(filter))
    throw new RpcError(JSON_RPC_ERROR.invalidParams, 'params.notifications must be an object');
  const wanted = LIST_NAMES.filter((list) => filter[`${list}ListChanged`] === true);
  const _meta = { [META.subscriptionId]: id };
  const notifications = Object.fromEntries(wanted.map((list) => [`${list}ListChanged`, true]));
  sink.send(encodeNotification('notifications/subscriptions/acknowledged', { _meta, notifications }));
  const stop = changes.subscribe((changed) => {
    for (const list of changed) {
      if (wanted.includes(list)) sink.sendLatest(list, encodeNotification(listChanged(list), { _meta }));
    }
  });
  return {
    stop,
    finish: () => {
      stop();
      return encodeResult(id, { resultType: 'complete', _meta });
    },
  };
}

/** Tells a legacy client of every change from now on. What is returned stops it. */
export function tellChanges(changes: ListChanges, sink: Pick<ChangeSink, 'sendLatest'>): () => void {
  return changes.subscribe((changed) => {
    for (const list of changed) sink.sendLatest(list, encodeNotification(listChanged(list), undefined));
  });
}

function listChanged(list: ListName): string {
  return `notifications/${list}/list_changed`;
}
