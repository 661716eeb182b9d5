import type { ResolvedSettings } from '../../../config/settings.ts';
import { SignalboxError } from '../../../core/errors.ts';
import type { Connection } from '../../connection/connection.ts';
import type { ClientEnvironment } from '../../connection/connector.ts';
import { CallGuard } from './call-guard.ts';
import { verdictOf } from './verdict.ts';

/** How long a server that failed has for its sign of life, in ms. */
const PROBE_TIMEOUT_MS = 5000;

export interface ClientGuardOptions {
  readonly name: string;
  readonly settings: ResolvedSettings;
  readonly environment: ClientEnvironment;
  readonly connection: Connection;
  readonly ping: (options: { readonly timeoutMs: number }) => Promise<unknown>;
}

/** The guard of one client, which probes its server over the client's own connection. */
export function clientGuard({
  name,
  settings,
  environment,
  connection,
  ping,
}: ClientGuardOptions): CallGuard {
  const { clock, random, logger } = environment;
  const guard: CallGuard = new CallGuard({
    name,
    settings,
    clock,
    random,
    logger,
    probe: async () => {
      const heardBefore = guard.heardCount;
      try {
        await ping({ timeoutMs: PROBE_TIMEOUT_MS });
      } catch (error) {
        // Nobody answers on this connection: the next probe gets a fresh one. One that answers is kept, as a process
        // that is started anew would have forgotten what it knew.
        const isSilent = verdictOf(error) === 'failed' && guard.heardCount === heardBefore;
        if (isSilent && SignalboxError.is(error)) connection.stale(error);
        throw error;
      }
    },
  });
  return guard;
}
