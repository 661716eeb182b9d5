import type { HealthChange } from '../../client/health/health-snapshot.ts';
import type { SignalboxError } from '../../core/errors.ts';
import type { BreakerChange } from '../../resilience/breaker/circuit-breaker.ts';
import type { AppliedEvent } from '../apply/apply-result.ts';
import type { DriftEvent } from '../catalog/drift/definition-change.ts';
import type { ShutdownStepName } from '../fleet/shutdown-steps.ts';
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

/** The circuit breaker of a server opened, lets a probe in, or closed. */
export interface CircuitEvent extends BreakerChange {
  readonly server: string;
  /** One readable sentence. */
  readonly reason: string;
}

/** A step of the shutdown begins or is over. */
export interface ShutdownEvent {
  /** `begun` with the first step, `ended` with the last event of all, `running` between. */
  readonly phase: 'begun' | 'running' | 'ended';
  /** 1–6. */
  readonly step: number;
  readonly name: ShutdownStepName;
  /** `overdue`: its time was over, or it was hurried, before everything was done. */
  readonly state: 'begun' | 'done' | 'overdue';
  /** Since the shutdown began, in ms. */
  readonly elapsedMs: number;
  /** How much the step has left to do: servers, requests in flight, connections, servers, processes, stores. */
  readonly left: number;
  /** The servers that it waits for, or whose calls it cut off. */
  readonly servers: readonly string[];
  /** One readable sentence. */
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
  readonly circuit: CircuitEvent;
  readonly shutdown: ShutdownEvent;
  /** A tool is not defined any more as it was (S15). */
  readonly drift: DriftEvent;
  /** Who is registered was compared with who is wanted: `registry.apply`. */
  readonly applied: AppliedEvent;
}
