import { join, resolve } from 'node:path';
import { FileStateStore } from '../registry/store/file-state-store.ts';
import { faultOfFolder, stateFolder } from '../transports/process/leftovers/state-folder.ts';
import type { CommandContext } from './command-context.ts';
import { configKey } from './config-key.ts';

/**
 * Where `up` keeps what it knows of the servers of a config file.
 *
 * @param choice a file; `false`: nowhere. Default: a file for this config file in the state folder, where there is one
 */
export function stateStore(
  context: CommandContext,
  configFile: string,
  choice: string | false | undefined,
): FileStateStore | undefined {
  const { io, logger } = context;
  if (choice === false) return undefined;
  if (choice !== undefined) return new FileStateStore(resolve(io.cwd, choice), { logger });
  const folder = stateFolder();
  if (folder === undefined) return undefined;
  const fault = faultOfFolder(folder);
  if (fault !== undefined) {
    logger.warn('nothing is kept for the next start: the state folder cannot be used', { folder, fault });
    return undefined;
  }
  // Each config file has servers, and so a state, of its own.
  return new FileStateStore(join(folder, `registry-${configKey(configFile)}.json`), { logger });
}
