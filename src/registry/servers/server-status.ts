import type { ConnectionStateName } from '../../client/connection/connection-machine.ts';
import type { HealthSnapshot } from '../../client/health/health-snapshot.ts';
import type { McpClient } from '../../client/mcp-client.ts';
import type { ClientStatsSnapshot } from '../../client/stats/client-stats.ts';
import type { ServerEntry } from '../../config/entry.ts';
import type { SignalboxError } from '../../core/errors.ts';
import type { ServerCatalog } from '../catalog/server-catalog.ts';

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
  /** Number of the attempt to connect that is under way or waits for its turn, from 1; undefined while there is none. */
  readonly attempt: number | undefined;
  /** When it is tried again in the background, ISO 8601; undefined unless it was given up for now. */
  readonly retryAt: string | undefined;
  /** Whether it answers, and how fast; undefined unless it is connected. */
  readonly health: HealthSnapshot | undefined;
  /** What was asked of it, and how long it took. */
  readonly stats: ClientStatsSnapshot;
}

/** Whom an account is given of. Times are ms since the epoch. */
export interface StatusSource {
  readonly name: string;
  readonly entry: ServerEntry;
  readonly client: McpClient;
  readonly catalog: ServerCatalog;
  readonly state: ServerState;
  readonly reason: string;
  readonly since: number;
  readonly error: SignalboxError | undefined;
  readonly attempt: number | undefined;
  readonly retryAt: number | undefined;
}

/** The account of one server, as of now. */
export function statusOf(instance: StatusSource): ServerStatus {
  const { client, catalog, retryAt } = instance;
  const stats = client.stats();
  const { pid } = client.diagnostics().transport;
  return {
    name: instance.name,
    state: instance.state,
    reason: instance.reason,
    since: new Date(instance.since).toISOString(),
    transport: client.transportKind ?? kindOf(instance.entry),
    era: client.era,
    protocolVersion: client.protocolVersion,
    tools: catalog.tools.length,
    resources: catalog.resources.length,
    prompts: catalog.prompts.length,
    connectMs: stats.connectMs,
    pid: instance.state === 'connected' ? pid : undefined,
    error: instance.error?.toJSON(),
    attempt: instance.attempt,
    retryAt: retryAt === undefined ? undefined : new Date(retryAt).toISOString(),
    health: instance.state === 'connected' ? client.health : undefined,
    stats,
  };
}

function kindOf(entry: ServerEntry): string | undefined {
  return entry.type ?? (entry.command === undefined ? 'http' : 'stdio');
}
