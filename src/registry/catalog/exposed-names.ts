import { createHash } from 'node:crypto';

/** Longest exposed name; the specification asks for at most 128 characters (2026-07-28, tools). */
export const MAX_EXPOSED_NAME = 128;

/** Between the name of the server and the name of what it offers. */
export const NAME_SEPARATOR = '__';

const HASH_LENGTH = 8;

/**
 * The name under which a tool or prompt of a server is offered: `server__name`. Characters that hosts refuse become
 * `_`; a name that had to be changed or cut ends in a hash of what it was, so that two names never become one (S14).
 * It depends on nothing but its two parts.
 */
export function exposedName(server: string, name: string): string {
  const plain = `${server}${NAME_SEPARATOR}${name}`;
  const safe = plain.replace(/[^A-Za-z0-9_.-]/gu, '_');
  if (safe === plain && plain.length <= MAX_EXPOSED_NAME) return plain;
  return withHash(safe, server, name);
}

/** The name for a second tool that would get a name that is taken: `a__b` + `c` and `a` + `b__c`. */
export function collidingName(server: string, name: string): string {
  return withHash(exposedName(server, name), server, name);
}

function withHash(text: string, server: string, name: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([server, name]))
    .digest('hex')
    .slice(0, HASH_LENGTH);
  return `${text.slice(0, MAX_EXPOSED_NAME - HASH_LENGTH - 1)}_${hash}`;
}
