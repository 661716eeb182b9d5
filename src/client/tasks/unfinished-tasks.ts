import { LateSet } from '../../core/late-set.ts';
import type { TaskRecord } from './task-record.ts';

/** More than anybody has; the oldest are forgotten first. */
const MAX_TASKS = 1000;

/**
 * The tasks of a client that are not known to have ended, also those that nobody follows: their server works on them,
 * so it is not stopped for want of work. One counts until its end is learned or its time to live is over.
 */
export class UnfinishedTasks {
  readonly #records: LateSet<TaskRecord> = new LateSet();

  add(record: TaskRecord): void {
    if (record.identity.id === undefined || isOver(record)) return;
    this.#records.add(record);
    if (this.#records.size <= MAX_TASKS) return;
    this.count();
    const [oldest] = this.#records;
    if (this.#records.size > MAX_TASKS && oldest !== undefined) this.#records.delete(oldest);
  }

  count(): number {
    for (const record of this.#records) if (isOver(record)) this.#records.delete(record);
    return this.#records.size;
  }
}

function isOver(record: TaskRecord): boolean {
  return record.isFinal || record.outcome !== undefined || record.remainingMs <= 0;
}
