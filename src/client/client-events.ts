import type { SignalboxError } from '../core/errors.ts';
import type { BreakerChange } from '../resilience/breaker/circuit-breaker.ts';
import type { Params } from '../wire/json-rpc.ts';
import type {
  ConnectionEvent,
  ConnectionState,
  ConnectionStateName,
} from './connection/connection-machine.ts';
import type { HealthChange } from './health/health-snapshot.ts';

/** A change of the connection's state. */
export interface StateChange {
  readonly from: ConnectionStateName;
  readonly to: ConnectionStateName;
  /** What led there: the event of the machine, or the error behind it. */
  readonly reason: string;
  readonly error: SignalboxError | undefined;
  /** With `error`: when one more attempt is made in the background, in ms since the epoch; undefined: none is. */
  readonly retryAt: number | undefined;
}

/** What a step of the connection's machine is told as. */
export function stateChangeOf(
  from: ConnectionState,
  to: ConnectionState,
  event: ConnectionEvent,
): StateChange {
  const error = 'cause' in event ? event.cause : undefined;
  const retryAt = to.kind === 'error' ? to.retryAt : undefined;
  return { from: from.kind, to: to.kind, reason: error?.message ?? event.type, error, retryAt };
}

/** The eight severities of syslog (RFC 5424), least severe first. */
export type LogLevel = 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'critical' | 'alert' | 'emergency';

/** What a server logs to its client (`notifications/message`): untrusted. */
export interface ServerLog {
  readonly level: LogLevel;
  readonly logger: string | undefined;
  readonly data: unknown;
}

/** What a server of the dialect `connect-rpc` tells in words of its own: untrusted. */
export interface ForeignServerEvent {
  /** At most 128 characters, safe to print. */
  readonly type: string;
  /** The whole event as it came: parsed JSON, or text where it is none. At most `limits.frameBytes`. */
  readonly data: unknown;
}

/** What a client tells of itself. */
export interface ClientEvents {
  readonly state: StateChange;
  /** The server became degraded or unhealthy, or is better again. */
  readonly health: HealthChange;
  /** The circuit breaker opened, lets a probe in, or closed. */
  readonly circuit: BreakerChange;
  /**
   * The server says that one of its lists has changed, or refuses a listed tool as if it were gone. A modern server
   * says so to subscribers only. Changes within 100 ms are told as one.
   */
  readonly listChanged: { readonly list: 'tools' | 'resources' | 'prompts' };
  /** The server logs something, after `setLogLevel`. */
  readonly log: ServerLog;
  /** Any other notification of the server, as it came: untrusted. */
  readonly notification: { readonly method: string; readonly params: Params };
  /** The server tells something that the protocol has no message for. */
  readonly serverEvent: ForeignServerEvent;
  /** Something is odd but not broken; one readable sentence. */
  readonly warning: { readonly message: string };
}
