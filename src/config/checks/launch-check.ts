import { type Finding, kindOf, shown } from './findings.ts';
import { address } from './http-checks.ts';
import { command, environment, programArguments } from './process-checks.ts';
import { type Check, duration, group, isRecord, orConstant, shaped, someText } from './value-checks.ts';

const PORT = { type: 'integer', minimum: 1, maximum: 65_535 };
const port: Check = shaped(orConstant('auto', 'a free port', PORT), (value, at, findings) => {
  if (value === 'auto') return value;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
  return findings.problem(at, `is ${shown(value)}; write "auto" or a number from 1 to 65535`);
});

const httpTarget: Check = shaped({ type: 'string', minLength: 1 }, (value, at, findings) =>
  typeof value === 'string' && /^\/[\u0021-\u007E]*$/u.test(value) ? value : address(value, at, findings),
);

const tcp: Check = shaped({ const: true }, (value, at, findings) =>
  value === true ? value : findings.problem(at, `is ${shown(value)}; write true`),
);

const readyKeys = group(
  { tcp, http: httpTarget, output: someText },
  {
    url: '"http"',
    path: '"http"',
    stdout: '"output"',
    stderr: '"output"',
    log: '"output"',
    port: '"tcp": true',
  },
);

const ready: Check = shaped(
  { ...readyKeys.shape, minProperties: 1, maxProperties: 1 },
  (value, at, findings) => {
    const before: readonly Finding[] = [...findings.problems];
    const result = readyKeys(value, at, findings);
    if (findings.problems.length > before.length || !isRecord(result)) return undefined;
    if (Object.keys(result).length !== 1) {
      return findings.problem(
        at,
        'needs exactly one of {"tcp": true}, {"http": "/path"}, {"output": "text"}',
      );
    }
    return result;
  },
);

/** What `launch` may hold. */
export const LAUNCH_KEYS: Readonly<Record<string, Check>> = {
  command,
  args: programArguments,
  env: environment,
  cwd: someText,
  port,
  ready,
  readyTimeoutMs: duration(),
};

const launchKeys = group(LAUNCH_KEYS, {
  url: '"url" on the entry itself',
  headers: '"headers" on the entry itself',
  timeout: '"readyTimeoutMs"',
  timeoutMs: '"readyTimeoutMs"',
  envFile: '"env"',
});

/** How the process behind a `url` is started. */
export const launch: Check = shaped({ ...launchKeys.shape, required: ['command'] }, (value, at, findings) => {
  if (isRecord(value) && value['command'] === undefined) {
    findings.problem([...at, 'command'], 'is missing; name the program to run');
  }
  if (value === false) return findings.problem(at, `is ${kindOf(value)}; remove the key`);
  return launchKeys(value, at, findings);
});
