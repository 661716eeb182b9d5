import { systemClock } from '../core/clock.ts';
import { SignalboxError } from '../core/errors.ts';
import type { FleetResult } from '../registry/fleet/fleet-result.ts';
import type { CommandContext } from './command-context.ts';
import type { OpenServers } from './open-servers.ts';
import { showConnecting } from './output/connecting.ts';

/** How long commands that end by themselves wait for their servers, in ms, unless an entry allows more. */
export const CONNECT_LIMIT_MS = 30_000;

/**
 * Connects all registered servers that are in service, with progress on a terminal. Never rejects for a server: each
 * outcome stands by itself.
 *
 * @param limitMs time for all attempts together. Default: 30 s, or the longest `timeouts.connect` if that is more
 * @throws SignalboxError REQUEST_ABORTED if the command was interrupted
 */
export async function connectServers(
  context: CommandContext,
  servers: OpenServers,
  limitMs?: number,
): Promise<ReadonlyMap<string, FleetResult>> {
  const { registry } = servers;
  const { signal } = context.io.interruption;
  signal.throwIfAborted();
  const limit = limitMs ?? defaultLimit(servers);
  const over = new AbortController();
  const timer = systemClock.setTimeout(() => {
    over.abort(
      new SignalboxError(
        'CONNECT_TIMEOUT',
        `no connection within ${limit} ms; give it more time with --timeout MS`,
      ),
    );
  }, limit);
  const lastErrors = new Map<string, SignalboxError>();
  const stop = registry.on('server', ({ server, error }) => {
    if (error !== undefined) lastErrors.set(server, error);
  });
  const progress = showConnecting(context, servers);
  try {
    const results = await registry.connectAll({ signal: AbortSignal.any([signal, over.signal]) });
    signal.throwIfAborted();
    return new Map(
      [...results].map(([name, result]) => [name, explained(result, over.signal, lastErrors.get(name))]),
    );
  } finally {
    timer.cancel();
    stop();
    progress.end();
  }
}

/** What is known of the server says more than that the time was over. */
function explained(
  result: FleetResult,
  over: AbortSignal,
  lastError: SignalboxError | undefined,
): FleetResult {
  if (result.success || lastError === undefined || result.error !== over.reason) return result;
  return { success: false, error: lastError, metadata: undefined };
}

function defaultLimit({ registry }: OpenServers): number {
  const own = registry.getAllServers().map(({ client }) => client.settings.timeouts.connect);
  return Math.max(CONNECT_LIMIT_MS, ...own);
}
