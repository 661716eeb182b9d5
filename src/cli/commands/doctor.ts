import { type LoadedConfig, loadConfig } from '../../config/load.ts';
import { systemClock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import { inTurn } from '../../registry/fleet/in-turn.ts';
import { requireServer } from '../choose-servers.ts';
import type { CommandContext } from '../command-context.ts';
import { CONNECT_LIMIT_MS } from '../connect-servers.ts';
import { findRunning } from '../control/running-up.ts';
import { checkBrokenEntry } from '../doctor/checks/broken-entry.ts';
import { type ConfigWarning, configWarnings } from '../doctor/checks/config-warnings.ts';
import { countLevels, type Diagnosis, diagnosisOf, namesOf } from '../doctor/diagnosis.ts';
import { diagnosisText, findingLines, summaryLine } from '../doctor/diagnosis-text.ts';
import { earlierApprovals } from '../doctor/earlier-approvals.ts';
import { examineEntry, examineServer } from '../doctor/examine-server.ts';
import type { Finding } from '../doctor/finding.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findConfig } from '../find-config.ts';
import { closeServers, type OpenServers, openServers } from '../open-servers.ts';
import { jsonLine } from '../output/json.ts';

export interface DoctorOptions {
  /** Time for connecting each server, in ms. */
  readonly timeout?: number | undefined;
}

/** Servers that are begun with at once, and how long one of them holds its place, in ms. */
const PARALLEL = 16;
const PATIENCE_MS = 1000;

/** `signalbox doctor`: looks at every entry and every server, and says what is wrong and what to do. */
export async function doctor(
  context: CommandContext,
  server: string | undefined,
  options: DoctorOptions,
): Promise<ExitCode> {
  const config = await loadConfig(findConfig(context.options.config, context.io.cwd), {
    env: context.io.env,
  });
  for (const secret of config.secrets) context.io.redactor.add(secret);
  // One whose entry is broken is what somebody wants to know about.
  if (server !== undefined && !config.failed.has(server)) requireServer(config, server);
  // What the library warns of is told as findings.
  const { logger } = context;
  const warn: Logger['warn'] = (message, fields) => logger.debug(message, fields);
  const quiet: CommandContext = { ...context, logger: { ...logger, warn } };
  const servers = openServers(quiet, config, (name) => server === undefined || name === server);
  try {
    return await new Doctor(quiet, config, servers, options).run();
  } finally {
    await closeServers(quiet, servers.registry, { drainMs: 0 });
  }
}

class Doctor {
  readonly #context: CommandContext;
  readonly #config: LoadedConfig;
  readonly #servers: OpenServers;
  readonly #timeoutMs: number;
  readonly #warnings: readonly ConfigWarning[];
  readonly #diagnoses: Map<string, Diagnosis> = new Map();
  #approved: ReadonlyMap<string, number> = new Map();

  constructor(context: CommandContext, config: LoadedConfig, servers: OpenServers, options: DoctorOptions) {
    this.#context = context;
    this.#config = config;
    this.#servers = servers;
    this.#timeoutMs = options.timeout ?? CONNECT_LIMIT_MS;
    this.#warnings = configWarnings(config.warnings, config.file, [
      ...config.servers.keys(),
      ...config.failed.keys(),
    ]);
  }

  async run(): Promise<ExitCode> {
    const { terminal, json, io } = this.#context;
    const { registry, failed, file } = this.#servers;
    const general = await this.#general();
    if (!json) for (const finding of general) terminal.print(findingLines(finding, terminal.out).join('\n'));
    const entries = new Map(registry.getAllServers().map(({ name, entry }) => [name, entry]));
    const approvals = await earlierApprovals(this.#context, file, entries);
    registry.restoreApprovals(approvals);
    this.#approved = new Map(approvals.map(({ server, tools }) => [server, tools.length]));
    for (const [name, error] of failed) {
      this.#tell(name, [...checkBrokenEntry(error, file), ...this.#warningsAbout(name)], false);
    }
    this.#showProgress();
    const turns = { places: PARALLEL, patienceMs: PATIENCE_MS, clock: systemClock };
    try {
      await inTurn([...registry.getAllServers()], turns, ({ name }) => this.#examine(name));
    } finally {
      terminal.live([]);
    }
    io.interruption.signal.throwIfAborted();
    return this.#finish(general);
  }

  #warningsAbout(name: string): readonly Finding[] {
    return this.#warnings.flatMap(({ server, finding }) => (server === name ? [finding] : []));
  }

  /** What concerns no server in particular. */
  async #general(): Promise<readonly Finding[]> {
    const { terminal } = this.#context;
    const { file } = this.#servers;
    const findings: Finding[] = this.#warnings.flatMap(({ server, finding }) =>
      server === undefined ? [finding] : [],
    );
    if ((await findRunning(this.#context, file)) !== undefined) {
      findings.push({
        check: 'reachable',
        level: 'note',
        what: 'a `signalbox up` of this config runs; what follows is found by connections of its own',
        cure: '`signalbox status` shows how the servers of `up` are',
      });
    }
    return diagnosisOf(this.#context, terminal.peer(file), findings, false).findings;
  }

  async #examine(name: string): Promise<void> {
    const { io } = this.#context;
    const { registry } = this.#servers;
    const instance = registry.getServer(name);
    if (instance === undefined) return;
    const { file } = this.#config;
    const place = (...key: (string | number)[]): string => `${file}:${this.#config.place(name, key).line}`;
    const { entry } = instance;
    const findings: Finding[] = [
      { check: 'config', level: 'ok', what: 'its entry is sound', place: place() },
      ...this.#warningsAbout(name),
    ];
    if (entry.disabled === true) {
      const cure = 'take "disabled" out to use it';
      this.#tell(
        name,
        [...findings, { check: 'config', level: 'note', what: 'it is disabled', cure }],
        false,
      );
      return;
    }
    findings.push(...examineEntry({ name, entry, env: io.env, place }));
    // What cannot be started would only be told a second time.
    if (findings.some(({ level }) => level === 'error')) {
      this.#tell(name, findings, false);
      return;
    }
    const { signal } = io.interruption;
    const approved = this.#approved.get(name);
    try {
      const options = { registry, timeoutMs: this.#timeoutMs, signal, approved };
      findings.push(...(await examineServer(instance, options)));
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    this.#tell(name, findings, instance.isConnected);
    // What has been looked at need not run on while others hang.
    await instance.client.disconnect({ drainMs: 0 }).catch(() => undefined);
  }

  #tell(name: string, findings: readonly Finding[], wasConnected: boolean): void {
    const { terminal, json } = this.#context;
    const diagnosis = diagnosisOf(this.#context, name, findings, wasConnected);
    this.#diagnoses.set(name, diagnosis);
    if (!json) terminal.print(`${diagnosisText(diagnosis, terminal.out)}\n`);
    this.#showProgress();
  }

  #showProgress(): void {
    const { terminal } = this.#context;
    const names = namesOf(this.#servers);
    const open = names.filter((name) => !this.#diagnoses.has(name));
    const text = `examined ${names.length - open.length} of ${names.length}; waiting for ${open.join(', ')}`;
    terminal.live(
      open.length === 0 ? [] : [terminal.err.dim(terminal.peer(text, Math.max(20, terminal.errorWidth - 1)))],
    );
  }

  #finish(general: readonly Finding[]): ExitCode {
    const { terminal, json } = this.#context;
    const { file } = this.#servers;
    const servers = namesOf(this.#servers).flatMap((name) => this.#diagnoses.get(name) ?? []);
    const all = [...general, ...servers.flatMap(({ findings }) => findings)];
    if (json) terminal.print(jsonLine({ file, general, servers, summary: countLevels(all) }));
    else terminal.print(summaryLine(servers, general, terminal.out));
    return exitCodeOf(all);
  }
}

/** The first of these that applies: the config, a credential, a server that cannot be reached, anything else. */
function exitCodeOf(findings: readonly Finding[]): ExitCode {
  const checks = new Set(findings.flatMap(({ level, check }) => (level === 'error' ? [check] : [])));
  if (checks.size === 0) return EXIT.ok;
  if (checks.has('config') || checks.has('variables')) return EXIT.usage;
  if (checks.has('auth')) return EXIT.auth;
  return checks.has('reachable') || checks.has('command') ? EXIT.unreachable : EXIT.serverError;
}
