import type { ConnectionStateName } from '../../client/connection/connection-machine.ts';
import type { ServerState } from './server-status.ts';

/** The states that a person or a program can want a server to be in. The others come about by themselves. */
export type WantedState = 'connected' | 'disconnected' | 'sleeping' | 'unavailable' | 'disabled';

export const WANTED_STATES: readonly WantedState[] = [
  'connected',
  'disconnected',
  'sleeping',
  'unavailable',
  'disabled',
];

/** What must be done with the connection so that it gets where it is wanted. */
export type ServerWork = 'none' | 'connect' | 'close' | 'sleep';

/**
 * What happens to a server. With each event comes the state that its connection is in by then: that of the server,
 * unless it is out of service.
 */
export type ServerMachineEvent =
  /** The connection is in another state, or on another attempt. */
  | { readonly type: 'moved'; readonly connection: ConnectionStateName }
  /** Somebody wants the server in this state. */
  | { readonly type: 'wanted'; readonly state: WantedState; readonly connection: ConnectionStateName };

/** The state right after an event, and what is to be done then. */
export interface ServerStep {
  readonly state: ServerState;
  readonly work: ServerWork;
}

/**
 * The life of one server as its registry sees it. In service it is in the state of its connection, whose own steps are
 * those of the connection machine; `unavailable` and `disabled` are out of service: its connection is closed, and what
 * it does until then is not told any more.
 *
 * | from \ wanted            | `connected`   | `disconnected` | `sleeping` | `unavailable`        | `disabled`        |
 * |--------------------------|---------------|----------------|------------|----------------------|-------------------|
 * | `disconnected`           | connect       | close          | sleep      | `unavailable`, close | `disabled`, close |
 * | `sleeping`               | connect       | close          | nothing    | `unavailable`, close | `disabled`, close |
 * | `connecting`             | connect       | close          | sleep      | `unavailable`, close | `disabled`, close |
 * | `initializing`           | connect       | close          | sleep      | `unavailable`, close | `disabled`, close |
 * | `connected`              | connect       | close          | sleep      | `unavailable`, close | `disabled`, close |
 * | `reconnecting`           | connect       | close          | sleep      | `unavailable`, close | `disabled`, close |
 * | `error`                  | connect       | close          | –          | `unavailable`, close | `disabled`, close |
 * | `unauthorized`           | connect       | close          | –          | `unavailable`, close | `disabled`, close |
 * | `closing`                | connect       | close          | –          | `unavailable`, close | `disabled`, close |
 * | `unavailable`            | back, connect | back, close    | –          | `unavailable`, close | `disabled`, close |
 * | `disabled`               | –             | back, close    | –          | –                    | `disabled`, close |
 *
 * `connect`, `close` and `sleep` leave the state as it is: the connection says when it is in another one. To connect
 * what is connecting joins it; what is closing is connected when it has closed. To close does nothing where the
 * connection is `disconnected`. `back`: the server is in service again, in the state that its connection is in, which is
 * `closing` if it has not been closed yet. A dash is refused: a disabled
 * server is enabled (`disconnected`) before anything else is wanted of it, and what gave up, or has nothing to be woken
 * with, is not put to sleep.
 *
 * `moved` leads to the state of the connection, and is refused out of service.
 */
export function serverStep(from: ServerState, event: ServerMachineEvent): ServerStep | undefined {
  if (event.type === 'moved') {
    return isOutOfService(from) ? undefined : { state: event.connection, work: 'none' };
  }
  switch (event.state) {
    case 'connected':
      return wantConnected(from, event.connection);
    case 'disconnected':
      return wantDisconnected(from, event.connection);
    case 'sleeping':
      return wantSleeping(from);
    case 'unavailable':
      return from === 'disabled' ? undefined : { state: 'unavailable', work: closeOf(event.connection) };
    case 'disabled':
      return { state: 'disabled', work: closeOf(event.connection) };
  }
}

/** True for the states in which nothing is expected of a server, on purpose. */
export function isOutOfService(state: ServerState): state is 'disabled' | 'unavailable' {
  return state === 'disabled' || state === 'unavailable';
}

function wantConnected(from: ServerState, connection: ConnectionStateName): ServerStep | undefined {
  if (from === 'disabled') return undefined;
  return { state: from === 'unavailable' ? connection : from, work: 'connect' };
}

function wantDisconnected(from: ServerState, connection: ConnectionStateName): ServerStep {
  return { state: isOutOfService(from) ? connection : from, work: closeOf(connection) };
}

function wantSleeping(from: ServerState): ServerStep | undefined {
  switch (from) {
    case 'sleeping':
      return { state: from, work: 'none' };
    case 'disconnected':
    case 'connecting':
    case 'initializing':
    case 'connected':
    case 'reconnecting':
      return { state: from, work: 'sleep' };
    default:
      return undefined;
  }
}

/** By the connection, not by the state: it may not have begun to close although the server is out of service. */
function closeOf(connection: ConnectionStateName): ServerWork {
  return connection === 'disconnected' ? 'none' : 'close';
}
