import { SignalboxError } from '../../../core/errors.ts';
import type { Connection } from '../../connection/connection.ts';
import type { ClientEnvironment } from '../../connection/connector.ts';
import { verdictOf } from './verdict.ts';

/** Whose server {@link probeServer} probes. */
export interface ProbedClient {
  readonly environment: { readonly health: Pick<ClientEnvironment['health'], 'isPanic'> };
  readonly connection: Pick<Connection, 'session' | 'stale'>;
  /** Asks the server for a sign of life, for at most `health.timeoutMs`. */
  ping(): Promise<unknown>;
}

/** The probe of a {@link CallGuard}, over the client's own connection. */
export async function probeServer(client: ProbedClient): Promise<void> {
  const { connection, environment } = client;
  const { session } = connection;
  const receivedBefore = session?.received;
  try {
    await client.ping();
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
}
