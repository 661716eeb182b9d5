import { dirname, resolve } from 'node:path';
import type { KeyPath } from '../../config/checks/findings.ts';
import { isRecord } from '../../config/checks/value-checks.ts';
import type { FilePlace } from '../../config/entry-error.ts';
import { explainEntry } from '../../config/explain/explain-entry.ts';
import { ConfigDocument } from '../../config/file/config-document.ts';
import { fileError } from '../../config/file/file-error.ts';
import { readBoundedText } from '../../config/file/read-text.ts';
import { findServers } from '../../config/file/servers-key.ts';
import { loadConfig } from '../../config/load.ts';
import { requireServer } from '../choose-servers.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { explainJson, explainText } from '../explain/explain-text.ts';
import type { Explanation } from '../explain/explanation.ts';
import { otherHosts } from '../explain/other-hosts.ts';
import { secretsOfServer } from '../explain/secrets-of-server.ts';
import { findConfig } from '../find-config.ts';
import { homeOf } from '../home-folder.ts';
import { jsonLine } from '../output/json.ts';
import { factsOf } from '../report-error.ts';

/** `signalbox config path`: which config file the commands use here. */
export function configPath(context: CommandContext): Promise<ExitCode> {
  const { io, options, terminal, json } = context;
  const file = findConfig(options.config, io.cwd);
  terminal.print(json ? jsonLine({ file, chosen: chosenBy(context) }) : terminal.peer(file));
  return Promise.resolve(EXIT.ok);
}

/** `signalbox config explain`: each value of a server, and where it comes from. Starts nothing. */
export async function configExplain(context: CommandContext, server: string): Promise<ExitCode> {
  const { io, options, terminal, json } = context;
  const config = await loadConfig(findConfig(options.config, io.cwd), { env: io.env });
  if (!config.failed.has(server)) requireServer(config, server);
  const { raw, place } = await rawEntry(config.file, server);
  // Those of other servers do not appear here, and would only spoil what does.
  for (const secret of secretsOfServer(server, raw, config.servers.get(server), io.env))
    io.redactor.add(secret);
  const failure = config.failed.get(server);
  const values = explainEntry({
    raw,
    entry: config.servers.get(server),
    place,
    variable: (name, hasDefault) => {
      if (context.envFile?.names.has(name) === true) return 'env file';
      if (Object.hasOwn(io.env, name) && io.env[name] !== undefined) return 'environment';
      return hasDefault ? 'default' : 'unset';
    },
    envFilePlace: await envFilePlaces(raw, config.file, config.files),
  });
  const { platform } = process;
  const places = { platform, home: homeOf(io.env), cwd: io.cwd, env: io.env };
  const target = { folder: dirname(config.file), platform };
  const explanation: Explanation = {
    server,
    file: config.file,
    chosen: chosenBy(context),
    place: place([]),
    values,
    error: failure === undefined ? undefined : factsOf(failure),
    hosts: await otherHosts(server, raw, config.file, places, target),
  };
  terminal.print(
    json ? jsonLine(explainJson(context, explanation)) : await explainText(context, explanation),
  );
  return failure === undefined ? EXIT.ok : EXIT.usage;
}

function chosenBy({ options }: CommandContext): Explanation['chosen'] {
  return options.config === undefined ? 'nearest' : 'option';
}

/** The entry as it is written, and where its keys stand. */
async function rawEntry(
  file: string,
  server: string,
): Promise<{ raw: Readonly<Record<string, unknown>>; place: (path: KeyPath) => FilePlace }> {
  const text = await readBoundedText(file);
  if (typeof text !== 'string') throw fileError(file, `the config file ${text.fault}`, { cause: text.cause });
  const document = new ConfigDocument(text, file);
  const { path, servers } = findServers(document);
  const raw = servers[server];
  const place = (key: KeyPath): FilePlace => ({ file, ...document.place([...path, server, ...key]) });
  return { raw: isRecord(raw) ? raw : {}, place };
}

/** The lines of the entry's env file, found by the names at their beginnings. */
async function envFilePlaces(
  raw: Readonly<Record<string, unknown>>,
  configFile: string,
  files: readonly string[],
): Promise<(name: string) => FilePlace | undefined> {
  const { envFile } = raw;
  if (typeof envFile !== 'string') return () => undefined;
  const plain = resolve(dirname(configFile), envFile);
  // With a placeholder in its path it is the one that was read, if there was one only.
  const file = files.includes(plain) ? plain : files.length === 2 ? files[1] : undefined;
  if (file === undefined) return () => undefined;
  const text = await readBoundedText(file);
  const lines = typeof text === 'string' ? text.split(/\r\n|\n|\r/u) : [];
  return (name) => {
    const index = lines.findLastIndex((line) => /^\s*(?:export\s+)?([^=\s]+)\s*=/u.exec(line)?.[1] === name);
    return index < 0 ? { file, line: 1, column: 1 } : { file, line: index + 1, column: 1 };
  };
}
