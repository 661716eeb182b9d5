import type { SignalboxError } from '../../core/errors.ts';
import type { TotalStats } from '../../registry/stats/registry-stats.ts';
import type { ServerStats } from '../../registry/stats/server-stats.ts';
import type { BreakerStateName } from '../../resilience/breaker/breaker-machine.ts';
import type { CommandContext } from '../command-context.ts';
import type { OpenServers } from '../open-servers.ts';
import { accountsOf, type ServerAccount } from './server-account.ts';

/** What `status` tells of one server: how it is, and what was asked of it. Safe for a terminal, without secrets. */
export interface ServerReport extends ServerAccount {
  /** Why it is in its state. */
  readonly reason: string;
  /** Since when, ISO 8601; undefined for an entry that cannot be used, as most of the following is 0 then. */
  readonly since: string | undefined;
  /** When it is tried again in the background, ISO 8601. */
  readonly retryAt: string | undefined;
  readonly attempt: number | undefined;
  readonly calls: number;
  readonly errors: number;
  /** In ms; 0 before the first answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly restarts: number;
  readonly reconnects: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly inFlight: number;
  readonly queued: number;
  readonly circuit: BreakerStateName | undefined;
  /** Tools that are kept away until somebody approves them. */
  readonly blockedTools: number;
}

/** The numbers of all servers together; percentiles are those of all answers. */
export type TotalReport = Pick<
  ServerReport,
  | 'calls'
  | 'errors'
  | 'p50Ms'
  | 'p99Ms'
  | 'restarts'
  | 'reconnects'
  | 'bytesSent'
  | 'bytesReceived'
  | 'inFlight'
  | 'queued'
>;

export function totalOf(total: TotalStats): TotalReport {
  const { calls, errors, latency, restarts, reconnects, bytesSent, bytesReceived, inFlight, queued } = total;
  const [p50Ms, p99Ms] = [rounded(latency.p50Ms), rounded(latency.p99Ms)];
  return { calls, errors, p50Ms, p99Ms, restarts, reconnects, bytesSent, bytesReceived, inFlight, queued };
}

/** All servers of a config, as {@link accountsOf} has them, with their numbers. */
export function reportsOf(
  context: CommandContext,
  servers: OpenServers,
  errors?: ReadonlyMap<string, SignalboxError | undefined>,
): ServerReport[] {
  const { registry } = servers;
  const numbers = new Map(registry.stats().servers.map((stats) => [stats.name, stats]));
  const blocked = registry.blockedTools();
  return accountsOf(context, servers, errors).map((account) => {
    const status = registry.getServer(account.name)?.status();
    return {
      ...account,
      reason: status === undefined ? (account.error?.message ?? '') : context.terminal.peer(status.reason),
      since: status?.since,
      retryAt: status?.retryAt,
      attempt: status?.attempt,
      ...numbersOf(numbers.get(account.name)),
      blockedTools: blocked.filter(({ server }) => server === account.name).length,
    };
  });
}

function numbersOf(
  stats: ServerStats | undefined,
): Omit<ServerReport, keyof ServerAccount | 'reason' | 'since' | 'retryAt' | 'attempt' | 'blockedTools'> {
  return {
    calls: stats?.calls ?? 0,
    errors: stats?.errors ?? 0,
    p50Ms: rounded(stats?.latency.p50Ms ?? 0),
    p99Ms: rounded(stats?.latency.p99Ms ?? 0),
    restarts: stats?.restarts ?? 0,
    reconnects: stats?.reconnects ?? 0,
    bytesSent: stats?.bytesSent ?? 0,
    bytesReceived: stats?.bytesReceived ?? 0,
    inFlight: stats?.inFlight ?? 0,
    queued: stats?.queued ?? 0,
    circuit: stats?.circuit,
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
