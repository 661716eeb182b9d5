import type { Params } from '../../wire/json-rpc.ts';
import type { SubscriptionEvent } from './subscription.ts';

/** The list changes a server can tell of. */
export type ListChange = 'toolsListChanged' | 'promptsListChanged' | 'resourcesListChanged';

const CHANGES: ReadonlyMap<string, ListChange> = new Map([
  ['notifications/tools/list_changed', 'toolsListChanged'],
  ['notifications/prompts/list_changed', 'promptsListChanged'],
  ['notifications/resources/list_changed', 'resourcesListChanged'],
]);

/** The list change that a notification tells of. */
export function changeOf(method: string): ListChange | undefined {
  return CHANGES.get(method);
}

export function isListChange(type: string): type is ListChange {
  return type === 'toolsListChanged' || type === 'promptsListChanged' || type === 'resourcesListChanged';
}

/** What a notification of a listening stream tells; undefined for what nobody subscribes to. */
export function eventOf(method: string, params: Params): SubscriptionEvent | undefined {
  const change = changeOf(method);
  if (change !== undefined) return { type: change };
  const { uri } = params;
  if (method === 'notifications/resources/updated' && typeof uri === 'string')
    return { type: 'resourceUpdated', uri };
  if (method === 'notifications/tasks') return { type: 'taskUpdated', task: params };
  return undefined;
}
