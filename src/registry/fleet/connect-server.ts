import type { ConnectionResult } from '../../client/connection/connection-result.ts';
import { messageOf, SignalboxError } from '../../core/errors.ts';
import { requireInService } from '../servers/in-service.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import type { ServerInstance } from '../servers/server-instance.ts';

/** Connects one server and waits until its lists are read. Never rejects. */
export async function connectServer(
  directory: ServerDirectory,
  instance: ServerInstance,
  signal: AbortSignal | undefined,
): Promise<ConnectionResult> {
  try {
    // It may have left, or everybody may have, while this one waited for its turn.
    if (!directory.has(instance)) {
      throw new SignalboxError('CONNECTION_CLOSED', 'the server is no longer registered', {
        server: instance.name,
      });
    }
    requireInService(instance);
    const result = await instance.client.connect(signal === undefined ? {} : { signal });
    await instance.settled();
    return result;
  } catch (error) {
    return { success: false, error: asSignalboxError(error, instance.name), metadata: undefined };
  }
}

function asSignalboxError(error: unknown, server: string): SignalboxError {
  if (SignalboxError.is(error)) return error;
  return new SignalboxError('INTERNAL', messageOf(error), { server, cause: error });
}
