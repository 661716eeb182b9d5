import { messageOf, RemoteError, SignalboxError } from '../../core/errors.ts';
import { isSecretName, REDACTED, type Redactor } from '../../core/redact.ts';

/** Longer text is cut, in characters. */
const MAX_TEXT = 2000;
/** Fields of an object and items of an array. */
const MAX_ITEMS = 100;
const MAX_DEPTH = 6;

/** A copy of an event that holds data only, no secrets (S18), and never more than a few kilobytes. */
export function plainEvent(value: unknown, redactor: Redactor, depth: number = 0): unknown {
  if (typeof value === 'string') return plainText(value, redactor);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[…]';
  if (value instanceof Error || SignalboxError.is(value)) {
    return plainEvent(plainError(value), redactor, depth + 1);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
    return firstOf(value as Iterable<unknown>).map((item) => plainEvent(item, redactor, depth + 1));
  }
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value).slice(0, MAX_ITEMS)) {
    // S20: no key of a peer's object may reach a prototype.
    if (key === '__proto__') continue;
    const item = (value as Record<string, unknown>)[key];
    const isHidden = typeof item !== 'number' && typeof item !== 'boolean' && isSecretName(key);
    const plain = isHidden && item != null ? REDACTED : plainEvent(item, redactor, depth + 1);
    if (plain !== undefined) copy[plainText(key, redactor)] = plain;
  }
  return copy;
}

function plainText(text: string, redactor: Redactor): string {
  // Cut last, or half a secret could be left at the cut.
  const clean = redactor.text(text);
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT - 1)}…` : clean;
}

function plainError(error: Error): Record<string, unknown> {
  if (SignalboxError.is(error)) return error.toJSON();
  const { message, name } = error;
  if (!(error instanceof RemoteError)) return { name, message: messageOf(error) };
  return { name, message, code: error.code, server: error.server, httpStatus: error.httpStatus };
}

function firstOf(items: Iterable<unknown>): unknown[] {
  const first: unknown[] = [];
  for (const item of items) {
    if (first.length >= MAX_ITEMS) break;
    first.push(item);
  }
  return first;
}
