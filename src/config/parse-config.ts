import { resolve } from 'node:path';
import { finished, type LoadedConfig } from './load.ts';
import { type ReadOptions, readServers } from './read-servers.ts';

/** Options of {@link parseConfig}. */
export interface ParseConfigOptions extends ReadOptions {
  /** Name of the file, for messages, and for the folder that relative paths start at. Default `.mcp.json`. */
  readonly file?: string | undefined;
}

/**
 * `loadConfig` for a text that is already here. Touches no file: `envFile` becomes an absolute path and stays
 * for the caller to read.
 *
 * @throws SignalboxError as `loadConfig` does.
 */
export function parseConfig(text: string, options: ParseConfigOptions = {}): LoadedConfig {
  return finished(readServers(text, resolve(options.file ?? '.mcp.json'), options));
}
