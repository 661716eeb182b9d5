import { createHash } from 'node:crypto';

/** Longest name of a tool, in characters: what the interfaces of language models allow. */
const MAX_NAME = 64;
/** Digits of the hash that stands for what was cut off. */
const HASH_DIGITS = 8;

/** What of an operation its tool is named after. */
export interface NamedOperation {
  readonly id: string | undefined;
  readonly method: string;
  readonly path: string;
}

/**
 * One name for each operation, in their order: the `operationId`, else method and path. All are unique, not longer than 64
 * characters, made of letters, digits, `_` and `-`, which every host takes, and the same whenever the document is the same.
 */
export function toolNames(operations: readonly NamedOperation[]): readonly string[] {
  const taken = new Set<string>();
  return operations.map((operation) => unusedName(toolName(operation), taken));
}

function toolName({ id, method, path }: NamedOperation): string {
  const own = id === undefined ? '' : shortened(id, /[^A-Za-z\d_-]+/gu);
  if (own !== '') return own;
  const words = path.split(/[^A-Za-z\d-]+/u).filter((word) => word !== '');
  return shortened([method.toLowerCase(), ...words].join('_'), /[^A-Za-z\d_-]+/gu);
}

/** A name without the characters that arguments and definitions may not have; may be empty. */
export function cleanName(text: string): string {
  return shortened(text, /[^A-Za-z\d_.-]+/gu);
}

function shortened(text: string, refused: RegExp): string {
  const clean = text.replace(refused, '_').replace(/^_+|_+$/gu, '');
  if (clean.length <= MAX_NAME) return clean;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
  return `${clean.slice(0, MAX_NAME - HASH_DIGITS - 1)}_${hash}`;
}

/** The name, or the first of `name_2`, `name_3`, … that is free, which is taken from now on. */
export function unusedName(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let number = 2; taken.has(candidate); number++) {
    const suffix = `_${number}`;
    candidate = `${name.slice(0, MAX_NAME - suffix.length)}${suffix}`;
  }
  taken.add(candidate);
  return candidate;
}
