import { join } from 'node:path';
import type { FaultServerEra } from '../revisions.ts';

/** What the program of a fault server is started with: one JSON argument. */
export interface ProgramOptions {
  /** Where its journal and its control file stand. */
  readonly folder: string;
  readonly era: FaultServerEra;
  readonly seed: number;
}

export function journalPath(folder: string): string {
  return join(folder, 'journal.jsonl');
}

export function controlPath(folder: string): string {
  return join(folder, 'faults.json');
}
