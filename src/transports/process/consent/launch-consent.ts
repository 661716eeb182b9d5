import type { ParsedEntry } from '../../../config/parse-entry.ts';
import { launchHash } from './launch-hash.ts';

/**
 * Whether somebody has agreed that this server is started: `approved`; `changed`, if what is started is no longer what
 * was agreed to; `unknown`, if nobody was asked.
 */
export type ConsentState = 'approved' | 'changed' | 'unknown';

/** A server under the name that its consent is kept for; what `parseEntry` returns fits. */
export type ConsentSubject = Pick<ParsedEntry, 'name' | 'entry'>;

/** Where consent is looked up; a `ConsentStore`, or something of your own. */
export interface ConsentRecord {
  /** {@link launchHash} of the entry that was agreed to; undefined if none was. */
  approvedHash(name: string): string | undefined;
}

/** Compares a server with what was agreed to (S04). Starts and asks nothing: what follows is the caller's to decide. */
export function consentState({ name, entry }: ConsentSubject, record: ConsentRecord): ConsentState {
  const approved = record.approvedHash(name);
  if (approved === undefined) return 'unknown';
  return approved === launchHash(entry) ? 'approved' : 'changed';
}
