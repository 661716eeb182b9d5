import type { ConnectionStateName } from '../../client/connection/connection-machine.ts';
import type { HealthSnapshot } from '../../client/health/health-snapshot.ts';

/** The state of a server as the registry sees it: that of its connection, or why it has none. */
export type ServerState = ConnectionStateName | 'disabled' | 'unavailable';

/** A plain, serialisable account of one server. */
export interface ServerStatus {
  readonly name: string;
  readonly state: ServerState;
  /** Why it is in this state; one readable sentence or word. */
  readonly reason: string;
  /** Since when it is in this state, ISO 8601. */
  readonly since: string;
  readonly transport: string | undefined;
  readonly era: string | undefined;
  readonly protocolVersion: string | undefined;
  readonly tools: number;
  readonly resources: number;
  readonly prompts: number;
  readonly connectMs: number | null;
  readonly pid: number | undefined;
  readonly error: Record<string, unknown> | undefined;
  /** When it is tried again in the background, ISO 8601; undefined unless it was given up for now. */
  readonly retryAt: string | undefined;
  /** Whether it answers, and how fast; undefined unless it is connected. */
  readonly health: HealthSnapshot | undefined;
}
