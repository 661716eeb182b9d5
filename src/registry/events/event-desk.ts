import type { HealthChange } from '../../client/health/health-snapshot.ts';
import type { Clock } from '../../core/clock.ts';
import { type Disposer, Emitter } from '../../core/emitter.ts';
import type { SignalboxError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { BreakerChange } from '../../resilience/breaker/circuit-breaker.ts';
import type { ServerInstance } from '../servers/server-instance.ts';
import type { ServerState } from '../servers/server-status.ts';
import { EventJournal } from './event-journal.ts';
import type { RegistryEvents, ServerEvent } from './registry-events.ts';

/**
 * Tells what happens in a registry, everything to everybody in the order in which it happened: what a listener brings
 * about is told when all listeners have heard of what came before it.
 */
export class EventDesk {
  /** What has happened, and who reads along. */
  readonly journal: EventJournal;
  readonly #clock: Clock;
  readonly #emitter: Emitter<RegistryEvents>;
  readonly #waiting: (() => void)[] = [];
  #isTelling = false;

  /** @throws SignalboxError INVALID_ARGUMENT if `historySize` is no whole number within its bounds */
  constructor(clock: Clock, logger: Logger, historySize?: number) {
    this.#clock = clock;
    this.journal = new EventJournal(clock, historySize);
    this.#emitter = new Emitter(logger);
  }

  on<Name extends keyof RegistryEvents>(
    name: Name,
    listener: (event: RegistryEvents[Name]) => void,
  ): Disposer {
    return this.#emitter.on(name, listener);
  }

  tell<Name extends keyof RegistryEvents>(name: Name, event: RegistryEvents[Name]): void {
    this.journal.record(name, event);
    this.#waiting.push(() => this.#emitter.emit(name, event));
    if (this.#isTelling) return;
    this.#isTelling = true;
    // Listeners that throw are caught by the emitter.
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
    this.#isTelling = false;
  }

  /** Something happened to a server, which is in its new state by now. */
  tellServer(
    type: ServerEvent['type'],
    instance: ServerInstance,
    from: ServerState | undefined,
    reason: string,
    error?: SignalboxError,
  ): void {
    const at = new Date(this.#clock.wallNow()).toISOString();
    this.tell('server', { type, server: instance.name, from, to: instance.state, reason, at, error });
  }

  /** The circuit breaker of a server opened, lets a probe in, or closed. */
  tellCircuit(server: string, { from, to, cause, retryAfterMs }: BreakerChange): void {
    const reason = cause === undefined ? `the circuit is ${to}` : `the circuit is ${to}: ${cause}`;
    this.tell('circuit', { server, from, to, cause, retryAfterMs, reason });
  }

  /** A server became better or worse; it is in the same state as before. */
  tellHealth(instance: ServerInstance, health: HealthChange): void {
    const { name: server, state } = instance;
    const reason = health.cause === undefined ? health.to : `${health.to}: ${health.cause}`;
    const at = new Date(this.#clock.wallNow()).toISOString();
    this.tell('server', {
      type: 'health',
      server,
      from: state,
      to: state,
      reason,
      at,
      error: undefined,
      health,
    });
  }
}
