import { isIP } from 'node:net';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { isPem } from '../http-settings.ts';
import { kindOf, shown } from './findings.ts';
import { HEADER_NAME, isReservedHeader } from './http-checks.ts';
import {
  type Check,
  count,
  duration,
  flag,
  group,
  isRecord,
  oneOf,
  orConstant,
  shaped,
  someText,
} from './value-checks.ts';

/** PEM or a path: never quoted, as one of them is a private key. */
const pemOrPath: Check = shaped(someText.shape, (value, at, findings) => {
  if (typeof value === 'string' && !isPem(value) && /[\r\n]/u.test(value)) {
    return findings.problem(at, 'is neither a path nor PEM text, which begins with "-----BEGIN "');
  }
  return someText(value, at, findings);
});

const serverName: Check = shaped(someText.shape, (value, at, findings) => {
  if (typeof value === 'string' && isIP(value) !== 0) {
    return findings.problem(at, 'is an address; write a host name, or leave it out');
  }
  if (typeof value === 'string' && /^[A-Za-z\d_](?:[A-Za-z\d._-]{0,252})$/u.test(value)) return value;
  return findings.problem(at, `is ${shown(value)}; write a host name like "mcp.example.com"`);
});

/** What `http.tls` may hold. */
export const TLS_KEYS: Readonly<Record<string, Check>> = {
  ca: pemOrPath,
  cert: pemOrPath,
  key: pemOrPath,
  passphrase: someText,
  minVersion: oneOf('TLSv1.2', 'TLSv1.3'),
  serverName,
};

const ALWAYS_CHECKED = '"ca" for a private authority (certificates are always checked)';

const tlsKeys = group(TLS_KEYS, {
  servername: '"serverName"',
  sni: '"serverName"',
  cafile: '"ca"',
  certificate: '"cert"',
  privateKey: '"key"',
  password: '"passphrase"',
  minTlsVersion: '"minVersion"',
  rejectUnauthorized: ALWAYS_CHECKED,
  insecure: ALWAYS_CHECKED,
  verify: ALWAYS_CHECKED,
});

const tls: Check = shaped(tlsKeys.shape, (value, at, findings) => {
  const result = tlsKeys(value, at, findings);
  if (!isRecord(value) || !isRecord(result)) return result;
  for (const [one, needed] of [
    ['cert', 'key'],
    ['key', 'cert'],
    ['passphrase', 'key'],
  ] as const) {
    if (value[one] !== undefined && value[needed] === undefined) {
      findings.problem([...at, one], `needs "${needed}" beside it`);
    }
  }
  return result;
});

/** Only the scheme is ever quoted: the URL may hold a password. */
const proxy: Check = shaped(orConstant(false, 'none', someText.shape), (value, at, findings) => {
  if (value === false || value === 'env') return value;
  const choices = 'write "env", false or a URL like "http://proxy.example.com:3128"';
  if (typeof value !== 'string') return findings.problem(at, `is ${kindOf(value)}; ${choices}`);
  // oxlint-disable-next-line no-control-regex -- these are what is refused
  if (/[\u0000-\u0020\u007F]/u.test(value) || !URL.canParse(value)) {
    return findings.problem(at, `is not a URL; ${choices}`);
  }
  const { protocol, pathname, search, hash } = new URL(value);
  if (protocol !== 'http:' && protocol !== 'https:') {
    return findings.problem(at, `begins with ${sanitizePeerText(protocol, 20)}; write an http or https URL`);
  }
  if (pathname !== '/' || search !== '' || hash !== '') {
    return findings.problem(at, 'has a path or a query; a proxy is only host and port');
  }
  return value;
});

const HEADER = { type: 'string', minLength: 1, maxLength: 64 };
const requestIdHeader: Check = shaped(orConstant(false, 'no header', HEADER), (value, at, findings) => {
  if (value === false) return value;
  if (typeof value !== 'string' || !HEADER_NAME.test(value) || value.length > 64) {
    return findings.problem(
      at,
      `is ${shown(value)}; write a header name like "x-request-id", or false: none`,
    );
  }
  const name = value.toLowerCase();
  if (isReservedHeader(name) || name === 'authorization' || name === 'cookie') {
    return findings.problem(
      at,
      `is ${shown(value)}, which has another use; write a name like "x-request-id"`,
    );
  }
  return name;
});

const followed = count({ min: 1, max: 20, unit: 'redirects', off: 'none is followed' });
const maxRedirects: Check = shaped(followed.shape, (value, at, findings) =>
  value === Number.POSITIVE_INFINITY
    ? findings.problem(at, 'is endless; write a whole number of redirects from 1 to 20')
    : followed(value, at, findings),
);

/** What `http` may hold. */
export const HTTP_KEYS: Readonly<Record<string, Check>> = {
  connections: count({ min: 1, max: 10_000, unit: 'connections' }),
  keepAliveMs: duration(undefined, 600_000),
  connectTimeoutMs: duration(),
  streamIdleMs: duration('never'),
  tls,
  proxy,
  compression: flag,
  requestIdHeader,
  maxRedirects,
  blockPrivate: flag,
};

const httpKeys = group(HTTP_KEYS, {
  keepAlive: '"keepAliveMs"',
  maxSockets: '"connections"',
  poolSize: '"connections"',
  connectTimeout: '"connectTimeoutMs"',
  idleTimeout: '"streamIdleMs"',
  followRedirects: '"maxRedirects"',
  requestId: '"requestIdHeader"',
  ca: '"tls.ca"',
  cert: '"tls.cert"',
  key: '"tls.key"',
  headers: '"headers" on the entry itself',
  timeout: '"timeouts.request", outside of "http"',
});

/** How a server is reached over HTTP. */
export const http: Check = shaped(httpKeys.shape, (value, at, findings) => {
  const result = httpKeys(value, at, findings);
  if (!isRecord(result)) return result;
  const { blockPrivate, proxy: through } = result;
  if (blockPrivate === true && typeof through === 'string' && through !== 'env') {
    findings.problem(
      [...at, 'blockPrivate'],
      'cannot be kept through a proxy, which looks names up itself; drop one of them',
    );
  }
  return result;
});
