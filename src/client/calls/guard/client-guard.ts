import type { ResolvedSettings } from '../../../config/settings.ts';
import { SignalboxError } from '../../../core/errors.ts';
import type { Connection } from '../../connection/connection.ts';
import type { ClientEnvironment } from '../../connection/connector.ts';
import { CallGuard } from './call-guard.ts';
import { verdictOf } from './verdict.ts';

export interface ClientGuardOptions {
  readonly name: string;
  readonly settings: ResolvedSettings;
  readonly environment: ClientEnvironment;
  readonly connection: Connection;
  /** Asks the server for a sign of life, for at most `health.timeoutMs`. */
  readonly ping: () => Promise<unknown>;
}

/** The guard of one client, which probes its server over the client's own connection. */
export function clientGuard(options: ClientGuardOptions): CallGuard {
  const { name, settings, environment, connection, ping } = options;
  const { clock, random, logger } = environment;
  const probe = async (): Promise<void> => {
    const { session } = connection;
    const receivedBefore = session?.received;
    try {
      await ping();
    } catch (error) {
      // Nobody answers on this connection: the next probe gets a fresh one. One that answers is kept, as a process that
      // is started anew would have forgotten what it knew; so is one on which a call may still be answered. Where many
      // servers are silent at once, the fault is rather ours.
      const isSilent = verdictOf(error) === 'failed' && session?.received === receivedBefore;
      const isFree =
        session?.longestTimeoutMs === 0 && connection.session === session && !environment.health.isPanic;
      if (isSilent && isFree && SignalboxError.is(error)) connection.stale(error);
      throw error;
    }
  };
  return new CallGuard({ name, settings, clock, random, logger, probe });
}
