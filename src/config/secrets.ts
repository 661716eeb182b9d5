import { homedir } from 'node:os';
import { isAbsolute, relative } from 'node:path';
import { isSecretName } from '../core/redact.ts';
import type { AuthSettings } from './auth-settings.ts';
import { isRecord } from './checks/value-checks.ts';
import type { ServerEntry } from './entry.ts';
import { isPem } from './http-settings.ts';

/** Shorter values are too common in ordinary text to be redacted wherever they stand. */
const MIN_LENGTH = 6;

/** Variables whose values are no secrets and stand in half of all log lines. */
const PLAIN_VARIABLES =
  /^(?:HOME|USER|USERNAME|LOGNAME|USERPROFILE|PWD|OLDPWD|PATH|SHELL|TERM|LANG|LC_\w+|TZ|HOSTNAME|COMPUTERNAME|TMPDIR|TMP|TEMP|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES.*|SYSTEMROOT|XDG_\w+|NODE_ENV|PORT|HOST)$/iu;

/** Numbers, simple words, addresses of this machine and placeholders: they tell nothing. */
const PLAIN_VALUE =
  /^(?:[\d.,:]+|[a-z]{1,12}|(?:https?:\/\/)?(?:localhost|127\.0\.0\.1|\[?::1\]?)(?::\d+)?\/?|\{port\})$/iu;

/** Deeper values are not looked at. */
const MAX_DEPTH = 8;

/** Whether the home folder or the working folder of this process lies in it: each message about a file would be cut. */
function holdsOwnFolder(value: string): boolean {
  if (!isAbsolute(value)) return false;
  return [homedir(), process.cwd()].some((own) => {
    const way = relative(value, own);
    return !way.startsWith('..') && !isAbsolute(way);
  });
}

/** True if what stands under this name (of a variable, a header, a key) must not appear in a log. */
export function isSecret(name: string, value: string): boolean {
  if (value.length < MIN_LENGTH || PLAIN_VARIABLES.test(name)) return false;
  return isSecretName(name) || !(PLAIN_VALUE.test(value) || holdsOwnFolder(value));
}

/**
 * The values of an entry that must not appear in a log: those of `env`, `headers`, `oauth`, the `env` of
 * `x-signalbox.launch`, the secrets of `x-signalbox.auth`, and
 * key, passphrase and proxy password of `x-signalbox.http`. Left out is what tells nothing: values under 6 characters, numbers, simple words, the home and the
 * working folder and those above, URLs of an authorization server. Values under a name like `API_TOKEN` are never left out, except for their length.
 */
export function secretsOf(entry: ServerEntry): string[] {
  const secrets = new Set<string>();
  const collect = (name: string, value: unknown): void => {
    if (typeof value === 'string' && isSecret(name, value)) secrets.add(value);
  };
  for (const env of [entry.env, entry['x-signalbox']?.launch?.env]) {
    for (const [name, value] of Object.entries(env ?? {})) collect(name, value);
  }
  for (const [name, value] of Object.entries(entry.headers ?? {})) {
    collect(name, value);
    // Of `Bearer abc` the second word is the secret, wherever else it stands.
    if (typeof value === 'string') collect(name, /^[A-Za-z][\w-]*\s+(\S.*)$/u.exec(value)?.[1]);
  }
  collectOauth('oauth', entry.oauth, collect, 0);
  collectAuth(entry['x-signalbox']?.auth, collect);
  const { tls, proxy } = entry['x-signalbox']?.http ?? {};
  collect('password', tls?.passphrase);
  if (tls?.key !== undefined && isPem(tls.key)) collect('private-key', tls.key);
  if (typeof proxy === 'string' && URL.canParse(proxy)) {
    const { password } = new URL(proxy);
    collect('password', password);
    collect('password', decoded(password));
  }
  return [...secrets];
}

/** A password as its owner knows it; undefined if the URL holds a broken escape. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Those that stand in the entry themselves; the others are not known before they are needed. */
function collectAuth(
  auth: AuthSettings | false | undefined,
  collect: (name: string, value: unknown) => void,
): void {
  if (auth === undefined || auth === false) return;
  const secret = (value: unknown): void => collect('secret', value);
  switch (auth.type) {
    case 'bearer':
      secret(auth.token);
      return;
    case 'basic':
      secret(auth.password);
      if (typeof auth.password === 'string') {
        secret(Buffer.from(`${auth.user}:${auth.password}`).toString('base64'));
      }
      return;
    case 'header':
      secret(auth.value);
      return;
    case 'command':
      return;
    case 'oauth':
      for (const value of [auth.clientSecret, auth.privateKey, auth.assertion]) secret(value);
      secret(auth.idp?.clientSecret);
      secret(auth.idp?.idToken);
  }
}

function collectOauth(
  name: string,
  value: unknown,
  collect: (name: string, value: unknown) => void,
  depth: number,
): void {
  if (depth > MAX_DEPTH || /^scopes?$/iu.test(name)) return;
  if (typeof value === 'string') {
    if (!/^https?:\/\//iu.test(value)) collect(name, value);
  } else if (Array.isArray(value)) {
    for (const item of value) collectOauth(name, item, collect, depth + 1);
  } else if (isRecord(value)) {
    for (const [key, inner] of Object.entries(value)) collectOauth(key, inner, collect, depth + 1);
  }
}
