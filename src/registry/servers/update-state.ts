import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { ServerDirectory } from './server-directory.ts';
import type { WishOptions } from './server-life.ts';
import { WANTED_STATES, type WantedState } from './server-machine.ts';
import type { ServerStatus } from './server-status.ts';

/** States that come about by themselves. */
const OWN_STATES: ReadonlySet<string> = new Set([
  'connecting',
  'initializing',
  'reconnecting',
  'error',
  'unauthorized',
  'closing',
]);

/** Longest reason, in characters. */
const MAX_REASON = 500;

/** Moves a server to where somebody wants it, after checking what they say: it may have come as JSON. */
export async function updateState(
  directory: ServerDirectory,
  name: string,
  state: WantedState,
  reason: string,
  options: WishOptions,
): Promise<ServerStatus> {
  directory.requireOpen(name);
  const instance = directory.require(name);
  if (OWN_STATES.has(state)) {
    throw new SignalboxError('ILLEGAL_TRANSITION', `nobody can put a server into the state ${state}`, {
      server: name,
      details: { from: instance.state, to: state },
    });
  }
  if (!WANTED_STATES.includes(state)) {
    throw new SignalboxError('INVALID_ARGUMENT', `the state must be one of ${WANTED_STATES.join(', ')}`, {
      server: name,
    });
  }
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw new SignalboxError('INVALID_ARGUMENT', 'a reason is needed: one sentence for people', {
      server: name,
    });
  }
  await instance.want(state, sanitizePeerText(reason, MAX_REASON), options);
  if (state === 'connected') await instance.settled();
  return instance.status();
}
