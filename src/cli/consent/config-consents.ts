import { dirname, join } from 'node:path';
import type { ServerEntry } from '../../config/entry.ts';
import { ConsentStore } from '../../transports/process/consent/consent-store.ts';
import { faultOfFolder, stateFolder } from '../../transports/process/leftovers/state-folder.ts';
import type { CommandContext } from '../command-context.ts';
import { configKey } from '../config-key.ts';

/** True for a server that is started on this machine: as the command itself, or as what stands behind its `url`. */
export function isStarted(entry: ServerEntry): boolean {
  return entry.command !== undefined || entry['x-signalbox']?.launch !== undefined;
}

/** The file that keeps the consents to start the servers of one config file; undefined without a state folder. */
export function consentsFile(configFile: string): string | undefined {
  const folder = stateFolder();
  if (folder === undefined) return undefined;
  return join(folder, `consents-${configKey(configFile)}.json`);
}

/**
 * The consents to start the servers of one config file. Undefined where nothing can be kept: without a state folder of
 * this user's own nobody could tell a change from a first time.
 */
export async function configConsents(
  { logger }: CommandContext,
  configFile: string,
): Promise<ConsentStore | undefined> {
  const file = consentsFile(configFile);
  if (file === undefined) return undefined;
  const fault = faultOfFolder(dirname(file));
  if (fault === undefined) return await ConsentStore.open(file);
  logger.warn('changes of commands are not noticed: the state folder cannot be used', { file, fault });
  return undefined;
}
