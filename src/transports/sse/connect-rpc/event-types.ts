/** What only says that the server is there. */
const SIGNS_OF_LIFE: ReadonlySet<string> = new Set([
  'ping',
  'pong',
  'heartbeat',
  'keepalive',
  'keep-alive',
  'keep_alive',
]);

/** Notifications of MCP by the names that servers of the dialect give them, all without `notifications/`. */
const NOTIFICATIONS: ReadonlyMap<string, string> = new Map([
  ...['tools', 'resources', 'prompts'].flatMap((list): [string, string][] =>
    ['/list_changed', '_list_changed', '_changed'].map((end) => [`${list}${end}`, `${list}/list_changed`]),
  ),
  ['resources/updated', 'resources/updated'],
  ['resource_updated', 'resources/updated'],
  ['progress', 'progress'],
  ['message', 'message'],
  ['log', 'message'],
  ['cancelled', 'cancelled'],
  ['elicitation/complete', 'elicitation/complete'],
  ['tasks/status', 'tasks/status'],
]);

const PREFIX = 'notifications/';

export function isSignOfLife(type: string): boolean {
  return SIGNS_OF_LIFE.has(type);
}

/** The method of the notification that a type means; undefined if it means none. */
export function notificationOf(type: string): string | undefined {
  const name = NOTIFICATIONS.get(type.startsWith(PREFIX) ? type.slice(PREFIX.length) : type);
  return name === undefined ? undefined : `${PREFIX}${name}`;
}
