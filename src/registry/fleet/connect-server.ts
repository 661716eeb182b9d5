import type { ConnectionResult } from '../../client/connection/connection-result.ts';
import { onAbort } from '../../core/abort.ts';
import { messageOf, SignalboxError } from '../../core/errors.ts';
import { requireInService } from '../servers/in-service.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import type { ServerInstance } from '../servers/server-instance.ts';

/**
 * Connects one server, as `connect` does it, and waits until its lists are read. Never rejects.
 * @param signal once it has fired, the lists are not waited for any more
 */
export async function connectServer(
  directory: ServerDirectory,
  instance: ServerInstance,
  signal: AbortSignal | undefined,
  connect: () => Promise<ConnectionResult>,
): Promise<ConnectionResult> {
  try {
    // It may have left, or everybody may have, while this one waited for its turn.
    directory.requireOpen(instance.name);
    if (!directory.has(instance)) {
      throw new SignalboxError('CONNECTION_CLOSED', 'the server is no longer registered', {
        server: instance.name,
      });
    }
    const result = await connect();
    await settledOrAborted(instance, signal);
    return result;
  } catch (error) {
    return { success: false, error: asSignalboxError(error, instance.name), metadata: undefined };
  }
}

/** Puts a server back into service, if it was unavailable, and connects it. Never rejects. */
export function markAvailable(
  directory: ServerDirectory,
  instance: ServerInstance,
  reason: string,
): Promise<ConnectionResult> {
  return connectServer(directory, instance, undefined, async () => {
    // It was not marked unavailable: what the configuration has switched off is switched on on purpose.
    if (instance.state === 'disabled') requireInService(instance);
    await instance.want('connected', reason);
    // Connected by now: this only says how.
    return await instance.client.connect();
  });
}

/** What went wrong with a server, as a typed error. */
export function asSignalboxError(error: unknown, server: string): SignalboxError {
  if (SignalboxError.is(error)) return error;
  return new SignalboxError('INTERNAL', messageOf(error), { server, cause: error });
}

/** The connection stands: that its lists hang is no failure, and no reason to wait for ever. */
async function settledOrAborted(instance: ServerInstance, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return;
  let release = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    release = onAbort(signal, resolve);
  });
  await Promise.race([instance.settled(), aborted]);
  release();
}
