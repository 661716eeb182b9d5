import type { HealthChange } from '../../client/health/health-snapshot.ts';
import type { SignalboxError } from '../../core/errors.ts';
import type { ServerState } from '../servers/server-status.ts';

/** Something happened to one server. */
export interface ServerEvent {
  readonly type: 'registered' | 'unregistered' | 'state' | 'health' | 'warning';
  readonly server: string;
  readonly from: ServerState | undefined;
  readonly to: ServerState;
  /** One readable sentence or word. */
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
  readonly error: SignalboxError | undefined;
  /** How its health has changed; undefined for other types. */
  readonly health?: HealthChange | undefined;
}

/** The registry is being shut down, or has been. */
export interface ShutdownEvent {
  readonly phase: 'begun' | 'ended';
  readonly reason: string;
}

/**
 * Everything that a registry tells, by kind: the one place where a kind is added. What `on(kind, …)` gives a listener
 * is what stands in the history and in the stream as `event`, as plain data. `server` and `reason`
 * of an event are found there by these names.
 */
export interface RegistryEvents {
  readonly server: ServerEvent;
  /** What is offered has changed: lists were read, or a server came or went. */
  readonly catalog: { readonly server: string };
  readonly shutdown: ShutdownEvent;
}
