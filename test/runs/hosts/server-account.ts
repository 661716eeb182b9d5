import type { Journal } from '../../../src/testing/index.ts';

/** What a server itself says it has done. */
export interface ServerAccount {
  /** The keys of the calls that it has executed, in order, with repetitions. */
  readonly keys: readonly string[];
  /** Requests that met a fault. */
  readonly faults: number;
}

/** Calls without a key are no part of the load. */
export function accountOf(journal: Journal): ServerAccount {
  const keys = journal.calls().map(({ arguments: args }) => args['key']);
  return { keys: keys.filter((key) => typeof key === 'string'), faults: journal.faults().length };
}
