import type { LoadedConfig } from '../../config/load.ts';
import { SignalboxError } from '../../core/errors.ts';
import { consentState } from '../../transports/process/consent/launch-consent.ts';
import type { CommandContext } from '../command-context.ts';
import { configConsents, isStarted } from './config-consents.ts';

/**
 * Takes servers out of a config whose start is no longer what it was when they were started first (S04): somebody else
 * may have changed the file. They stand in `failed` then, and `signalbox approve` lets them in again. Whoever starts a
 * server for the first time agrees to it by doing so.
 */
export async function withholdChanged(context: CommandContext, config: LoadedConfig): Promise<void> {
  const started = [...config.servers].filter(([, entry]) => entry.disabled !== true && isStarted(entry));
  if (started.length === 0) return;
  const consents = await configConsents(context, config.file);
  if (consents === undefined) return;
  const states = started.map(([name, entry]) => ({
    name,
    entry,
    state: consentState({ name, entry }, consents),
  }));
  const first = states.filter(({ state }) => state === 'unknown');
  if (first.length > 0) await consents.approve(...first);
  for (const { name, state } of states) {
    if (state !== 'changed') continue;
    config.servers.delete(name);
    config.failed.set(name, needsApproval(name));
  }
}

function needsApproval(server: string): SignalboxError {
  return new SignalboxError(
    'NEEDS_APPROVAL',
    `what it starts has changed since it was started first; \`signalbox approve ${server}\` shows it and agrees to it`,
    { server },
  );
}
