import { SETTINGS_DEFAULTS } from '../settings.ts';
import { checkAuth } from './auth-check.ts';
import { checkDialect } from './dialect-check.ts';
import { type Findings, kindOf } from './findings.ts';
import { address, headers, PORT_PLACEHOLDER } from './http-checks.ts';
import { checkOpenApi } from './openapi-check.ts';
import { command, environment, programArguments } from './process-checks.ts';
import { checkRest } from './rest-check.ts';
import { checkSandbox } from './sandbox-check.ts';
import { signalboxSettings } from './settings-check.ts';
import { type Check, duration, flag, isRecord, listOf, shaped, someText } from './value-checks.ts';

const names = listOf(someText);

const object: Check = shaped({ type: 'object' }, (value, at, findings) =>
  isRecord(value) ? value : findings.problem(at, `is ${kindOf(value)}; write an object in { }`),
);

const COMMON_KEYS: Readonly<Record<string, Check>> = {
  disabled: flag,
  timeout: duration(),
  enabledTools: names,
  disabledTools: names,
  alwaysAllow: names,
  'x-signalbox': signalboxSettings,
};

const PROCESS_KEYS: Readonly<Record<string, Check>> = {
  ...COMMON_KEYS,
  command,
  args: programArguments,
  env: environment,
  envFile: someText,
  cwd: someText,
};

const ADDRESS_KEYS: Readonly<Record<string, Check>> = {
  ...COMMON_KEYS,
  url: address,
  headers,
  oauth: object,
};

/** The keys that Signalbox reads, for a kind of transport. Of kinds that others registered, the common ones. */
export function keysOf(kind: string | undefined): Readonly<Record<string, Check>> {
  if (kind === 'stdio') return PROCESS_KEYS;
  if (kind === undefined) return { ...PROCESS_KEYS, ...ADDRESS_KEYS };
  return kind === 'auto' || kind === 'http' || kind === 'sse' || kind === 'rest' ? ADDRESS_KEYS : COMMON_KEYS;
}

/** Warns of keys of ours that do nothing beside the kind of transport. */
export function warnOfIdleKeys(
  kind: string | undefined,
  entry: Readonly<Record<string, unknown>>,
  findings: Findings,
): void {
  const keys = keysOf(kind);
  const isProcess = keys === PROCESS_KEYS;
  if (!isProcess && keys !== ADDRESS_KEYS) return;
  for (const key of Object.keys(isProcess ? ADDRESS_KEYS : PROCESS_KEYS)) {
    if (entry[key] === undefined || Object.hasOwn(keys, key)) continue;
    const cure = isProcess
      ? 'it belongs to a server with "url"'
      : 'for a process behind "url" there is "x-signalbox.launch"';
    findings.warn([key], `has no effect here; ${cure}`);
  }
}

/** What other hosts call some of our keys. They are kept, not read; that deserves a word. */
const FOREIGN_KEYS: ReadonlyMap<string, string> = new Map([
  ['requestTimeout', 'x-signalbox.timeouts.request'],
  ['connectTimeout', 'x-signalbox.timeouts.connect'],
  ['connectionTimeout', 'x-signalbox.timeouts.connect'],
  ['environment', 'env'],
  ['envs', 'env'],
  ['http_headers', 'headers'],
  ['httpHeaders', 'headers'],
  ['autoApprove', 'alwaysAllow'],
  ['includeTools', 'enabledTools'],
  ['allowedTools', 'enabledTools'],
  ['enabled_tools', 'enabledTools'],
  ['excludeTools', 'disabledTools'],
  ['blockedTools', 'disabledTools'],
  ['disabled_tools', 'disabledTools'],
  ['protocolVersion', 'x-signalbox.protocol'],
  ['protocolEra', 'x-signalbox.protocol'],
  ['keep_alive', 'x-signalbox.lazy'],
]);

/** Warns of keys that have a meaning elsewhere and none here, unless our own key stands beside them. */
export function warnOfForeignKeys(entry: Readonly<Record<string, unknown>>, findings: Findings): void {
  for (const [foreign, ours] of FOREIGN_KEYS) {
    if (entry[foreign] === undefined || reach(entry, ours) !== undefined) continue;
    findings.warn([foreign], `is kept for other hosts and not read; Signalbox reads "${ours}"`);
  }
  if (entry['enabled'] === false && entry['disabled'] === undefined) {
    findings.problem(['enabled'], 'is not read; write "disabled": true instead');
  }
}

function reach(entry: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = entry;
  for (const key of path.split('.')) value = isRecord(value) ? value[key] : undefined;
  return value;
}

/** What only several keys together can tell. Expects their checked values; a refused one is undefined. */
export function checkTogether(
  kind: string | undefined,
  entry: Readonly<Record<string, unknown>>,
  findings: Findings,
): void {
  const { timeout, url } = entry;
  if (typeof timeout === 'number' && timeout < 1000) {
    findings.warn(['timeout'], `is ${timeout} ms; milliseconds are meant here, not seconds`);
  }
  const own = isRecord(entry['x-signalbox']) ? entry['x-signalbox'] : {};
  const timeouts = isRecord(own['timeouts']) ? own['timeouts'] : {};
  const request = timeouts['request'] ?? timeout ?? SETTINGS_DEFAULTS.timeouts.request;
  const { total } = timeouts;
  if (typeof request === 'number' && typeof total === 'number' && total < request) {
    const at = ['x-signalbox', 'timeouts', 'total'];
    findings.warn(at, `(${total} ms) ends calls before the time limit of a request (${request} ms)`);
  }
  if (timeouts['idle'] !== undefined && own['lazy'] !== true) {
    const at = ['x-signalbox', 'timeouts', 'idle'];
    findings.warn(at, 'has no effect: only a server with "lazy": true is stopped when nobody uses it');
  }
  const http = isRecord(own['http']) ? own['http'] : undefined;
  if (http !== undefined && 'command' in entry) {
    findings.warn(['x-signalbox', 'http'], 'has no effect here; it belongs to a server with "url"');
  } else if (http?.['tls'] !== undefined && typeof url === 'string' && /^http:/iu.test(url)) {
    findings.warn(['x-signalbox', 'http', 'tls'], 'has no effect on an http URL');
  }
  checkAuth(entry, own, findings);
  checkSandbox(entry, own, findings);
  checkRest(kind, own, findings);
  checkOpenApi(kind, own, findings);
  checkDialect(kind, own, findings);
  const launch = isRecord(own['launch']) ? own['launch'] : undefined;
  if (launch !== undefined && !('url' in entry)) {
    findings.problem(['x-signalbox', 'launch'], 'needs "url"; a server on stdio is started by its "command"');
  }
  if (typeof url === 'string' && url.includes(PORT_PLACEHOLDER) && launch?.['port'] === undefined) {
    findings.problem(
      ['url'],
      'contains {port}, which only "x-signalbox.launch.port" fills in; set that to "auto"',
    );
  }
}
