import { createHash } from 'node:crypto';

/** Longest name of a tool that all model providers take. */
const MAX_MODEL_NAME = 64;

/** In hex digits: long enough that no server finds a name whose hash is that of another tool. */
const HASH_LENGTH = 16;

const PLAIN = new RegExp(`^[A-Za-z0-9_-]{1,${MAX_MODEL_NAME}}$`, 'u');
const ENDS_LIKE_A_HASH = new RegExp(`_[0-9a-f]{${HASH_LENGTH}}$`, 'u');

/**
 * The name under which a model sees a tool: at most 64 letters, digits, `_` and `-`, which every provider takes. A name
 * that is so already stays as it is; of any other one the rest becomes `_`, and a hash of the whole name stands behind it,
 * as it does behind one that looks as if it had such a hash. It depends on nothing but the name, so it stays the same
 * whatever else is offered, and two names never become one (S14).
 */
export function modelName(name: string): string {
  if (PLAIN.test(name) && !ENDS_LIKE_A_HASH.test(name)) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
  const safe = name.replace(/[^A-Za-z0-9_-]/gu, '_').slice(0, MAX_MODEL_NAME - HASH_LENGTH - 1);
  return `${safe}_${hash}`;
}
