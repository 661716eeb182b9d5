import {
  REST_DEFAULTS,
  REST_OPERATIONS,
  type RestErrorMeaning,
  type RestOperationName,
} from '../rest-settings.ts';
import { type Findings, type KeyPath, kindOf, shown } from './findings.ts';
import { HEADER_NAME, isReservedHeader } from './http-checks.ts';
import { nearestKey } from './nearest-key.ts';
import { templateProblem } from './template-check.ts';
import {
  type Check,
  count,
  group,
  isRecord,
  mapOf,
  oneOf,
  orConstant,
  shaped,
  someText,
} from './value-checks.ts';

/** What each operation has to make its request of: the parameters of its method in MCP. */
const PARAMETERS: Readonly<Record<RestOperationName, readonly string[]>> = {
  health: [],
  initialize: ['protocolVersion', 'clientInfo', 'capabilities'],
  'tools/list': ['cursor'],
  'tools/call': ['name', 'arguments'],
  'resources/list': ['cursor'],
  'resources/templates/list': ['cursor'],
  'resources/read': ['uri'],
  'prompts/list': ['cursor'],
  'prompts/get': ['name', 'arguments'],
  'completion/complete': ['ref', 'argument', 'context'],
  'logging/setLevel': ['level'],
  'notifications/initialized': [],
  'notifications/cancelled': ['requestId', 'reason'],
  end: [],
};

const isPointer = (value: string): boolean => /^(?:\/(?:[^~/]|~[01])*)*$/u.test(value);

const POINTER = { type: 'string', pattern: String.raw`^(/([^~/]|~[01])*)*$` };
const pointer: Check = shaped(POINTER, (value, at, findings) => {
  if (typeof value === 'string' && isPointer(value)) return value;
  return findings.problem(
    at,
    `is ${shown(value)}; write a JSON pointer like "/data/items", or "" for all of it`,
  );
});

/** One pointer, or several of which the first that leads to something counts. */
const POINTERS = { anyOf: [POINTER, { type: 'array', items: POINTER, minItems: 1 }] };
const pointers: Check = shaped(POINTERS, (value, at, findings) => {
  if (!Array.isArray(value)) return pointer(value, at, findings);
  if (value.length === 0) return findings.problem(at, 'is an empty list; write a JSON pointer');
  return value.map((one: unknown, index) => pointer(one, [...at, index], findings));
});

const status = count({ min: 100, max: 599, unit: 'an HTTP status' });
const STATUSES = { anyOf: [status.shape, { type: 'array', items: status.shape, minItems: 1 }] };
const statuses: Check = shaped(STATUSES, (value, at, findings) => {
  if (!Array.isArray(value)) return status(value, at, findings);
  if (value.length === 0) return findings.problem(at, 'is an empty list; write an HTTP status');
  return value.map((one: unknown, index) => status(one, [...at, index], findings));
});

/** Deepest nesting of a body in the map. */
const MAX_BODY_DEPTH = 8;

/** A part of a request: a pointer into the parameters of the operation, or a constant. */
function part(parameters: readonly string[], isNested: boolean, depth: number = 0): Check {
  return (value, at, findings) => {
    if (typeof value === 'string') return source(value, parameters, at, findings);
    if (isRecord(value) && Object.hasOwn(value, 'const') && Object.keys(value).length === 1) return value;
    if (isNested && isRecord(value) && depth < MAX_BODY_DEPTH) {
      const inner = part(parameters, true, depth + 1);
      return mapOf((_, one, itemAt) => inner(one, itemAt, findings))(value, at, findings);
    }
    const what = `is ${kindOf(value)}; write a JSON pointer like "/${parameters[0] ?? 'sessionId'}"`;
    return findings.problem(at, `${what}, or a constant as {"const": …}`);
  };
}

function source(value: string, parameters: readonly string[], at: KeyPath, findings: Findings): unknown {
  if (value === '') return value;
  if (!isPointer(value)) {
    return findings.problem(at, `is ${shown(value)}; write a JSON pointer, or a constant as {"const": …}`);
  }
  const known = [...parameters, 'sessionId', '_meta'];
  const first = value.slice(1).split('/')[0]!;
  if (known.includes(first)) return value;
  const nearest = nearestKey(first, known);
  const hint =
    nearest === undefined
      ? `it has ${known.map((name) => `"/${name}"`).join(', ')}`
      : `did you mean "/${nearest}"?`;
  return findings.problem(at, `is ${shown(value)}, which this operation does not have; ${hint}`);
}

/** Headers of requests that no operation may set: they prove who we are. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

function headerProblem(name: string): string | undefined {
  if (!HEADER_NAME.test(name)) return 'is not a valid header name';
  const lower = name.toLowerCase();
  if (isReservedHeader(lower)) return 'is set by the protocol itself; remove it';
  if (CREDENTIALS.has(lower))
    return 'proves who we are; set it in "headers" or "x-signalbox.auth" of the entry';
  return undefined;
}

/** What one operation may hold. */
function operationKeys(name: RestOperationName): Readonly<Record<string, Check>> {
  const parameters = PARAMETERS[name];
  const flat = part(parameters, false);
  const nested = part(parameters, true);
  return {
    method: oneOf('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
    path: shaped(someText.shape, (value, at, findings) => {
      if (typeof value !== 'string') return findings.problem(at, `is ${kindOf(value)}; write a path`);
      const problem = templateProblem(value, [...parameters, 'sessionId']);
      return problem === undefined ? value : findings.problem(at, problem);
    }),
    query: mapOf((_, one, at, findings) => flat(one, at, findings)),
    headers: mapOf((header, one, at, findings) => {
      const problem = headerProblem(header);
      return problem === undefined ? flat(one, at, findings) : findings.problem(at, problem);
    }),
    body: (value, at, findings) => (value === false ? value : nested(value, at, findings)),
    expect: statuses,
    result: pointers,
    fields: mapOf((_, one, at, findings) => pointers(one, at, findings)),
    nextCursor: pointers,
  };
}

const FOREIGN_OPERATION = {
  url: '"path"',
  route: '"path"',
  uri: '"path"',
  verb: '"method"',
  params: '"query"',
  status: '"expect"',
  envelope: '"result"',
  response: '"result"',
};

const OPERATIONS: Readonly<Record<string, Check>> = Object.fromEntries(
  (Object.keys(REST_OPERATIONS) as RestOperationName[]).map((name): [string, Check] => {
    const keys = group(operationKeys(name), FOREIGN_OPERATION);
    return [
      name,
      shaped({ anyOf: [keys.shape, { enum: [false, null] }] }, (value, at, findings) => {
        if (value === false || value === null) return value;
        const checked = keys(value, at, findings);
        const body = isRecord(value) && value['body'] !== undefined && value['body'] !== false;
        if (isRecord(checked) && checked['method'] === 'GET' && body) {
          findings.problem([...at, 'body'], 'cannot go with a GET; use "query", or another method');
        }
        return checked;
      }),
    ];
  }),
);

const operations = group(OPERATIONS, {
  ping: '"health"',
  listTools: '"tools/list"',
  callTool: '"tools/call"',
  listResources: '"resources/list"',
  readResource: '"resources/read"',
  listPrompts: '"prompts/list"',
  getPrompt: '"prompts/get"',
});

/** What `session` may hold. */
export const REST_SESSION_KEYS: Readonly<Record<string, Check>> = {
  from: pointers,
  fromHeader: shaped(someText.shape, (value, at, findings) =>
    typeof value === 'string' && HEADER_NAME.test(value)
      ? value
      : findings.problem(at, `is ${shown(value)}; write a header name like "X-Session-Id"`),
  ),
  in: oneOf('auto', 'body', 'query', 'header'),
  name: someText,
};

const sessionKeys = group(REST_SESSION_KEYS, { field: '"name"', header: '"in": "header" and "name"' });

const session: Check = shaped(orConstant(false, 'off', sessionKeys.shape), (value, at, findings) => {
  if (value === false) return value;
  const checked = sessionKeys(value, at, findings);
  if (!isRecord(checked) || checked['in'] !== 'header') return checked;
  const { name } = checked;
  const problem = typeof name === 'string' ? headerProblem(name) : undefined;
  if (problem !== undefined && !(typeof name === 'string' && name.toLowerCase() === 'mcp-session-id')) {
    return findings.problem([...at, 'name'], problem);
  }
  return checked;
});

const MEANINGS: readonly RestErrorMeaning[] = [
  'invalid-arguments',
  'unknown-name',
  'auth-required',
  'forbidden',
  'rate-limited',
  'session-lost',
  'failed',
];

/** What `errors` may hold. */
export const REST_ERROR_KEYS: Readonly<Record<string, Check>> = {
  present: shaped(orConstant(false, 'nothing', POINTERS), (value, at, findings) =>
    value === false ? value : pointers(value, at, findings),
  ),
  code: pointers,
  message: pointers,
  details: pointers,
  codes: mapOf((_, one, at, findings) => oneOf(...MEANINGS)(one, at, findings)),
};

/** What `rest` may hold. */
export const REST_KEYS: Readonly<Record<string, Check>> = {
  operations,
  session,
  errors: group(REST_ERROR_KEYS, { description: '"message"', data: '"details"' }),
};

/** The endpoint map of a server of type `rest`. */
export const rest: Check = group(REST_KEYS, {
  endpoints: '"operations"',
  routes: '"operations"',
  health: '"operations.health"',
  initialize: '"operations.initialize"',
  sessionId: '"session.name"',
  baseUrl: '"url" on the entry itself',
  headers: '"headers" on the entry itself',
});

/** What only the whole map can tell: names that the session would meet. Expects checked settings. */
export function checkRest(
  kind: string | undefined,
  own: Readonly<Record<string, unknown>>,
  findings: Findings,
): void {
  const at = ['x-signalbox', 'rest'];
  if (own['rest'] !== undefined && kind !== undefined && kind !== 'rest') {
    findings.warn(at, 'has no effect here; it belongs to a server of "type": "rest"');
  }
  if (kind === 'rest' && typeof own['protocol'] === 'string' && /^(?:modern|2026-)/u.test(own['protocol'])) {
    const what = `is ${shown(own['protocol'])}, which a server of type "rest" has no way to speak; remove it`;
    findings.problem(['x-signalbox', 'protocol'], what);
  }
  const map = isRecord(own['rest']) ? own['rest'] : {};
  if (map['session'] === false) return;
  const given = isRecord(map['session']) ? map['session'] : {};
  const { in: place, name } = { ...REST_DEFAULTS.session!, ...given };
  if (typeof name !== 'string') return;
  for (const [operation, route] of Object.entries(isRecord(map['operations']) ? map['operations'] : {})) {
    if (!isRecord(route)) continue;
    for (const [key, holds] of [
      ['query', place === 'query' || place === 'auto'],
      ['headers', place === 'header'],
    ] as const) {
      const parts = holds && isRecord(route[key]) ? route[key] : {};
      const twin = Object.keys(parts).find((one) => one.toLowerCase() === name.toLowerCase());
      if (twin === undefined) continue;
      findings.problem(
        [...at, 'operations', operation, key, twin],
        'is what the session is called; rename one',
      );
    }
  }
}
