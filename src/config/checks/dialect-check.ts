import { DIALECTS } from '../dialect-settings.ts';
import { type Findings, shown } from './findings.ts';
import { nearestKey } from './nearest-key.ts';
import { type Check, group, isRecord, oneOf, orFalse, shaped } from './value-checks.ts';

const MAX_PATH_LENGTH = 1024;

/** A path below the URL of the entry: what would lead out of it, or hold a query, is refused. */
const path: Check = shaped({ type: 'string' }, (value, at, findings) => {
  const example = 'write a path below the url, like "events"';
  if (typeof value !== 'string') return findings.problem(at, `is ${shown(value)}; ${example}`);
  const isPlain = /^[^\s?#\\:\p{C}]+$/u.test(value) && /[^/]/u.test(value);
  const leadsOut = value.startsWith('//') || /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/iu.test(value);
  if (isPlain && !leadsOut && value.length <= MAX_PATH_LENGTH) return value;
  return findings.problem(at, `is ${shown(value)}; ${example}`);
});

const PARAMETER = { type: 'string', pattern: String.raw`^[\w.~-]{1,64}$` };
const parameter: Check = shaped(PARAMETER, (value, at, findings) =>
  typeof value === 'string' && /^[\w.~-]{1,64}$/u.test(value)
    ? value
    : findings.problem(at, `is ${shown(value)}; write the name of a parameter like "session_id", or false`),
);

/** What `dialect` may hold. */
export const DIALECT_KEYS: Readonly<Record<string, Check>> = {
  type: oneOf('connect-rpc'),
  connect: path,
  events: path,
  rpc: path,
  disconnect: orFalse(path, 'the server is not told'),
  sessionParam: orFalse(parameter, 'only in the header'),
};

const dialectKeys = group(DIALECT_KEYS, {
  name: '"type"',
  close: '"disconnect"',
  messages: '"rpc"',
  stream: '"events"',
  session: '"sessionParam"',
});

/** How a server of type `sse` speaks: a word, or an object with its paths. */
export const dialect: Check = shaped(
  { anyOf: [{ enum: DIALECTS }, dialectKeys.shape] },
  (value, at, findings) => {
    if (isRecord(value)) {
      if (value['type'] === undefined) findings.problem(at, 'needs a "type": "connect-rpc"');
      return dialectKeys(value, at, findings);
    }
    if (typeof value === 'string') {
      if (DIALECTS.includes(value)) return value;
      const nearest = nearestKey(value.replaceAll(/[ _.]/gu, '-'), DIALECTS);
      if (nearest !== undefined)
        return findings.problem(at, `is ${shown(value)}; did you mean "${nearest}"?`);
    }
    return findings.problem(at, `is ${shown(value)}; write "standard" or "connect-rpc"`);
  },
);

/** Kinds of transport that have no dialects. Of those that others registered nobody knows. */
const WITHOUT_DIALECTS: ReadonlySet<unknown> = new Set(['auto', 'stdio', 'http', 'rest']);

/** What `dialect` is worth beside the kind of transport. */
export function checkDialect(
  kind: string | undefined,
  own: Readonly<Record<string, unknown>>,
  findings: Findings,
): void {
  const given = own['dialect'];
  if (given === undefined || given === 'standard' || !WITHOUT_DIALECTS.has(kind)) return;
  findings.problem(
    ['x-signalbox', 'dialect'],
    'belongs to a server with "type": "sse"; write that, or drop it',
  );
}
