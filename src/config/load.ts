import { resolve } from 'node:path';
import type { SignalboxError } from '../core/errors.ts';
import { Findings, type KeyPath } from './checks/findings.ts';
import type { ServerEntry } from './entry.ts';
import { entryError, type FilePlace } from './entry-error.ts';
import { readVariables } from './env-file.ts';
import { fileError } from './file/file-error.ts';
import { readBoundedText } from './file/read-text.ts';
import { checkEntry } from './parse-entry.ts';
import type { ReadOptions, ReadServers } from './read-servers.ts';
import { secretsOf } from './secrets.ts';

/** Options of {@link loadConfig}. */
export type LoadOptions = ReadOptions;

/** What a config file says. One bad server harms no other: it stands in `failed`. */
export interface LoadedConfig {
  /** Absolute path of the file. */
  readonly file: string;
  /** Every file that it was read from, absolute: the config file, then the env files that servers name. */
  readonly files: readonly string[];
  /** The sound servers in the order of the file, expanded, with absolute paths; disabled ones too. */
  readonly servers: Map<string, ServerEntry>;
  /** Why each of the other servers cannot be used. */
  readonly failed: Map<string, SignalboxError>;
  /** What is odd but no fault, each with file, line and server. */
  readonly warnings: readonly string[];
  /** Values that must not appear in a log: give them to the redaction. */
  readonly secrets: readonly string[];
  /** Where a server stands in the file, or a key of it, or the nearest that is there. */
  place(server: string, key?: KeyPath): FilePlace;
}

/**
 * Reads a config file as the hosts of the ecosystem write it: JSON with comments, servers under `mcpServers`,
 * `servers`, `mcp.servers` or at the root. `${VAR}` is expanded and `envFile` read into `env`.
 *
 * @throws SignalboxError `CONFIG_INVALID` if the file as a whole is unusable: missing, unreadable, empty, larger than
 * 1 MiB, not JSON, with two servers of one name or without servers.
 *
 * @example
 * const { servers } = await loadConfig('.mcp.json');
 * for (const [name, entry] of servers) registry.register(name, entry);
 */
export async function loadConfig(path: string, options: LoadOptions = {}): Promise<LoadedConfig> {
  const file = resolve(path);
  const text = await readBoundedText(file);
  if (typeof text !== 'string') {
    const cure = text.missing ? `; create it, for example:\n${EXAMPLE}` : '';
    throw fileError(file, `the config file ${text.fault}${cure}`, { cause: text.cause });
  }
  // Loaded when first used: who never reads a file does not pay for the parser.
  const { readServers } = await import('./read-servers.ts');
  const read = readServers(text, file, options);
  for (const [name, envFile] of read.envFiles) await takeInEnvFile(name, envFile, options, read);
  return finished(read);
}

const EXAMPLE = `{ "mcpServers": {
  "files": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "."] },
  "notes": { "url": "https://example.com/mcp" }
} }`;

/** Replaces `envFile` by what it holds; `env` wins over it. */
async function takeInEnvFile(
  name: string,
  path: string,
  options: LoadOptions,
  read: ReadServers,
): Promise<void> {
  const findings = new Findings();
  const entry = read.servers.get(name);
  if (entry === undefined) return;
  const variables = await readVariables(path);
  if ('fault' in variables) findings.problem(['envFile'], `(${path}) ${variables.fault}`);
  const env = 'fault' in variables ? entry.env : Object.assign(variables.env, entry.env);
  const checked = checkEntry(name, { ...entry, env, envFile: undefined }, options, findings);
  const [first, ...others] = findings.problems;
  if (first === undefined && checked !== undefined) {
    for (const secret of secretsOf(checked.entry)) read.secrets.add(secret);
    read.servers.set(name, checked.entry);
  } else if (first !== undefined) {
    read.servers.delete(name);
    read.failed.set(
      name,
      entryError(name, [first, ...others], (at) => read.place(name, at)),
    );
  }
}

/** What was read, in its public form. */
export function finished(read: ReadServers): LoadedConfig {
  const { file, envFiles, servers, failed, warnings, secrets } = read;
  const files = [...new Set([file, ...envFiles.values()])];
  const place = (server: string, key: KeyPath = []): FilePlace => read.place(server, key);
  return { file, files, servers, failed, warnings, secrets: [...secrets], place };
}
