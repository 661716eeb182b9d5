import { messageOf, SignalboxError } from '../../core/errors.ts';
import type { CommandContext } from '../command-context.ts';
import { ask, follow, isListening } from './control-client.ts';
import { controlPath } from './control-path.ts';
import type { ControlRequest } from './control-protocol.ts';
import type { ControlAnswers } from './control-server.ts';

/**
 * The `up` of this config that runs, as somebody who answers; undefined if there is none, or if it cannot be asked,
 * which is told.
 */
export async function findRunning(
  context: CommandContext,
  file: string,
): Promise<ControlAnswers | undefined> {
  const found = controlPath(file);
  if (found === undefined) return undefined;
  const { path } = found;
  const { signal } = context.io.interruption;
  try {
    if (!(await isListening(found))) return undefined;
    // One that hangs is noticed here, before anything depends on it.
    await ask(path, { ask: 'stats' }, signal);
  } catch (error) {
    signal.throwIfAborted();
    const isAbsent =
      found.folder === undefined && SignalboxError.is(error) && error.code === 'CONNECT_FAILED';
    if (!isAbsent) context.logger.warn(messageOf(error));
    return undefined;
  }
  return {
    answer: (request: ControlRequest) => ask(path, request, signal),
    events: (request, over) => follow(path, request, AbortSignal.any([signal, over])),
  };
}
