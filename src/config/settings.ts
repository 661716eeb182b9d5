import { type AuthSettings, resolveAuth } from './auth-settings.ts';
import { type ResolvedConnectRpc, resolveDialect } from './dialect-settings.ts';
import type { DriftPolicy, LaunchSettings, ReadyCheck, ServerEntry, SignalboxSettings } from './entry.ts';
import { HTTP_DEFAULTS, type ResolvedHttp, resolveHttp } from './http-settings.ts';
import { type ResolvedOpenApi, resolveOpenApi } from './openapi-settings.ts';
import { type ResolvedRest, resolveRest } from './rest-settings.ts';
import { type ResolvedSandbox, resolveSandbox } from './sandbox.ts';

/** {@link LaunchSettings} with every default filled in. */
export interface ResolvedLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  readonly port: 'auto' | number | undefined;
  readonly ready: ReadyCheck;
  readonly readyTimeoutMs: number;
}

/** {@link SignalboxSettings} with every default filled in. `false` has become the number that means the same. */
export interface ResolvedSettings {
  /** `auto`, `legacy`, `modern` or a revision as YYYY-MM-DD. */
  readonly protocol: string;
  readonly required: boolean;
  readonly trust: boolean;
  readonly lazy: boolean;
  /** In ms. Infinity: no limit. */
  readonly timeouts: {
    readonly connect: number;
    readonly request: number;
    readonly total: number;
    readonly probe: number;
    readonly idle: number;
  };
  /** `maxAttempts` 1: no retry; Infinity: no end. `pauseMs` Infinity: no attempts in the background. */
  readonly retry: {
    readonly maxAttempts: number;
    readonly baseMs: number;
    readonly maxMs: number;
    readonly pauseMs: number;
  };
  /** `limit` 0: no restart; Infinity: no limit. */
  readonly restart: { readonly limit: number; readonly windowMs: number; readonly pauseMs: number };
  /** Undefined: off, as the following three are. */
  readonly breaker:
    | Readonly<
        Record<
          | 'consecutiveFailures'
          | 'failureRatio'
          | 'minCalls'
          | 'windowMs'
          | 'slowRatio'
          | 'slowMs'
          | 'openMs'
          | 'maxOpenMs'
          | 'halfOpenCalls',
          number
        >
      >
    | undefined;
  readonly rateLimit:
    | Readonly<Record<'perSecond' | 'burst' | 'maxQueued' | 'maxPauseMs', number>>
    | undefined;
  readonly concurrency: Readonly<Record<'maxInFlight' | 'maxQueued', number>> | undefined;
  readonly retryBudget: Readonly<Record<'maxTokens' | 'tokenRatio', number>> | undefined;
  /** `intervalMs` Infinity: no checks. */
  readonly health: Readonly<
    Record<
      | 'intervalMs'
      | 'timeoutMs'
      | 'degradedIntervalMs'
      | 'slowMs'
      | 'degradedErrorRate'
      | 'unhealthyErrorRate'
      | 'minCalls'
      | 'unhealthyAfter'
      | 'recoverAfter',
      number
    >
  >;
  readonly limits: {
    readonly frameBytes: number;
    readonly bodyBytes: number;
    readonly stderrBytes: number;
    readonly sendQueueBytes: number;
    readonly badFrames: number;
    readonly headerBytes: number;
    readonly compressionRatio: number;
    readonly pages: number;
    readonly items: number;
    readonly listBytes: number;
    readonly schemaBytes: number;
    readonly schemaDepth: number;
    readonly inputRounds: number;
    readonly documentBytes: number;
  };
  readonly stop: { readonly eofMs: number; readonly termMs: number; readonly killMs: number };
  readonly framing: 'strict' | 'tolerant';
  readonly validate: 'off' | 'warn' | 'error';
  readonly drift: DriftPolicy;
  /** Undefined: the standard. */
  readonly dialect: ResolvedConnectRpc | undefined;
  readonly http: ResolvedHttp;
  /** `false`: what a server asks for is not looked into; undefined: what is usual. */
  readonly auth: AuthSettings | false | undefined;
  readonly launch: ResolvedLaunch | undefined;
  readonly sandbox: ResolvedSandbox | undefined;
  readonly rest: ResolvedRest;
  readonly openapi: ResolvedOpenApi | undefined;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** Made once: few servers are of type `rest`. */
const REST_DEFAULT = resolveRest();

/** How long a launched server may take to become ready, in ms. */
const READY_TIMEOUT_MS = 20_000;

/** What holds for an entry that says nothing. Frozen in depth. */
export const SETTINGS_DEFAULTS: ResolvedSettings = Object.freeze({
  protocol: 'auto',
  required: false,
  trust: false,
  lazy: false,
  timeouts: Object.freeze({
    connect: 30_000,
    request: 60_000,
    total: 600_000,
    probe: 1000,
    idle: 300_000,
  }),
  retry: Object.freeze({ maxAttempts: 3, baseMs: 500, maxMs: 30_000, pauseMs: 60_000 }),
  restart: Object.freeze({ limit: 5, windowMs: 60_000, pauseMs: 300_000 }),
  breaker: Object.freeze({
    consecutiveFailures: 5,
    failureRatio: 0.5,
    minCalls: 10,
    windowMs: 30_000,
    slowRatio: Number.POSITIVE_INFINITY,
    slowMs: 10_000,
    openMs: 5000,
    maxOpenMs: 60_000,
    halfOpenCalls: 3,
  }),
  rateLimit: Object.freeze({
    perSecond: Number.POSITIVE_INFINITY,
    burst: Number.POSITIVE_INFINITY,
    maxQueued: 256,
    maxPauseMs: 60_000,
  }),
  concurrency: Object.freeze({ maxInFlight: 64, maxQueued: 256 }),
  retryBudget: Object.freeze({ maxTokens: 10, tokenRatio: 0.1 }),
  // Those of the health machine, which stands on the same floor; a test holds both together.
  health: Object.freeze({
    intervalMs: 30_000,
    timeoutMs: 5000,
    degradedIntervalMs: 5000,
    slowMs: 2000,
    degradedErrorRate: 0.2,
    unhealthyErrorRate: 0.5,
    minCalls: 10,
    unhealthyAfter: 3,
    recoverAfter: 2,
  }),
  // The first seven are those of the transports, which stand a floor above; a test holds both together.
  limits: Object.freeze({
    frameBytes: 8 * MIB,
    bodyBytes: 16 * MIB,
    stderrBytes: 64 * KIB,
    sendQueueBytes: 16 * MIB,
    badFrames: 10,
    headerBytes: 16 * KIB,
    compressionRatio: 100,
    pages: 100,
    items: 10_000,
    listBytes: 32 * MIB,
    schemaBytes: 256 * KIB,
    schemaDepth: 64,
    inputRounds: 10,
    documentBytes: 16 * MIB,
  }),
  stop: Object.freeze({ eofMs: 2000, termMs: 3000, killMs: 1000 }),
  framing: 'strict',
  validate: 'off',
  drift: 'warn',
  dialect: undefined,
  http: HTTP_DEFAULTS,
  auth: undefined,
  launch: undefined,
  sandbox: undefined,
  rest: REST_DEFAULT,
  openapi: undefined,
});

/**
 * Fills in every default. Expects an entry that `parseEntry` has accepted and does not check again.
 *
 * @example resolveSettings({ command: 'node', timeout: 5_000 }).timeouts.request // 5000
 */
export function resolveSettings(entry: ServerEntry): ResolvedSettings {
  const own: SignalboxSettings = entry['x-signalbox'] ?? {};
  const defaults = SETTINGS_DEFAULTS;
  const timeouts = filled(defaults.timeouts, { request: entry.timeout, ...present(own.timeouts) });
  return shared({
    protocol: own.protocol ?? defaults.protocol,
    required: own.required ?? defaults.required,
    trust: own.trust ?? defaults.trust,
    lazy: own.lazy ?? defaults.lazy,
    timeouts:
      own.timeouts?.total === undefined && timeouts.request > timeouts.total
        ? Object.freeze({ ...timeouts, total: timeouts.request })
        : timeouts,
    retry: own.retry === false ? NO_RETRY : filled(defaults.retry, own.retry),
    restart: own.restart === false ? NO_RESTART : filled(defaults.restart, own.restart),
    breaker: own.breaker === false ? undefined : filled(defaults.breaker!, own.breaker),
    rateLimit: resolveRateLimit(own.rateLimit),
    concurrency: own.concurrency === false ? undefined : filled(defaults.concurrency!, own.concurrency),
    retryBudget: own.retryBudget === false ? undefined : filled(defaults.retryBudget!, own.retryBudget),
    health: filled(defaults.health, own.health === false ? { intervalMs: false } : own.health),
    limits: filled(defaults.limits, own.limits),
    stop: filled(defaults.stop, own.stop),
    framing: own.framing ?? defaults.framing,
    validate: own.validate ?? defaults.validate,
    drift: own.drift ?? defaults.drift,
    dialect: resolveDialect(own.dialect),
    http: resolveHttp(own.http),
    auth: resolveAuth(own.auth, entry.oauth),
    launch: own.launch === undefined ? undefined : resolveLaunch(own.launch),
    sandbox: resolveSandbox(own.sandbox, own.launch !== undefined),
    rest: own.rest === undefined ? REST_DEFAULT : resolveRest(own.rest),
    openapi: resolveOpenApi(own.openapi),
  });
}

/** Settings of so many kinds are shared. */
const MAX_SHARED = 64;
/** By what they say; those that were made first leave first. */
const sharedSettings: Map<string, ResolvedSettings> = new Map();

/**
 * One object for all servers that say the same: in a large fleet most do. Only what is made of numbers and set words is
 * kept here, nothing in which a secret could stand.
 */
function shared(settings: ResolvedSettings): ResolvedSettings {
  const { http, auth, launch, rest, openapi, dialect, sandbox, ...plain } = Object.freeze(settings);
  const others = [auth, launch, openapi, dialect, sandbox];
  if (http !== HTTP_DEFAULTS || rest !== REST_DEFAULT || others.some((one) => one !== undefined))
    return settings;
  // Infinity becomes null, which is no value of any setting.
  const key = JSON.stringify(plain);
  const known = sharedSettings.get(key);
  if (known !== undefined) return known;
  const [first] = sharedSettings.keys();
  if (first !== undefined && sharedSettings.size >= MAX_SHARED) sharedSettings.delete(first);
  sharedSettings.set(key, settings);
  return settings;
}

const NO_RETRY: ResolvedSettings['retry'] = Object.freeze({
  ...SETTINGS_DEFAULTS.retry,
  maxAttempts: 1,
  pauseMs: Number.POSITIVE_INFINITY,
});
const NO_RESTART: ResolvedSettings['restart'] = Object.freeze({ ...SETTINGS_DEFAULTS.restart, limit: 0 });

function resolveRateLimit(given: SignalboxSettings['rateLimit']): ResolvedSettings['rateLimit'] {
  if (given === false) return undefined;
  const limit = filled(SETTINGS_DEFAULTS.rateLimit!, given);
  if (limit.burst !== Number.POSITIVE_INFINITY || limit.perSecond === Number.POSITIVE_INFINITY) return limit;
  return Object.freeze({ ...limit, burst: Math.max(1, Math.ceil(limit.perSecond)) });
}

function resolveLaunch(launch: LaunchSettings): ResolvedLaunch {
  return Object.freeze({
    command: launch.command,
    args: Object.freeze([...(launch.args ?? [])]),
    env: Object.freeze(copied(launch.env ?? {})),
    cwd: launch.cwd,
    port: launch.port,
    ready: Object.freeze({ ...(launch.ready ?? { tcp: true as const }) }),
    readyTimeoutMs: launch.readyTimeoutMs ?? READY_TIMEOUT_MS,
  });
}

/** A copy without prototype: its keys are other people's (S20). */
function copied(record: Readonly<Record<string, string>>): Record<string, string> {
  const copy = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries(record)) copy[key] = value;
  return copy;
}

type NumberGroup<Name extends string> = Readonly<Record<Name, number>>;
type GivenGroup<Name extends string> = { readonly [Key in Name]?: number | false | undefined };

/** The defaults of a group with what is given laid over them; `false` becomes Infinity. */
function filled<Name extends string>(
  defaults: NumberGroup<Name>,
  given: GivenGroup<Name> | undefined,
): NumberGroup<Name> {
  // The defaults themselves: one object for all servers that say nothing.
  if (given === undefined || Object.values(given).every((value) => value === undefined)) return defaults;
  const result: Record<Name, number> = { ...defaults };
  for (const name of Object.keys(defaults) as Name[]) {
    const value = given[name];
    if (value !== undefined) result[name] = typeof value === 'number' ? value : Number.POSITIVE_INFINITY;
  }
  return Object.freeze(result);
}

/** Without the keys that are there and undefined, so that a spread does not hide what it is laid over. */
function present<Name extends string>(given: GivenGroup<Name> | undefined): GivenGroup<Name> {
  return Object.fromEntries(
    Object.entries(given ?? {}).filter(([, value]) => value !== undefined),
  ) as GivenGroup<Name>;
}
