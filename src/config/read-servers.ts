import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { SignalboxError } from '../core/errors.ts';
import { sanitizePeerText } from '../core/peer-text.ts';
import { bareRecord } from './bare-record.ts';
import { type Finding, Findings, findingText, type KeyPath, keyText } from './checks/findings.ts';
import { isRecord } from './checks/value-checks.ts';
import type { ServerEntry } from './entry.ts';
import { entryError, type FilePlace } from './entry-error.ts';
import { type ExpansionScope, expandEntry } from './expand.ts';
import { ConfigDocument } from './file/config-document.ts';
import { fileError } from './file/file-error.ts';
import { findServers, type ServersKey } from './file/servers-key.ts';
import { isPem, type TlsSettings } from './http-settings.ts';
import { isDocumentUrl, type OpenApiSettings } from './openapi-settings.ts';
import { checkEntry } from './parse-entry.ts';
import type { RegisteredKind } from './registered-kind.ts';
import { secretsOf } from './secrets.ts';

/** How the text of a config file is read. */
export interface ReadOptions {
  /** Variables for `${VAR}`. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * Folder that relative paths (`cwd`, `envFile`) start at, and that `${workspaceFolder}` stands for. Default: the
   * folder of the file.
   */
  readonly cwd?: string | undefined;
  /** Keep `${VAR}` as it stands where the variable is not set, with a warning. Default `false`: the server fails. */
  readonly lenient?: boolean | undefined;
  /**
   * Transport kinds that were registered beside the built-in ones: their names, or what
   * `ClientFactory.registeredTransports` returns, which checks the keys of each kind too. Default: none.
   */
  readonly kinds?: readonly (string | RegisteredKind)[] | undefined;
}

/** What was read so far. Reading env files may still change it. */
export interface ReadServers {
  readonly file: string;
  readonly servers: Map<string, ServerEntry>;
  readonly failed: Map<string, SignalboxError>;
  readonly warnings: string[];
  readonly secrets: Set<string>;
  /** Absolute path of the env file of each server that has one. */
  readonly envFiles: Map<string, string>;
  /** Where in the file a key of a server stands. */
  place(name: string, path: KeyPath): FilePlace;
}

/** Everything that the text of a config file says by itself. `envFile` is an absolute path and not yet read. */
export function readServers(text: string, file: string, options: ReadOptions): ReadServers {
  const document = new ConfigDocument(text, file);
  const found = findServers(document);
  const result: ReadServers = {
    file,
    servers: new Map(),
    failed: new Map(),
    warnings: [...found.warnings, ...duplicateKeys(document, found)],
    secrets: new Set(),
    envFiles: new Map(),
    place: (name, path) => ({ file, ...document.place([...found.path, name, ...path]) }),
  };
  const base = resolve(options.cwd ?? dirname(resolve(file)));
  const scope: ExpansionScope = {
    env: options.env ?? process.env,
    workspaceFolder: base,
    userHome: userHome(),
    lenient: options.lenient,
  };
  // The names in the order of the file, which an object would lose for names like "10".
  for (const name of document.keys(found.path)) {
    if (Object.hasOwn(found.servers, name)) readServer(name, found.servers[name], scope, options, result);
  }
  if (result.servers.size + result.failed.size === 0)
    result.warnings.push(`${file}: there are no servers in it`);
  return result;
}

/** Undefined for a user without an entry in the system's user table and without HOME. */
function userHome(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

function readServer(
  name: string,
  raw: unknown,
  scope: ExpansionScope,
  options: ReadOptions,
  result: ReadServers,
): void {
  const findings = new Findings();
  const expanded = isRecord(raw) ? expandEntry(raw, scope, findings) : undefined;
  const expansions = [...findings.problems];
  const checked = checkEntry(name, expanded?.entry ?? raw, options, findings);
  for (const secret of expanded?.secrets ?? []) result.secrets.add(secret);
  warn(name, findings.warnings, result);
  // A value that could not be expanded is told of once, not again for what its placeholder looks like.
  const unexpanded = new Set(expansions.map(({ path }) => keyText(path)));
  const [first, ...others] = [
    ...expansions,
    ...findings.problems.slice(expansions.length).filter(({ path }) => !unexpanded.has(keyText(path))),
  ];
  if (first !== undefined || checked === undefined) {
    const problems: [Finding, ...Finding[]] = [
      first ?? { path: [], message: 'the entry is not sound' },
      ...others,
    ];
    result.failed.set(
      name,
      entryError(name, problems, (path) => result.place(name, path)),
    );
    return;
  }
  const entry = withAbsolutePaths(checked.entry, checked.kind, scope.workspaceFolder);
  for (const secret of secretsOf(entry)) result.secrets.add(secret);
  result.servers.set(name, entry);
  if (checked.kind === 'stdio' && entry.envFile !== undefined) result.envFiles.set(name, entry.envFile);
}

/** Adds warnings about a server, each with its place. */
function warn(name: string, findings: readonly Finding[], result: ReadServers): void {
  for (const finding of findings) {
    const { file, line } = result.place(name, finding.path);
    result.warnings.push(`${file}:${line}: ${sanitizePeerText(name, 64)}: ${findingText(finding)}`);
  }
}

function withAbsolutePaths(entry: ServerEntry, kind: string, base: string): ServerEntry {
  const changed: Record<string, unknown> = Object.assign(bareRecord(), entry);
  if (kind === 'stdio') {
    changed['cwd'] = resolve(base, entry.cwd ?? '');
    if (entry.envFile !== undefined) changed['envFile'] = resolve(base, entry.envFile);
  }
  const own = entry['x-signalbox'];
  const groups: Record<string, unknown> = {};
  if (own?.launch !== undefined) {
    groups['launch'] = { ...own.launch, cwd: resolve(base, own.launch.cwd ?? '') };
  }
  if (own?.http?.tls !== undefined) groups['http'] = { ...own.http, tls: absoluteTls(own.http.tls, base) };
  if (own?.openapi !== undefined) groups['openapi'] = absoluteDocument(own.openapi, base);
  if (Object.keys(groups).length > 0) changed['x-signalbox'] = { ...own, ...groups };
  return changed;
}

function absoluteDocument(openapi: OpenApiSettings | string, base: string): OpenApiSettings | string {
  const absolute = (document: string): string =>
    isDocumentUrl(document) ? document : resolve(base, document);
  if (typeof openapi === 'string') return absolute(openapi);
  return { ...openapi, document: absolute(openapi.document) };
}

function absoluteTls(tls: TlsSettings, base: string): TlsSettings {
  const changed: Record<string, unknown> = { ...tls };
  for (const name of ['ca', 'cert', 'key'] as const) {
    const value = tls[name];
    if (value !== undefined && !isPem(value)) changed[name] = resolve(base, value);
  }
  return changed;
}

/** Two servers of one name are a fault, as one of them would vanish; of other keys it is only said which one counts. */
function duplicateKeys(document: ConfigDocument, { path: serversPath }: ServersKey): string[] {
  const warnings: string[] = [];
  for (const { path, first, second } of document.duplicates) {
    const key = keyText(path);
    const isServer = path.length === serversPath.length + 1 && startsWith(path, serversPath);
    if (isServer || startsWith(serversPath, path)) {
      const message = `"${keyText(path.slice(-1))}" stands on line ${first.line} and again on line ${second.line}`;
      throw fileError(document.file, `${message}; ${isServer ? 'rename or remove one' : 'merge the two'}`, {
        ...second,
        key,
      });
    }
    warnings.push(
      `${document.file}:${second.line}: "${key}" stands on line ${first.line} already; the last one counts`,
    );
  }
  return warnings;
}

function startsWith(path: KeyPath, start: KeyPath): boolean {
  return start.every((part, index) => path[index] === part);
}
