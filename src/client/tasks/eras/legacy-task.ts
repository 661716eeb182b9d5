import { RemoteError, SignalboxError } from '../../../core/errors.ts';
import { readTask, type TaskSnapshot } from '../../../protocol/tasks/task-snapshot.ts';
import type { TaskOutcome } from '../task-outcome.ts';
import type { TaskProtocolOptions } from './modern-task.ts';
import type { TaskProtocol } from './task-protocol.ts';

/** How often `tasks/result` may be refused while the task still wants input. */
const MAX_REFUSALS = 3;

/**
 * A task of revision 2025-11-25: its result is fetched by a request of its own, which also makes the server ask what
 * it wants to know, by ordinary requests to the ordinary handlers.
 */
export class LegacyTask implements TaskProtocol {
  readonly #options: TaskProtocolOptions;
  readonly #canCancel: () => boolean;
  #isWaiting = false;
  #refusals = 0;

  /** @param canCancel whether the server declares that it does */
  constructor(options: TaskProtocolOptions, canCancel: () => boolean) {
    this.#options = options;
    this.#canCancel = canCancel;
  }

  async get(signal: AbortSignal | undefined): Promise<TaskSnapshot> {
    const task = this.#read(await this.#request('tasks/get', signal));
    if (task !== undefined) return task;
    throw new SignalboxError('INVALID_RESULT', 'the answer to tasks/get is not the task', {
      server: this.#options.server,
      delivered: 'yes',
    });
  }

  async cancel(signal: AbortSignal | undefined): Promise<TaskSnapshot | undefined> {
    if (!this.#canCancel()) {
      const message = 'the server declares no tasks.cancel: its tasks cannot be cancelled';
      throw new SignalboxError('NOT_SUPPORTED', message, { server: this.#options.server });
    }
    return this.#read(await this.#request('tasks/cancel', signal));
  }

  async outcome({ status }: TaskSnapshot, signal: AbortSignal): Promise<TaskOutcome> {
    if (status === 'cancelled') return { kind: 'cancelled' };
    try {
      return await this.#resultOf(await this.#request('tasks/result', signal));
    } catch (error) {
      if (status !== 'failed' || !(error instanceof RemoteError)) throw error;
      const { code, remoteMessage: message, data } = error;
      return { kind: 'error', error: { code, message, ...(data === undefined ? {} : { data }) } };
    }
  }

  async giveInput(_: TaskSnapshot, signal: AbortSignal): Promise<TaskOutcome | undefined> {
    if (this.#isWaiting) return undefined;
    this.#isWaiting = true;
    const { requests, id } = this.#options;
    try {
      return await this.#resultOf(await requests.waitFor('tasks/result', { taskId: id }, signal));
    } catch (error) {
      // The task may have failed with it: the next look tells.
      if (error instanceof RemoteError && ++this.#refusals < MAX_REFUSALS) return undefined;
      throw error;
    } finally {
      this.#isWaiting = false;
    }
  }

  #read(result: Record<string, unknown>): TaskSnapshot | undefined {
    const task = readTask(result, 'legacy');
    return task?.id === this.#options.id ? task : undefined;
  }

  async #resultOf(result: Record<string, unknown>): Promise<TaskOutcome> {
    return { kind: 'result', result: await this.#options.readResult(result) };
  }

  #request(method: string, signal: AbortSignal | undefined): Promise<Record<string, unknown>> {
    const { requests, id } = this.#options;
    return requests.request('legacy', method, { taskId: id }, signal);
  }
}
