import { parseEnv } from 'node:util';
import { SignalboxError } from '../core/errors.ts';
import { type ReadFault, readBoundedText } from './file/read-text.ts';

/**
 * Reads a file of `NAME=value` lines, quotes and comments as in Node's `--env-file`. Nothing in it is expanded (S03).
 * `loadConfig` does this for every entry with `envFile`; this is for entries that come from elsewhere.
 *
 * @param path - Relative to the working directory of this process.
 * @param server - Name of the server, for the error.
 * @throws SignalboxError `CONFIG_INVALID` if the file is missing, unreadable, not UTF-8 or larger than 1 MiB.
 */
export async function readEnvFile(path: string, server?: string): Promise<Record<string, string>> {
  const variables = await readVariables(path);
  if ('env' in variables) return variables.env;
  throw new SignalboxError('CONFIG_INVALID', `"envFile" (${path}) ${variables.fault}`, {
    server,
    cause: variables.cause,
    details: { file: path, key: 'envFile' },
  });
}

/** {@link readEnvFile} for callers that word the fault themselves. Never rejects. */
export async function readVariables(path: string): Promise<{ env: Record<string, string> } | ReadFault> {
  const text = await readBoundedText(path);
  if (typeof text !== 'string') return text;
  const env = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(parseEnv(text.replace(/^\uFEFF/u, '')))) {
    if (value !== undefined && name !== '__proto__') env[name] = value;
  }
  return { env };
}
