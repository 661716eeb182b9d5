import { join } from 'node:path';
import { stateFolder } from '../../transports/process/leftovers/state-folder.ts';
import { configKey } from '../config-key.ts';

/** Longest path of a socket that every system takes, in bytes (macOS: 104 with its end). */
const MAX_PATH = 103;

/** A folder of this user's own, and where in it the `up` of a config listens. A pipe of Windows is in no folder. */
export interface ControlPath {
  readonly folder: string | undefined;
  readonly path: string;
}

/**
 * Where a running `up` of this config file listens for other commands. It depends on nothing but the file, however it
 * is named, and the user. Undefined where the folder for it has too long a name.
 */
export function controlPath(configFile: string): ControlPath | undefined {
  const hash = configKey(configFile);
  if (process.platform === 'win32') {
    return { folder: undefined, path: `\\\\.\\pipe\\signalbox-${hash}` };
  }
  const folder = stateFolder();
  if (folder === undefined) return undefined;
  const path = join(folder, `up-${hash}.sock`);
  return Buffer.byteLength(path) > MAX_PATH ? undefined : { folder, path };
}
