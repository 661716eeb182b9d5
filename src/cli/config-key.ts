import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';

/** By what the files that belong to a config file are named: the same however the config file itself is named. */
export function configKey(configFile: string): string {
  return createHash('sha256').update(realName(configFile)).digest('hex').slice(0, 16);
}

function realName(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
