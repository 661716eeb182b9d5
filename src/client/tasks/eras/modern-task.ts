import { SignalboxError } from '../../../core/errors.ts';
import type { CallToolResult } from '../../../protocol/mcp-types.ts';
import { readTask, type TaskSnapshot } from '../../../protocol/tasks/task-snapshot.ts';
import { isObject } from '../../../wire/json-rpc.ts';
import { isErrorObject, type TaskOutcome } from '../task-outcome.ts';
import type { TaskInputs } from './task-inputs.ts';
import type { TaskProtocol } from './task-protocol.ts';
import type { TaskRequests } from './task-requests.ts';

/** What the protocol of one task works with, in either era. */
export interface TaskProtocolOptions {
  readonly server: string;
  readonly id: string;
  readonly requests: TaskRequests;
  /** Checks what the tool has answered. @throws SignalboxError INVALID_RESULT */
  readonly readResult: (result: Record<string, unknown>) => Promise<CallToolResult>;
}

/** A task of the extension `io.modelcontextprotocol/tasks`: one question tells everything about it. */
export class ModernTask implements TaskProtocol {
  readonly #options: TaskProtocolOptions;
  readonly #inputs: TaskInputs;

  constructor(options: TaskProtocolOptions, inputs: TaskInputs) {
    this.#options = options;
    this.#inputs = inputs;
  }

  async get(signal: AbortSignal | undefined): Promise<TaskSnapshot> {
    const { server, id } = this.#options;
    const task = readTask(await this.#request('tasks/get', {}, signal), 'modern');
    if (task?.id === id) return task;
    throw new SignalboxError('INVALID_RESULT', 'the answer to tasks/get is not the task', {
      server,
      delivered: 'yes',
    });
  }

  async cancel(signal: AbortSignal | undefined): Promise<undefined> {
    await this.#request('tasks/cancel', {}, signal);
  }

  async outcome({ status, result, error }: TaskSnapshot): Promise<TaskOutcome | undefined> {
    if (status === 'cancelled') return { kind: 'cancelled' };
    if (status === 'failed') return isErrorObject(error) ? { kind: 'error', error } : undefined;
    return isObject(result) ? { kind: 'result', result: await this.#options.readResult(result) } : undefined;
  }

  async giveInput({ inputRequests }: TaskSnapshot, signal: AbortSignal): Promise<undefined> {
    const send = (inputResponses: Record<string, unknown>): Promise<unknown> =>
      this.#request('tasks/update', { inputResponses }, signal);
    await this.#inputs.offer(inputRequests, send, signal);
  }

  #request(
    method: string,
    params: Readonly<Record<string, unknown>>,
    signal: AbortSignal | undefined,
  ): Promise<Record<string, unknown>> {
    const { requests, id } = this.#options;
    return requests.request('modern', method, { taskId: id, ...params }, signal);
  }
}
