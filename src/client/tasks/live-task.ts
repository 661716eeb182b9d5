import { RemoteError, SignalboxError } from '../../core/errors.ts';
import { readTask } from '../../protocol/tasks/task-snapshot.ts';
import { JSON_RPC_ERROR } from '../../wire/json-rpc.ts';
import type { TaskProtocol } from './eras/task-protocol.ts';
import type { TaskRecord } from './task-record.ts';

/** A task with the server behind it: whatever is learned goes into the record, and changes are told. */
export class LiveTask {
  readonly record: TaskRecord;
  readonly protocol: TaskProtocol;
  readonly #changed: () => void;

  /** @param changed called when status or message have changed */
  constructor(record: TaskRecord, protocol: TaskProtocol, changed: () => void) {
    this.record = record;
    this.protocol = protocol;
    this.#changed = changed;
  }

  /**
   * Asks the server how the task stands.
   * @throws SignalboxError TASK_EXPIRED if it does not know the task
   */
  async ask(signal: AbortSignal | undefined): Promise<void> {
    try {
      if (this.record.accept(await this.protocol.get(signal))) this.#changed();
    } catch (cause) {
      if (!isUnknownTask(cause)) throw cause;
      throw new SignalboxError('TASK_EXPIRED', 'the server does not know the task any more', {
        server: this.record.identity.server,
        delivered: 'unknown',
        cause,
      });
    }
  }

  async cancel(signal: AbortSignal | undefined): Promise<void> {
    try {
      const news = await this.protocol.cancel(signal);
      if (news !== undefined && this.record.accept(news)) this.#changed();
    } catch (error) {
      if (!isUnknownTask(error)) throw error;
      // It may have ended just before: a legacy server then refuses.
      await this.ask(signal);
      if (!this.record.isFinal) throw error;
    }
  }

  /** Reads a notification. @returns whether it is about this task */
  hear(params: unknown): boolean {
    const { era, id } = this.record.identity;
    const news = readTask(params, era);
    if (news === undefined || news.id !== id) return false;
    if (this.record.accept(news, true)) this.#changed();
    return true;
  }

  /** The result is there, whatever the last known status: the task is completed. */
  conclude(): void {
    if (this.record.isFinal) return;
    if (this.record.accept({ ...this.record.snapshot, status: 'completed' })) this.#changed();
  }
}

function isUnknownTask(error: unknown): boolean {
  return error instanceof RemoteError && error.code === JSON_RPC_ERROR.invalidParams;
}
