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

export interface RegistryEvents {
  readonly server: ServerEvent;
  /** What is offered has changed: lists were read, or a server came or went. */
  readonly catalog: { readonly server: string };
}
