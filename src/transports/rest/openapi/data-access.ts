import { isRecord } from '../../../config/checks/value-checks.ts';
import type { DocumentData } from './read-document.ts';

/** A value of a document by its key; undefined if the document itself does not hold it (S20). */
export function valueAt(data: DocumentData, key: string): unknown {
  return Object.hasOwn(data, key) ? data[key] : undefined;
}

/** The same where text is expected; undefined for anything else. */
export function textAt(data: DocumentData, key: string): string | undefined {
  const value = valueAt(data, key);
  return typeof value === 'string' ? value : undefined;
}

/** The same where an object is expected; an empty one for anything else. */
export function recordAt(data: DocumentData, key: string): DocumentData {
  const value = valueAt(data, key);
  return isRecord(value) ? value : {};
}

/** The same where a list is expected; an empty one for anything else. */
export function listAt(data: DocumentData, key: string): readonly unknown[] {
  const value = valueAt(data, key);
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** The same where `true` or `false` is expected. */
export function flagAt(data: DocumentData, key: string): boolean | undefined {
  const value = valueAt(data, key);
  return typeof value === 'boolean' ? value : undefined;
}
