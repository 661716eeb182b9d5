import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from '../../transports/process/leftovers/state-folder.ts';

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
  const hash = createHash('sha256').update(realName(configFile)).digest('hex').slice(0, 20);
  if (process.platform === 'win32') {
    return { folder: undefined, path: `\\\\.\\pipe\\signalbox-${hash}` };
  }
  const folder = stateFolder();
  if (folder === undefined) return undefined;
  const path = join(folder, `up-${hash}.sock`);
  return Buffer.byteLength(path) > MAX_PATH ? undefined : { folder, path };
}

function realName(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
