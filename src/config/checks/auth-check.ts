import { isAbsolute } from 'node:path';
import { kindOf, shown } from './findings.ts';
import { HEADER_NAME, isReservedHeader } from './http-checks.ts';
import {
  type Check,
  count,
  duration,
  flag,
  group,
  isRecord,
  listOf,
  oneOf,
  orConstant,
  shaped,
  someText,
} from './value-checks.ts';

/** A program with its arguments; no shell reads them. */
const program: Check = shaped(
  { type: 'array', items: someText.shape, minItems: 1 },
  (value, at, findings) => {
    if (!Array.isArray(value) || value.length === 0) {
      return findings.problem(
        at,
        `is ${kindOf(value)}; write program and arguments as a list: ["pass", "show", "x"]`,
      );
    }
    return listOf(someText)(value, at, findings);
  },
);

const absoluteFile: Check = shaped(someText.shape, (value, at, findings) =>
  typeof value === 'string' && value !== '' && !isAbsolute(value)
    ? findings.problem(at, 'is a relative path; write an absolute one, such as "${userHome}/.token"')
    : someText(value, at, findings),
);

const VARIABLE = { type: 'string', pattern: String.raw`^[A-Za-z_]\w*$` };
const variable: Check = shaped(VARIABLE, (value, at, findings) =>
  typeof value === 'string' && /^[A-Za-z_]\w*$/u.test(value)
    ? value
    : findings.problem(at, `is ${kindOf(value)}; write the name of a variable`),
);

const SOURCES = group({
  env: variable,
  file: absoluteFile,
  command: program,
  keyring: group({ service: someText, account: someText }),
});

/** A secret is never quoted, whatever it is. */
const SECRET = { anyOf: [someText.shape, { ...SOURCES.shape, minProperties: 1, maxProperties: 1 }] };
const secret: Check = shaped(SECRET, (value, at, findings) => {
  if (!isRecord(value)) return someText(value, at, findings);
  const result = SOURCES(value, at, findings);
  if (Object.keys(value).length !== 1) {
    findings.problem(at, 'needs exactly one of "env", "file", "command", "keyring"');
  }
  return result;
});

const headerName: Check = shaped(someText.shape, (value, at, findings) => {
  if (typeof value !== 'string' || !HEADER_NAME.test(value)) {
    return findings.problem(at, `is ${shown(value)}; write a header name like "X-Api-Key"`);
  }
  if (isReservedHeader(value.toLowerCase())) return findings.problem(at, 'is set by the protocol itself');
  return value;
});

/** A URL of OAuth: https, or http on this machine. */
const httpsUrl: Check = shaped(someText.shape, (value, at, findings) => {
  const example = 'write an https URL like "https://login.example.com"';
  if (typeof value !== 'string' || !URL.canParse(value)) return findings.problem(at, `is no URL; ${example}`);
  const { protocol, hostname, username, password } = new URL(value);
  const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/u.test(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLocal)) {
    return findings.problem(at, `begins with ${shown(protocol)}; ${example}`);
  }
  if (username !== '' || password !== '') return findings.problem(at, 'contains a user name or password');
  return value;
});

/** What `auth` may hold. */
export const AUTH_KEYS: Readonly<Record<string, Check>> = {
  type: oneOf('bearer', 'basic', 'header', 'command', 'oauth'),
  token: secret,
  user: someText,
  password: secret,
  name: headerName,
  value: secret,
  command: program,
  timeoutMs: duration(undefined, 600_000),
  refreshMs: duration(),
  grant: oneOf('authorization-code', 'device-code', 'client-credentials', 'jwt-bearer', 'enterprise'),
  clientId: someText,
  clientSecret: secret,
  clientMetadataUrl: httpsUrl,
  privateKey: secret,
  algorithm: oneOf('ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'EdDSA'),
  scopes: listOf(someText),
  issuer: httpsUrl,
  callbackPort: count({ min: 1, max: 65_535, unit: 'port number' }),
  assertion: secret,
  idp: group({
    issuer: httpsUrl,
    tokenEndpoint: httpsUrl,
    clientId: someText,
    clientSecret: secret,
    idToken: secret,
  }),
  dpop: flag,
  allowPrivate: flag,
};

const OAUTH = [
  'grant',
  'clientId',
  'clientSecret',
  'clientMetadataUrl',
  'privateKey',
  'algorithm',
  'scopes',
  'issuer',
  'callbackPort',
  'assertion',
  'idp',
  'dpop',
  'allowPrivate',
];

/** Which keys a type needs, and which it may have beside them. */
const TYPES: Readonly<
  Record<string, { readonly needs: readonly string[]; readonly may: readonly string[] }>
> = {
  bearer: { needs: ['token'], may: [] },
  basic: { needs: ['user', 'password'], may: [] },
  header: { needs: ['name', 'value'], may: [] },
  command: { needs: ['command'], may: ['timeoutMs', 'refreshMs'] },
  oauth: { needs: [], may: OAUTH },
};

/** What the grants cannot do without. */
const GRANTS: Readonly<Record<string, readonly string[]>> = {
  'client-credentials': ['clientId'],
  'jwt-bearer': ['assertion'],
  enterprise: ['clientId', 'idp'],
};

const authKeys = group(AUTH_KEYS, {
  apiKey: '"type": "header" with "name" and "value"',
  username: '"user"',
  header: '"name"',
  args: '"command" as a list of program and arguments',
  scope: '"scopes" as a list',
  client_id: '"clientId"',
  client_secret: '"clientSecret"',
  flow: '"grant"',
});

/** How we prove who we are; `false`: not at all. */
export const auth: Check = shaped(orConstant(false, 'off', authKeys.shape), (value, at, findings) => {
  if (value === false) return value;
  const result = authKeys(value, at, findings);
  if (!isRecord(value) || !isRecord(result)) return result;
  const { type } = value;
  const rule = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (rule === undefined) {
    if (type === undefined) {
      findings.problem(at, 'needs a "type": "bearer", "basic", "header", "command" or "oauth"');
    }
    return result;
  }
  for (const key of rule.needs) {
    if (value[key] === undefined) findings.problem(at, `needs "${key}" beside "type": "${String(type)}"`);
  }
  for (const key of Object.keys(result)) {
    if (key === 'type' || rule.needs.includes(key) || rule.may.includes(key)) continue;
    findings.problem([...at, key], `does not belong to "type": "${String(type)}"`);
  }
  const grant = typeof value['grant'] === 'string' ? value['grant'] : '';
  for (const key of GRANTS[grant] ?? []) {
    if (value[key] === undefined) findings.problem(at, `needs "${key}" beside "grant": "${grant}"`);
  }
  const idp = value['idp'];
  for (const key of isRecord(idp) ? ['issuer', 'clientId', 'idToken'] : []) {
    if (isRecord(idp) && idp[key] === undefined) findings.problem([...at, 'idp'], `needs "${key}"`);
  }
  return result;
});

/** What `auth` is worth beside the other keys of an entry. */
export function checkAuth(
  entry: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>>,
  findings: {
    problem: (path: readonly string[], message: string) => void;
    warn: (path: readonly string[], message: string) => void;
  },
): void {
  const value = own['auth'];
  if (!isRecord(value)) return;
  const at = ['x-signalbox', 'auth'];
  if ('command' in entry) {
    findings.warn(at, 'has no effect here; it belongs to a server with "url"');
    return;
  }
  const name = value['type'] === 'header' ? value['name'] : 'authorization';
  const headers = isRecord(entry['headers']) ? Object.keys(entry['headers']) : [];
  const twin = headers.find((one) => typeof name === 'string' && one.toLowerCase() === name.toLowerCase());
  if (twin !== undefined && value['type'] !== 'command') {
    findings.problem(['headers', twin], 'is what "x-signalbox.auth" sets; keep one of them');
  }
}
