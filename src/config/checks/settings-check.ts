import { SETTINGS_DEFAULTS } from '../settings.ts';
import { AUTH_KEYS, auth } from './auth-check.ts';
import { DIALECT_KEYS, dialect } from './dialect-check.ts';
import { shown } from './findings.ts';
import { HTTP_KEYS, http, TLS_KEYS } from './http-settings-check.ts';
import { LAUNCH_KEYS, launch } from './launch-check.ts';
import { OPENAPI_KEYS, openapi } from './openapi-check.ts';
import { REST_ERROR_KEYS, REST_KEYS, REST_SESSION_KEYS, rest } from './rest-check.ts';
import { SANDBOX_KEYS, sandbox } from './sandbox-check.ts';
import {
  type Check,
  count,
  duration,
  flag,
  group,
  isRecord,
  oneOf,
  orFalse,
  shaped,
} from './value-checks.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const bytes = (max: number): Check => count({ min: 64, max, unit: 'bytes' });
const stopStep = duration(undefined, 600_000);

const ERAS = { enum: ['auto', 'legacy', 'modern'] };
const REVISION = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' };
const protocol: Check = shaped({ anyOf: [ERAS, REVISION] }, (value, at, findings) => {
  if (value === 'auto' || value === 'legacy' || value === 'modern') return value;
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/u.test(value)) return value;
  return findings.problem(
    at,
    `is ${shown(value)}; write "auto", "legacy", "modern" or a revision like "2025-11-25"`,
  );
});

const TIMEOUTS = {
  connect: duration(),
  request: duration('no limit'),
  total: duration('no limit'),
  probe: duration(),
  idle: duration('never'),
};
const RETRY = {
  maxAttempts: count({ min: 1, max: 1000, unit: 'attempts', off: 'no end' }),
  baseMs: duration(),
  maxMs: duration(),
  pauseMs: duration('no more attempts'),
};
const RESTART = {
  limit: count({ min: 1, max: 1000, unit: 'restarts', off: 'no limit' }),
  windowMs: duration(),
  pauseMs: duration(),
};
const share = count({ min: 0.01, max: 1, unit: 'calls', fractions: true, off: 'not looked at' });
const queued = count({ min: 0, max: 100_000, unit: 'requests' });
const BREAKER = {
  consecutiveFailures: count({ min: 1, max: 1000, unit: 'failures', off: 'not looked at' }),
  failureRatio: share,
  minCalls: count({ min: 1, max: 100_000, unit: 'calls' }),
  windowMs: duration(),
  slowRatio: share,
  slowMs: duration(),
  openMs: duration(),
  maxOpenMs: duration(),
  halfOpenCalls: count({ min: 0, max: 1000, unit: 'calls' }),
};
const RATE_LIMIT = {
  perSecond: count({ min: 0.001, max: 1_000_000, unit: 'requests', fractions: true, off: 'no limit' }),
  burst: count({ min: 1, max: 1_000_000, unit: 'requests', fractions: true, off: 'as perSecond' }),
  maxQueued: queued,
  maxPauseMs: duration(),
};
const CONCURRENCY = {
  maxInFlight: count({ min: 1, max: 100_000, unit: 'requests', off: 'no limit' }),
  maxQueued: queued,
};
const RETRY_BUDGET = {
  maxTokens: count({ min: 1, max: 1000, unit: 'tokens', fractions: true }),
  tokenRatio: count({ min: 0.001, max: 1000, unit: 'tokens', fractions: true }),
};
const HEALTH = {
  intervalMs: duration('no checks'),
  timeoutMs: duration(),
  degradedIntervalMs: duration(),
  slowMs: duration('none is slow'),
  degradedErrorRate: share,
  unhealthyErrorRate: share,
  minCalls: count({ min: 1, max: 100_000, unit: 'calls' }),
  unhealthyAfter: count({ min: 1, max: 100, unit: 'checks' }),
  recoverAfter: count({ min: 1, max: 100, unit: 'checks' }),
};
const LIMITS = {
  frameBytes: bytes(256 * MIB),
  bodyBytes: bytes(256 * MIB),
  stderrBytes: bytes(16 * MIB),
  sendQueueBytes: bytes(1024 * MIB),
  badFrames: count({ min: 1, max: 1_000_000, unit: 'frames' }),
  headerBytes: bytes(MIB),
  compressionRatio: count({ min: 10, max: 10_000, unit: 'decoded bytes for one received byte' }),
  pages: count({ min: 1, max: 100_000, unit: 'pages' }),
  items: count({ min: 1, max: 10_000_000, unit: 'items' }),
  listBytes: bytes(1024 * MIB),
  schemaBytes: bytes(256 * MIB),
  schemaDepth: count({ min: 1, max: 500, unit: 'levels' }),
  inputRounds: count({ min: 1, max: 1000, unit: 'rounds' }),
  documentBytes: bytes(256 * MIB),
};
const STOP = { eofMs: stopStep, termMs: stopStep, killMs: stopStep };

const timeouts = group(TIMEOUTS, {
  connection: '"connect"',
  call: '"request"',
  ready: '"launch.readyTimeoutMs"',
});
const retryKeys = group(RETRY, {
  attempts: '"maxAttempts"',
  retries: '"maxAttempts" (the first attempt counts too)',
  maxRetries: '"maxAttempts" (the first attempt counts too)',
  initialDelayMs: '"baseMs"',
  maxDelayMs: '"maxMs"',
});

const retry: Check = shaped(retryKeys.shape, (value, at, findings) => {
  const result = retryKeys(value, at, findings);
  if (!isRecord(result)) return result;
  const { baseMs, maxMs } = { ...SETTINGS_DEFAULTS.retry, ...result };
  if (typeof baseMs === 'number' && typeof maxMs === 'number' && baseMs > maxMs) {
    findings.problem(
      [...at, result['maxMs'] === undefined ? 'baseMs' : 'maxMs'],
      `contradicts its twin: the first pause (${baseMs} ms) is longer than the longest (${maxMs} ms)`,
    );
  }
  return result;
});

const KEYS: Readonly<Record<string, Check>> = {
  protocol,
  required: flag,
  trust: flag,
  lazy: flag,
  timeouts,
  retry: orFalse(retry),
  restart: orFalse(group(RESTART, { maxRestarts: '"limit"', max: '"limit"', window: '"windowMs"' })),
  breaker: orFalse(
    group(BREAKER, {
      failureThreshold: '"consecutiveFailures"',
      threshold: '"consecutiveFailures"',
      resetTimeout: '"openMs"',
      resetTimeoutMs: '"openMs"',
      halfOpenAfter: '"openMs"',
    }),
  ),
  rateLimit: orFalse(
    group(RATE_LIMIT, {
      requestsPerSecond: '"perSecond"',
      rps: '"perSecond"',
      requestsPerMinute: '"perSecond" (a sixtieth of it)',
    }),
  ),
  concurrency: orFalse(
    group(CONCURRENCY, { max: '"maxInFlight"', limit: '"maxInFlight"', maxConcurrent: '"maxInFlight"' }),
  ),
  retryBudget: orFalse(group(RETRY_BUDGET)),
  health: orFalse(
    group(HEALTH, {
      interval: '"intervalMs"',
      timeout: '"timeoutMs"',
      failureThreshold: '"unhealthyAfter"',
      successThreshold: '"recoverAfter"',
      degradedLatencyMs: '"slowMs"',
    }),
  ),
  limits: group(LIMITS),
  stop: group(STOP),
  framing: oneOf('strict', 'tolerant'),
  validate: oneOf('off', 'warn', 'error'),
  drift: oneOf('allow', 'warn', 'block'),
  dialect,
  http,
  auth,
  launch,
  sandbox,
  rest,
  openapi,
};

const onTheEntry = (key: string): string => `"${key}" on the entry itself, outside of "x-signalbox"`;

/** The content of `x-signalbox`. */
export const signalboxSettings: Check = group(KEYS, {
  timeout: '"timeouts.request"',
  requestTimeout: '"timeouts.request"',
  requestTimeoutMs: '"timeouts.request"',
  connectTimeout: '"timeouts.connect"',
  connectionTimeout: '"timeouts.connect"',
  connectTimeoutMs: '"timeouts.connect"',
  idleTimeoutMs: '"timeouts.idle"',
  retries: '"retry.maxAttempts"',
  maxRetries: '"retry.maxAttempts"',
  circuitBreaker: '"breaker"',
  maxConcurrency: '"concurrency.maxInFlight"',
  requestsPerSecond: '"rateLimit.perSecond"',
  protocolVersion: '"protocol"',
  protocolEra: '"protocol"',
  era: '"protocol"',
  endpoints: '"rest.operations"',
  endpointMap: '"rest.operations"',
  keepAlive: '"lazy"',
  healthCheck: '"health"',
  healthCheckInterval: '"health.intervalMs"',
  ping: '"health"',
  pingInterval: '"health.intervalMs"',
  ...Object.fromEntries(
    ['type', 'disabled', 'command', 'args', 'env', 'envFile', 'cwd', 'url', 'headers', 'oauth'].map((key) => [
      key,
      onTheEntry(key),
    ]),
  ),
});

const GROUPS = {
  timeouts: TIMEOUTS,
  retry: RETRY,
  restart: RESTART,
  breaker: BREAKER,
  rateLimit: RATE_LIMIT,
  concurrency: CONCURRENCY,
  retryBudget: RETRY_BUDGET,
  health: HEALTH,
  limits: LIMITS,
  stop: STOP,
  dialect: DIALECT_KEYS,
  http: HTTP_KEYS,
  'http.tls': TLS_KEYS,
  auth: AUTH_KEYS,
  launch: LAUNCH_KEYS,
  sandbox: SANDBOX_KEYS,
  rest: REST_KEYS,
  'rest.session': REST_SESSION_KEYS,
  'rest.errors': REST_ERROR_KEYS,
  openapi: OPENAPI_KEYS,
};

function withInner(key: string): readonly string[] {
  const inner = Object.hasOwn(GROUPS, key) ? Object.keys(GROUPS[key as keyof typeof GROUPS]) : [];
  return [key, ...inner.flatMap((name) => withInner(`${key}.${name}`))];
}

/** Every key of `x-signalbox`, in its order; keys of groups as `timeouts.request`. For the documentation's test. */
export const SIGNALBOX_KEYS: readonly string[] = Object.keys(KEYS).flatMap(withInner);
