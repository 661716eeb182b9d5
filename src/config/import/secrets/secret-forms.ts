import { isSecretName } from '../../../core/redact.ts';

/** Names of variables, flags and headers that hold secrets, beside those that logs leave out. */
const SECRET_ENDING = /(?:^|[_.-])(?:pass|pwd|pat|key|auth|dsn|jwt|cred|creds|pin|otp)$/iu;

/** Names like those of secrets, for something else. */
const COUNTS = /tokens$|(?:max|min|num|limit|count|budget)[_-]?token/iu;
const NAMES_A_PLACE = /(?:file|path|dir|folder|url|uri|endpoint|server)$/iu;

/** The beginnings that well-known services give to their credentials. */
const KNOWN_FORMS =
  /\b(?:sk-[\w-]{16,}|(?:sk|pk|rk)_(?:live|test)_\w{10,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|xapp-[\w-]{10,}|A(?:KIA|SIA)[A-Z\d]{16}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|npm_\w{30,}|hf_\w{20,}|pypi-[\w-]{30,}|dop_v1_\w{30,}|lin_api_\w{20,}|ntn_\w{20,}|secret_\w{20,}|figd_[\w-]{20,}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)/gu;
/** Longer user names are keys. */
const MIN_USER_KEY = 16;
const PEM = /-----BEGIN [A-Z ]*PRIVATE KEY-----/u;

/** True if what stands under this name usually is a secret. */
export function isSecretSlot(name: string, value: string): boolean {
  if (value.trim() === '' || /^(?:true|false|yes|no|on|off|none|null|auto|default)$/iu.test(value))
    return false;
  if (!isSecretName(name) && !SECRET_ENDING.test(name)) return false;
  if (COUNTS.test(name) && /^[\d_.,]+$/u.test(value)) return false;
  if (NAMES_A_PLACE.test(name) && /^(?:[~.]?[\\/]|[A-Za-z]:[\\/]|[a-z][\w+.-]*:\/\/)/u.test(value))
    return false;
  // The parts of an address are looked at one by one.
  return !/^[a-z][a-z\d+.-]{0,31}:\/\//iu.test(value);
}

/** A part of a text: from where to where. */
export type Range = readonly [start: number, end: number];

/** Parts that are credentials by their form alone, wherever they stand. */
export function credentialsIn(text: string): Range[] {
  if (PEM.test(text)) return [[0, text.length]];
  const ranges: Range[] = [];
  for (const match of text.matchAll(KNOWN_FORMS)) ranges.push([match.index, match.index + match[0].length]);
  for (const match of text.matchAll(/[\w+=~.-]{20,}/gu)) {
    if (isRandom(match[0])) ranges.push([match.index, match.index + match[0].length]);
  }
  return ranges;
}

/** Something that no person would write: long, in one piece, of letters of both kinds with digits, or hexadecimal. */
function isRandom(token: string): boolean {
  return token.split(/[.~_-]+/u).some((run) => {
    if (/^[\da-f]{32,}$/iu.test(run)) return /\d/u.test(run) && /[a-f]/iu.test(run);
    if (run.length < 20) return false;
    return /[a-z]/u.test(run) && /[A-Z]/u.test(run) && (run.match(/\d/gu)?.length ?? 0) >= 2;
  });
}

/** A secret within an address, and what it is called there. */
export interface AddressSecret {
  readonly range: Range;
  readonly label: string;
}

/** Passwords and secret query values of all addresses in a text. */
export function addressSecrets(text: string): AddressSecret[] {
  const found: AddressSecret[] = [];
  for (const { 0: whole, index, groups } of text.matchAll(
    /\b[a-z][a-z\d+.-]{0,31}:\/\/(?:(?<user>[^/?#\s"'@:]*)(?::(?<password>[^/?#\s"'@]*))?@)?[^\s"']*/giu,
  )) {
    const { user = '', password } = groups ?? {};
    // A key alone, as in the address that errors are sent to.
    if (password === undefined && user.length >= MIN_USER_KEY) {
      const start = index + whole.indexOf('://') + 3;
      found.push({ range: [start, start + user.length], label: 'key' });
    }
    if (password !== undefined && password !== '') {
      const start = index + whole.indexOf('://') + 3 + user.length + 1;
      found.push({ range: [start, start + password.length], label: 'password' });
    }
    for (const pair of whole.matchAll(/[?&](?<name>[^=&#\s]{1,64})=(?<value>[^&#\s]*)/gu)) {
      const { name = '', value = '' } = pair.groups ?? {};
      if (!isSecretSlot(name, value) && !/^(?:code|sig|signature)$/iu.test(name)) continue;
      const start = index + pair.index + 1 + name.length + 1;
      if (value !== '') found.push({ range: [start, start + value.length], label: name });
    }
  }
  return found;
}
