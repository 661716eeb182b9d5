import type { ResolvedSettings } from '../../config/settings.ts';
import type { Handshake } from '../../protocol/negotiation/handshake.ts';
import type { CircuitBreaker } from '../../resilience/breaker/circuit-breaker.ts';
import type { SlidingWindow } from '../../resilience/sliding-window.ts';
import type { Caller } from '../calls/caller.ts';
import type { Connection } from '../connection/connection.ts';
import type { ClientEnvironment } from '../connection/connector.ts';
import { ClientHealth } from './client-health.ts';
import type { HealthChange } from './health-snapshot.ts';
import { Liveness } from './liveness.ts';
import { SignOfLife } from './sign-of-life.ts';

/** The parts of a client that its health is read from. */
export interface ClientParts {
  readonly name: string;
  readonly settings: ResolvedSettings;
  readonly environment: ClientEnvironment;
  readonly connection: Connection;
  readonly caller: Caller;
  readonly breaker: CircuitBreaker | undefined;
  /** What the requests of the last window came to. */
  readonly traffic: SlidingWindow;
  readonly handshake: () => Handshake | undefined;
  readonly changed: (change: HealthChange) => void;
}

/** What looks after the server of one client. */
export function createHealth(parts: ClientParts): ClientHealth {
  const { name, settings, environment, connection, caller, breaker, traffic, changed } = parts;
  const { clock, random, health: scheduler } = environment;
  const signOfLife = new SignOfLife({ clock, capabilities: () => parts.handshake()?.capabilities });
  const { timeoutMs } = settings.health;
  const health = new ClientHealth({
    name,
    settings: settings.health,
    clock,
    random,
    scheduler,
    signOfLife,
    liveness: new Liveness({ clock, caller, signOfLife, timeoutMs }),
    traffic,
    session: () => connection.session,
    stale: (cause) => connection.stale(cause),
    changed,
  });
  if (breaker !== undefined) health.watchBreaker(breaker);
  return health;
}
