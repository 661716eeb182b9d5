import { throwIfAborted } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { Era, EraName } from '../../protocol/eras/era.ts';
import type { ServerCapabilities, Tool } from '../../protocol/mcp-types.ts';
import type { Session } from '../../protocol/session/session.ts';
import { offersTaskCalls, offersTaskCancel, taskSupport } from '../../protocol/tasks/core-tasks.ts';
import { readTask } from '../../protocol/tasks/task-snapshot.ts';
import { TASK_RESULT } from '../../protocol/tasks/tasks-era.ts';
import type { CallOptions } from '../calls/call-options.ts';
import type { Caller } from '../calls/caller.ts';
import type { ToolResultReader } from './eras/task-protocol.ts';
import type { TaskRequests } from './eras/task-requests.ts';
import type { TaskCallOptions } from './task-options.ts';
import { type TaskIdentity, TaskRecord } from './task-record.ts';
import { untilAborted } from './until-aborted.ts';

type Arguments = Readonly<Record<string, unknown>>;

/** What {@link TaskCalls} works with. */
export interface TaskCallsOptions {
  readonly server: string;
  readonly clock: Clock;
  readonly caller: Caller;
  readonly requests: TaskRequests;
  readonly readResult: ToolResultReader;
  /** How long a call may take by default, in ms. */
  readonly timeoutMs: number;
  readonly capabilities: () => ServerCapabilities | undefined;
  /** What the last list said of a tool. */
  readonly findTool: (name: string) => Tool | undefined;
  readonly learnTools: (options: CallOptions) => Promise<unknown>;
}

/** Calls tools in a way that lets the server make a task of it, as its era has it. */
export class TaskCalls {
  readonly #options: TaskCallsOptions;

  constructor(options: TaskCallsOptions) {
    this.#options = options;
  }

  /** Resolves when the server has made a task, or has answered without one. */
  async call(tool: string, args: Arguments, options: TaskCallOptions): Promise<TaskRecord> {
    const { ttlMs } = options.task === true ? {} : options.task;
    if (ttlMs !== undefined && !(Number.isSafeInteger(ttlMs) && ttlMs > 0)) {
      const message = `task.ttlMs is a whole number of ms above 0, not ${ttlMs}`;
      throw new SignalboxError('INVALID_ARGUMENT', message, { server: this.#options.server });
    }
    throwIfAborted(options.signal, this.#options.server);
    const { era } = await this.#options.caller.session(options.signal, options.timeoutMs);
    return era?.name === 'modern'
      ? await this.#callModern(tool, args, options)
      : await this.#callLegacy(tool, args, options, era?.protocolVersion, ttlMs);
  }

  async #callModern(tool: string, args: Arguments, options: CallOptions): Promise<TaskRecord> {
    const { caller, requests, clock } = this.#options;
    const extras = {
      acceptsResultTypes: [TASK_RESULT],
      era: (session: Session): Era | undefined => requests.dress('modern', session),
    };
    const result = await caller.request('tools/call', { name: tool, arguments: args }, options, extras);
    if (result['resultType'] !== TASK_RESULT) return await this.#completed('modern', tool, result, options);
    const task = readTask(result, 'modern');
    if (task === undefined) throw this.#noTask();
    return new TaskRecord({ ...this.#identity('modern', tool), id: task.id }, task, clock);
  }

  async #callLegacy(
    tool: string,
    args: Arguments,
    options: CallOptions,
    protocolVersion: string | undefined,
    ttlMs: number | undefined,
  ): Promise<TaskRecord> {
    const { caller, clock, capabilities, findTool, learnTools } = this.#options;
    // Whether a tool may be called so stands in the list, and nowhere else.
    const mayOffer = offersTaskCalls(capabilities(), protocolVersion);
    if (mayOffer && findTool(tool) === undefined) await learnTools({ signal: options.signal });
    const params = { name: tool, arguments: args };
    if (taskSupport(capabilities(), protocolVersion, findTool(tool)) === 'forbidden') {
      return await this.#completed(
        'legacy',
        tool,
        await caller.request('tools/call', params, options),
        options,
      );
    }
    const task = ttlMs === undefined ? {} : { ttl: ttlMs };
    const result = await this.#augmented({ ...params, task }, options);
    if (result['task'] === undefined) return await this.#completed('legacy', tool, result, options);
    const made = readTask(result['task'], 'legacy');
    if (made === undefined) throw this.#noTask();
    return new TaskRecord({ ...this.#identity('legacy', tool), id: made.id }, made, clock);
  }

  /**
   * A call that asks for a task is never cancelled by `notifications/cancelled`, neither by its caller nor by its
   * deadline (2025-11-25, cancellation): what is given up here is cancelled as a task, when its id comes.
   */
  async #augmented(
    params: Readonly<Record<string, unknown>>,
    options: CallOptions,
  ): Promise<Record<string, unknown>> {
    const { caller, requests, clock, server } = this.#options;
    const limitMs = Math.min(
      options.timeoutMs ?? this.#options.timeoutMs,
      options.totalTimeoutMs ?? Infinity,
    );
    const over = new AbortController();
    const timer = clock.setTimeout(() => {
      const message = `no answer to tools/call within ${Math.round(limitMs)} ms`;
      over.abort(new SignalboxError('REQUEST_TIMEOUT', message, { server, delivered: 'unknown' }));
    }, limitMs);
    const signal =
      options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
    const unlimited = { signal: undefined, timeoutMs: Infinity, totalTimeoutMs: Infinity };
    const answer = caller.request(
      'tools/call',
      params,
      { ...options, ...unlimited },
      {
        era: (session) => requests.dress('legacy', session),
      },
    );
    try {
      return await untilAborted(answer, signal, server);
    } catch (error) {
      if (signal.aborted) this.#cancelWhenMade(answer);
      throw error;
    } finally {
      timer.cancel();
    }
  }

  #cancelWhenMade(answer: Promise<Record<string, unknown>>): void {
    const { requests, capabilities } = this.#options;
    answer
      .then(async (result) => {
        const made = readTask(result['task'], 'legacy');
        if (made === undefined || !offersTaskCancel(capabilities())) return;
        await requests.request('legacy', 'tasks/cancel', { taskId: made.id }, undefined);
      })
      // Nobody is left who wants to know.
      .catch(() => undefined);
  }

  async #completed(
    era: EraName,
    tool: string,
    result: Record<string, unknown>,
    options: CallOptions,
  ): Promise<TaskRecord> {
    const { readResult, clock } = this.#options;
    const outcome = { kind: 'result' as const, result: await readResult(tool, result, options) };
    return TaskRecord.completed({ ...this.#identity(era, tool), id: undefined }, outcome, clock);
  }

  #identity(era: EraName, tool: string): Omit<TaskIdentity, 'id'> {
    return { server: this.#options.server, era, tool };
  }

  #noTask(): SignalboxError {
    const { server } = this.#options;
    const message = 'the answer to tools/call is unusable: its task lacks "taskId" or "status"';
    return new SignalboxError('INVALID_RESULT', message, { server, delivered: 'yes' });
  }
}
