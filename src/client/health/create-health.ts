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

/** The parts of a client that its server is looked after with. */
export interface ClientParts {
  readonly name: string;
  readonly settings: ResolvedSettings;
  readonly environment: ClientEnvironment;
  readonly connection: Connection;
  readonly caller: Caller;
  readonly handshake: () => Handshake | undefined;
}

/** What the health of a server is read from, beside its checks. */
export interface HealthEvidenceSources {
  readonly breaker: CircuitBreaker | undefined;
  /** What the requests of the last window came to. */
  readonly traffic: SlidingWindow;
}

/** What looks after the server of one client. */
export function createHealth(
  parts: ClientParts,
  { breaker, traffic }: HealthEvidenceSources,
  changed: (change: HealthChange) => void,
): ClientHealth {
  const { name, settings, environment, connection, caller, handshake } = parts;
  const { clock, random, health: scheduler } = environment;
  const signOfLife = new SignOfLife({ clock, capabilities: () => handshake()?.capabilities });
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
