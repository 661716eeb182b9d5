import { createHash } from 'node:crypto';

/** Longest exposed name; the specification asks for at most 128 characters (2026-07-28, tools). */
export const MAX_EXPOSED_NAME = 128;

/** Between the name of the server and the name of what it offers. */
export const NAME_SEPARATOR = '__';

/** In hex digits. Long enough that no server finds a name whose hash is that of another server's tool. */
const HASH_LENGTH = 16;

const ENDS_LIKE_A_HASH = new RegExp(`_[0-9a-f]{${HASH_LENGTH}}$`, 'u');

/**
 * The name under which a tool or prompt of a server is offered: `server__name`, if it can be read in one way only.
 * Otherwise a hash of both parts stands behind it, so that two names never become one (S14): where characters that
 * hosts refuse became `_`, where it was too long, where the server's own name holds a separator or ends in `_` (`a__b`
 * and `c`, `a` and `b__c`), and where it looks as if it ended in such a hash. It depends on nothing but its two parts:
 * it is the same whatever other servers there are, and whoever connects first.
 */
export function exposedName(server: string, name: string): string {
  const plain = `${server}${NAME_SEPARATOR}${name}`;
  const safe = withoutRefused(plain);
  const isPlain = safe === plain && plain.length <= MAX_EXPOSED_NAME && !ENDS_LIKE_A_HASH.test(plain);
  // Then the first separator is the one that stands between the parts.
  if (isPlain && plain.indexOf(NAME_SEPARATOR) === server.length) return plain;
  return `${safe.slice(0, MAX_EXPOSED_NAME - HASH_LENGTH - 1)}_${hashOf(server, name)}`;
}

/** Whether an exposed name can be one of this server. Names of servers begin alike: it can be that of another one too. */
export function mayBelongTo(server: string, exposed: string): boolean {
  return exposed.startsWith(withoutRefused(`${server}${NAME_SEPARATOR}`));
}

/** Characters that hosts refuse in names of tools become `_`. */
function withoutRefused(text: string): string {
  return text.replace(/[^A-Za-z0-9_.-]/gu, '_');
}

function hashOf(server: string, name: string): string {
  return createHash('sha256')
    .update(JSON.stringify([server, name]))
    .digest('hex')
    .slice(0, HASH_LENGTH);
}
