import { dirname, resolve } from 'node:path';
import { nearestKey } from '../../config/checks/nearest-key.ts';
import { readVariables } from '../../config/env-file.ts';
import { fileError } from '../../config/file/file-error.ts';
import { readBoundedText } from '../../config/file/read-text.ts';
import type { Places } from '../../config/import/host.ts';
import { HOSTS, hostOf } from '../../config/import/hosts.ts';
import type { ImportedServer } from '../../config/import/imported-server.ts';
import { insertServers } from '../../config/import/insert-servers.ts';
import {
  type Conflict,
  type ConflictRule,
  type PlannedServer,
  planImport,
} from '../../config/import/plan-import.ts';
import { type HostFile, readHostFiles, readNamedFile } from '../../config/import/read-host-file.ts';
import { SignalboxError } from '../../core/errors.ts';
import { type CommandContext, tell } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CONFIG_FILE } from '../find-config.ts';
import { homeOf } from '../home-folder.ts';
import { cleaned } from '../import/clean-text.ts';
import { withVariables } from '../import/env-file-text.ts';
import { gitIgnoreHint } from '../import/git-ignore-hint.ts';
import { type ImportReport, type ReportedServer, reportJson } from '../import/import-report.ts';
import { reportText, shortPath, sourcesText } from '../import/import-text.ts';
import { importVariables } from '../import/import-variables.ts';
import { type PreparedImport, prepareImport } from '../import/prepare-import.ts';
import { Questions } from '../import/questions.ts';
import { readTarget, replaceFile, type TargetFile } from '../import/target-file.ts';
import { jsonLine } from '../output/json.ts';

/** What is done with secrets: a variable each, the same with their values in an env file, or nothing. */
export type SecretsRule = 'variables' | 'env-file' | 'clear';

export interface ImportOptions {
  readonly from?: string | undefined;
  readonly host?: string | undefined;
  readonly to?: string | undefined;
  readonly only?: readonly string[] | undefined;
  readonly allProjects?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly onConflict?: ConflictRule | undefined;
  readonly secrets?: SecretsRule | undefined;
}

/** What an import has written: whether the config, and which variables of the env file. */
interface Written {
  readonly config: boolean;
  readonly envFile: readonly string[];
}

const NOTHING: Written = { config: false, envFile: [] };
const HOW_TO_WRITE =
  'Nothing was written; `signalbox import all` writes all of them, `--dry-run` only shows it.';

/** The word for all hosts. */
const ALL = 'all';
/** Names that an error lists. */
const MAX_NAMES = 12;

/**
 * `signalbox import`: takes servers over from the files of other hosts. @param host id of one, `all`, or none: then it is
 * shown what there is, and somebody at a terminal is asked
 */
export async function importServers(
  context: CommandContext,
  host: string | undefined,
  options: ImportOptions,
): Promise<ExitCode> {
  const questions = new Questions(context);
  try {
    return await new Import(context, host, options, questions).run();
  } finally {
    questions.close();
  }
}

class Import {
  readonly #context: CommandContext;
  readonly #host: string | undefined;
  readonly #options: ImportOptions;
  readonly #questions: Questions;
  readonly #places: Places;
  readonly #file: string;
  readonly #envFile: string;

  constructor(
    context: CommandContext,
    host: string | undefined,
    options: ImportOptions,
    questions: Questions,
  ) {
    const { io } = context;
    this.#context = context;
    this.#host = host;
    this.#options = options;
    this.#questions = questions;
    this.#places = { platform: process.platform, home: homeOf(io.env), cwd: io.cwd, env: io.env };
    this.#file = resolve(io.cwd, options.to ?? context.options.config ?? CONFIG_FILE);
    this.#envFile = resolve(io.cwd, context.options.envFile ?? resolve(dirname(this.#file), '.env'));
  }

  async run(): Promise<ExitCode> {
    const { terminal, json } = this.#context;
    const sources = (await this.#sources()).filter(({ file }) => file !== this.#file);
    const wanted = this.#wanted(sources);
    const target = await readTarget(this.#file);
    const prepared = await this.#prepare(wanted, target);
    if (!json) terminal.print(await this.#sourcesShown(sources));
    if (prepared.servers.length === 0) return this.#nothing(sources, target);
    const isOpen = this.#host === undefined && this.#options.from === undefined;
    const isDry = this.#options.dryRun === true;
    const asks = isOpen && !isDry && this.#questions.canAsk;
    if (asks) await this.#report(sources, await this.#planned(prepared, false), 'variables', NOTHING, false);
    const mayWrite = !isDry && (!isOpen || (asks && (await this.#isAgreed(prepared))));
    const rule = await this.#secretsRule(prepared, mayWrite);
    const reported = await this.#planned(prepared, mayWrite);
    if (mayWrite) assertDecided(reported);
    const written = mayWrite ? await this.#write(reported, target, rule) : NOTHING;
    // Who was asked has seen everything but what came of it.
    if (!asks || mayWrite) await this.#report(sources, reported, rule, written, asks);
    if (isOpen && !mayWrite && !isDry && !json) terminal.note(HOW_TO_WRITE);
    const isWhole =
      sources.every(({ error }) => error === undefined) && reported.every(({ planned }) => planned);
    return isWhole ? EXIT.ok : EXIT.usage;
  }

  async #sources(): Promise<readonly HostFile[]> {
    const { from, host = this.#host, allProjects } = this.#options;
    const id = host === ALL ? undefined : host;
    if (id !== undefined && hostOf(id) === undefined) throw unknownHost(id);
    const options = { places: this.#places, allProjects };
    if (from !== undefined) return [await readNamedFile(from, id, options)];
    const hosts = id === undefined ? HOSTS : HOSTS.filter((one) => one.id === id);
    const sources = await readHostFiles(options, hosts);
    const [only] = hosts;
    if (id !== undefined && sources.length === 0 && only !== undefined) {
      const places = only.files(this.#places).map(({ path }) => shortPath(path, this.#places.home));
      const cure = places.length === 0 ? 'it has no fixed place' : `looked for ${places.join(', ')}`;
      throw new SignalboxError(
        'CONFIG_INVALID',
        `no file of ${only.title} was found: ${cure}; name one with --from FILE`,
      );
    }
    const [broken] = sources;
    if (id !== undefined && sources.length === 1 && broken?.error !== undefined) throw broken.error;
    return sources;
  }

  /** The servers that were asked for, and those that are there. */
  #wanted(sources: readonly HostFile[]): ImportedServer[] {
    const servers = sources.flatMap((source) => source.servers);
    const { only } = this.#options;
    if (only === undefined) return servers;
    const names = new Set(servers.map(({ name }) => name));
    for (const name of only) {
      if (names.has(name)) continue;
      const meant = nearestKey(name, names);
      const known = [...names].slice(0, MAX_NAMES).join(', ');
      const cure =
        meant === undefined ? `there are ${known === '' ? 'none' : known}` : `did you mean "${meant}"?`;
      throw new SignalboxError('UNKNOWN_SERVER', `no server "${name.slice(0, 64)}" was found; ${cure}`);
    }
    return servers.filter(({ name }) => only.includes(name));
  }

  async #prepare(servers: readonly ImportedServer[], target: TargetFile): Promise<PreparedImport> {
    const { io } = this.#context;
    const variables = await readVariables(this.#envFile);
    const envFile = 'env' in variables ? variables.env : {};
    return prepareImport({
      servers,
      existing: target.entries,
      target: { folder: dirname(this.#file), platform: this.#places.platform },
      env: { ...envFile, ...io.env },
      reserved: Object.keys(envFile),
      onSecret: (value) => io.redactor.add(value),
    });
  }

  #sourcesShown(sources: readonly HostFile[]): Promise<string> {
    if (sources.length > 0) return sourcesText(this.#context, sources, this.#places.home);
    return Promise.resolve('No file of another host was found; name one with --from FILE.');
  }

  async #nothing(sources: readonly HostFile[], target: TargetFile): Promise<ExitCode> {
    const { terminal, json } = this.#context;
    if (json) {
      const { file } = target;
      const empty: ImportReport = {
        file,
        written: false,
        sources,
        servers: [],
        variables: [],
        envFile: undefined,
      };
      terminal.print(jsonLine(cleaned(reportJson(empty), this.#context.io.redactor)));
    }
    return sources.every(({ error }) => error === undefined) ? EXIT.ok : EXIT.usage;
  }

  async #isAgreed({ servers }: PreparedImport): Promise<boolean> {
    if (!this.#questions.canAsk) return false;
    const path = shortPath(this.#file, this.#places.home);
    const question = `Write ${servers.length} server${servers.length === 1 ? '' : 's'} to ${path}?`;
    const choices = [
      { word: 'no', value: false },
      { word: 'yes', value: true },
    ];
    return (await this.#questions.choose(this.#context.terminal.peer(question), choices)) === true;
  }

  async #secretsRule({ servers }: PreparedImport, mayWrite: boolean): Promise<SecretsRule> {
    const given = this.#options.secrets;
    if (given !== undefined) return given;
    const count = new Set(servers.flatMap(({ secrets }) => secrets.map(({ name }) => name))).size;
    if (!mayWrite || count === 0 || !this.#questions.canAsk) return 'variables';
    const path = shortPath(this.#envFile, this.#places.home);
    const question = `${count} secret${count === 1 ? ' stands' : 's stand'} in clear there. Leave variables for you to set, write them to ${path}, or copy them in clear?`;
    const choices = (['variables', 'env-file', 'clear'] as const).map((word) => ({ word, value: word }));
    return (await this.#questions.choose(this.#context.terminal.peer(question), choices)) ?? 'variables';
  }

  async #planned({ servers, existing }: PreparedImport, mayWrite: boolean): Promise<ReportedServer[]> {
    const usable = servers.filter(({ check }) => check.problems.length === 0);
    const plan = await planImport({
      imported: usable.map(({ server }) => server),
      existing,
      decide: async (conflict) => {
        const { onConflict } = this.#options;
        if (onConflict !== undefined) return onConflict;
        return mayWrite && this.#questions.canAsk ? await this.#askAbout(conflict) : undefined;
      },
    });
    return servers.map((one) => {
      return { prepared: one, planned: plan.find(({ server }) => server === one.server) };
    });
  }

  #askAbout({ name, server, against, keys }: Conflict): Promise<ConflictRule | undefined> {
    const { terminal } = this.#context;
    const { home } = this.#places;
    const place = ({ place: { file, line } }: ImportedServer): string => `${shortPath(file, home)}:${line}`;
    const other = against === 'file' ? shortPath(this.#file, home) : place(against);
    const differ = keys.length === 0 ? '' : ` (${keys.join(', ')})`;
    const question = `"${name}" of ${place(server)} differs from that of ${other}${differ}:`;
    const choices = (['skip', 'replace', 'rename'] as const).map((word) => ({
      word: word === 'rename' ? 'new name' : word,
      value: word,
    }));
    return this.#questions.choose(terminal.peer(question), choices);
  }

  /** The env file first: a config that names variables that nobody knows would be worse than the other way round. */
  async #write(servers: readonly ReportedServer[], target: TargetFile, rule: SecretsRule): Promise<Written> {
    const changed = servers.filter(({ planned }) => isWritten(planned));
    if (changed.length === 0) return NOTHING;
    const entries = new Map(
      changed.map(({ planned, prepared: { server, clear } }) => [
        planned?.name ?? server.name,
        rule === 'clear' ? clear : server.entry,
      ]),
    );
    const text = insertServers(target.text, target.file, target.path, entries);
    const secrets = new Map(
      changed.flatMap(({ prepared }) => prepared.secrets.map(({ name, value }) => [name, value] as const)),
    );
    const envFile = rule === 'env-file' && secrets.size > 0 ? await this.#writeEnvFile(secrets) : [];
    const holdsSecrets = rule === 'clear' && secrets.size > 0;
    await replaceFile(target.file, text, { isPrivate: holdsSecrets });
    return { config: true, envFile };
  }

  async #writeEnvFile(secrets: ReadonlyMap<string, string>): Promise<readonly string[]> {
    const before = await readBoundedText(this.#envFile);
    if (typeof before !== 'string' && !before.missing) {
      throw fileError(this.#envFile, `the env file ${before.fault}`, { cause: before.cause });
    }
    const { text, refused } = withVariables(typeof before === 'string' ? before : '', secrets);
    for (const name of refused) {
      this.#context.logger.warn('no env file can hold the value of a variable; set it yourself', {
        variable: name,
      });
    }
    await replaceFile(this.#envFile, text, { isPrivate: true });
    return [...secrets.keys()].filter((name) => !refused.includes(name));
  }

  /** @param isShort only what came of it, where everything else has been shown */
  async #report(
    sources: readonly HostFile[],
    servers: readonly ReportedServer[],
    rule: SecretsRule,
    written: Written,
    isShort: boolean,
  ): Promise<void> {
    const { terminal, io, json } = this.#context;
    const isClear = rule === 'clear' && written.config;
    const used = servers
      .filter(({ planned }) => isWritten(planned))
      .map(({ planned, prepared: { server, clear, ...rest } }) => {
        const name = planned?.name ?? server.name;
        return { ...rest, clear, server: { ...server, name, entry: isClear ? clear : server.entry } };
      });
    const envFile = new Set(written.envFile);
    const report: ImportReport = {
      file: this.#file,
      written: written.config,
      sources,
      servers,
      variables: importVariables(used, { env: io.env, envFile }),
      envFile: envFile.size === 0 ? undefined : this.#envFile,
    };
    if (json) terminal.print(jsonLine(cleaned(reportJson(report), io.redactor)));
    else terminal.print(`\n${await reportText(this.#context, report, this.#places.home, isShort)}`);
    const hint = envFile.size === 0 ? undefined : await gitIgnoreHint(this.#envFile);
    if (hint !== undefined) tell(this.#context, terminal.peer(hint), { event: 'hint', message: hint });
  }
}

function isWritten(planned: PlannedServer | undefined): boolean {
  return planned?.action === 'add' || planned?.action === 'replace' || planned?.action === 'rename';
}

function assertDecided(servers: readonly ReportedServer[]): void {
  const open = servers.flatMap(({ planned }) => (planned?.action === 'unresolved' ? [planned.name] : []));
  if (open.length === 0) return;
  const named = `${open.slice(0, MAX_NAMES).join(', ')}${open.length > MAX_NAMES ? ', …' : ''}`;
  throw new SignalboxError(
    'INVALID_ARGUMENT',
    `nothing was written, as these are defined otherwise already: ${named}; say --on-conflict skip, replace or rename`,
  );
}

function unknownHost(id: string): SignalboxError {
  const ids = HOSTS.map((one) => one.id);
  const meant = nearestKey(id, [...ids, ALL]);
  const cure = meant === undefined ? `known are ${[ALL, ...ids].join(', ')}` : `did you mean "${meant}"?`;
  return new SignalboxError(
    'INVALID_ARGUMENT',
    `"${id.slice(0, 64)}" is no host that is known here; ${cure}`,
  );
}
