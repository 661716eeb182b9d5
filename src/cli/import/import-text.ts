import { keyText } from '../../config/checks/findings.ts';
import { hostOf } from '../../config/import/hosts.ts';
import type { HostFile } from '../../config/import/read-host-file.ts';
import type { CommandContext } from '../command-context.ts';
import { type Column, table } from '../output/table.ts';
import type { Colors } from '../output/terminal.ts';
import { withoutHead } from '../report-error.ts';
import { actionOf, type ImportReport, type ReportedServer } from './import-report.ts';
import type { ImportVariable } from './import-variables.ts';

const MAX_NAME = 40;
const MAX_PATH = 120;

/** What was found where, before anything is decided. */
export async function sourcesText(
  context: CommandContext,
  sources: readonly HostFile[],
  home: string,
): Promise<string> {
  const { terminal } = context;
  const { out } = terminal;
  const told = sources.filter(
    ({ servers, notes, error }) => servers.length + notes.length > 0 || error !== undefined,
  );
  const rows = told.map((one) => [
    one.error === undefined ? out.green('✓') : out.red('✗'),
    out.bold(one.title),
    terminal.peer(shortPath(one.file, home), MAX_PATH),
    one.error === undefined
      ? terminal.peer(one.servers.map(({ name }) => terminal.peer(name, MAX_NAME)).join(', ')) ||
        out.dim('no servers')
      : out.red(terminal.peer(withoutHead(one.error))),
  ]);
  const columns = [{ title: ' ' }, { title: 'HOST' }, { title: 'FILE' }, { title: 'SERVERS' }];
  const lines = [await table(columns, rows, terminal.width, out.dim)];
  for (const { notes, file } of told) {
    for (const { from, line, message } of notes) {
      const place = `${shortPath(file, home)}:${line}`;
      lines.push(out.dim(terminal.peer(`  ${place}: ${keyText(from)}: ${message}`)));
    }
  }
  return lines.join('\n');
}

/**
 * What became of each server, how its values were changed, and which variables are needed.
 * @param isShort without how values were changed
 */
export async function reportText(
  context: CommandContext,
  report: ImportReport,
  home: string,
  isShort: boolean,
): Promise<string> {
  const { terminal } = context;
  const { out } = terminal;
  const parts = [await serversTable(context, report.servers, home)];
  const details = isShort ? [] : report.servers.flatMap((one) => detailLines(context, one, home));
  if (details.length > 0) parts.push(details.join('\n'));
  if (report.variables.length > 0) parts.push(await variablesTable(context, report.variables, home));
  parts.push(terminal.peer(summary(report, home)));
  if (report.variables.some(({ state, isOptional }) => state === 'unset' && !isOptional)) {
    parts.push(
      out.dim('Set the variables before the servers are used, or put them into a file for --env-file.'),
    );
  }
  return parts.join('\n\n');
}

function serversTable(
  context: CommandContext,
  servers: readonly ReportedServer[],
  home: string,
): Promise<string> {
  const { terminal } = context;
  const { out } = terminal;
  const rows = servers.map((one) => {
    const { server } = one.prepared;
    const from = `${hostOf(server.host)?.title ?? server.host} ${shortPath(server.place.file, home)}:${server.place.line}`;
    return [
      mark(one, out),
      out.bold(terminal.peer(one.planned?.name ?? server.name, MAX_NAME)),
      terminal.peer(transportOf(server.entry), 10),
      terminal.peer(from, MAX_PATH),
      terminal.peer(whatText(one, home)),
    ];
  });
  const columns: Column[] = [' ', 'SERVER', 'TRANSPORT', 'FROM', 'WHAT'].map((title) => ({ title }));
  return table(columns, rows, terminal.width, out.dim);
}

function mark(one: ReportedServer, out: Colors): string {
  switch (actionOf(one)) {
    case 'add':
    case 'rename':
    case 'replace':
      return out.green('+');
    case 'same':
      return out.dim('=');
    case 'skip':
      return out.dim('-');
    case 'unresolved':
      return out.yellow('?');
    case 'invalid':
      return out.red('✗');
  }
}

function transportOf(entry: Readonly<Record<string, unknown>>): string {
  const { type, command } = entry;
  if (typeof type === 'string') return type;
  return command === undefined ? 'http, sse' : 'stdio';
}

function whatText(one: ReportedServer, home: string): string {
  const { planned, prepared } = one;
  const against =
    planned?.against === undefined || planned.against === 'file'
      ? 'the file'
      : `${shortPath(planned.against.place.file, home)}:${planned.against.place.line}`;
  switch (actionOf(one)) {
    case 'add':
      return `added${secretsText(prepared.secrets.length)}`;
    case 'rename':
      return `added under another name, as ${prepared.server.name} is defined otherwise in ${against}`;
    case 'replace':
      return 'replaces the entry of the file';
    case 'same':
      return `the same as in ${against}`;
    case 'skip':
      return `skipped: defined otherwise in ${against}`;
    case 'unresolved':
      return `defined otherwise in ${against}: --on-conflict skip, replace or rename`;
    case 'invalid':
      return prepared.check.problems[0] ?? 'cannot be used';
  }
}

/** Changes and notes of one server, like ones together. */
function detailLines(context: CommandContext, one: ReportedServer, home: string): string[] {
  const { terminal } = context;
  const { out } = terminal;
  const { server, secrets, check } = one.prepared;
  const action = actionOf(one);
  if (action === 'same' || action === 'skip') return [];
  const lines = new Set<string>();
  for (const { path, line, change } of server.values) {
    if (change === undefined) continue;
    const key = keyText(path.filter((part) => typeof part === 'string'));
    lines.add(`${key} (line ${line}): ${change}`);
  }
  for (const { path, name } of secrets) lines.add(`${keyText(path)}: a secret → \${${name}}`);
  for (const { from, line, message } of server.notes) {
    lines.add(`${keyText(from) || 'it'} (line ${line}) ${message}`);
  }
  for (const warning of [...check.problems.slice(1), ...check.warnings]) {
    lines.add(warning.replace(`${server.place.file}:`, `${shortPath(server.place.file, home)}:`));
  }
  if (lines.size === 0) return [];
  const title = out.bold(terminal.peer(one.planned?.name ?? server.name, MAX_NAME));
  return [title, ...[...lines].map((line) => `  ${out.dim(terminal.peer(line))}`)];
}

async function variablesTable(
  { terminal }: CommandContext,
  variables: readonly ImportVariable[],
  home: string,
): Promise<string> {
  const { out } = terminal;
  const rows = variables.map(({ name, servers, state, isOptional, hint }) => [
    out.bold(terminal.peer(name, 64)),
    state === 'unset' && isOptional ? out.dim('has a default') : stateText(state, out),
    terminal.peer(servers.join(', '), MAX_NAME),
    terminal.peer(hint === undefined ? '' : shortPath(hint, home)),
  ]);
  return await table(
    ['VARIABLE', 'NOW', 'SERVERS', 'WHAT BELONGS THERE'].map((title) => ({ title })),
    rows,
    terminal.width,
    out.dim,
  );
}

function stateText(state: ImportVariable['state'], out: Colors): string {
  if (state === 'unset') return out.yellow('not set');
  return state === 'differs' ? out.yellow('set, but to another value') : out.green(state);
}

function summary({ file, written, servers, envFile }: ImportReport, home: string): string {
  const counts = new Map<string, number>();
  for (const one of servers) counts.set(actionOf(one), (counts.get(actionOf(one)) ?? 0) + 1);
  const words: readonly (readonly [string, string])[] = [
    ['add', 'added'],
    ['rename', 'added under another name'],
    ['replace', 'replaced'],
    ['same', 'already there'],
    ['skip', 'skipped'],
    ['unresolved', 'to be decided'],
    ['invalid', 'not usable'],
  ];
  const told = words.flatMap(([action, word]) =>
    counts.has(action) ? [`${counts.get(action)} ${word}`] : [],
  );
  const path = shortPath(file, home);
  const secrets = envFile === undefined ? '' : `; secrets in ${shortPath(envFile, home)}, for --env-file`;
  return `${written ? `wrote ${path}` : `${path} was not written`}: ${told.join(', ') || 'nothing to do'}${secrets}`;
}

function secretsText(count: number): string {
  if (count === 0) return '';
  return count === 1 ? ', a secret as a variable' : `, ${count} secrets as variables`;
}

/** Paths below the home folder begin with `~`. */
export function shortPath(text: string, home: string): string {
  return home === '' || home === '/'
    ? text
    : text.replaceAll(`${home}/`, '~/').replaceAll(`${home}\\`, '~\\');
}
