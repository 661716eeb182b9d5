import type { ResolvedSettings } from '../../config/settings.ts';
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
import type { ClientEnvironment } from '../connection/connector.ts';
import type { ToolResultReader } from './eras/task-protocol.ts';
import type { TaskRequests } from './eras/task-requests.ts';
import type { TaskCallOptions } from './task-options.ts';
import { type TaskIdentity, TaskRecord } from './task-record.ts';
import { untilAborted } from './until-aborted.ts';

type Arguments = Readonly<Record<string, unknown>>;

/** What {@link TaskCalls} asks of its client. */
export interface TaskCallsOwner {
  readonly name: string;
  readonly environment: Pick<ClientEnvironment, 'clock'>;
  readonly caller: Caller;
  readonly settings: Pick<ResolvedSettings, 'timeouts'>;
  readonly capabilities: ServerCapabilities | undefined;
  /** What the last list said of a tool. */
  findTool(name: string): Tool | undefined;
  learnTools(options: CallOptions): Promise<unknown>;
}

/** Calls tools in a way that lets the server make a task of it, as its era has it. */
export class TaskCalls {
  readonly #client: TaskCallsOwner;
  readonly #requests: TaskRequests;
  readonly #readResult: ToolResultReader;

  constructor(client: TaskCallsOwner, requests: TaskRequests, readResult: ToolResultReader) {
    this.#client = client;
    this.#requests = requests;
    this.#readResult = readResult;
  }

  /** Resolves when the server has made a task, or has answered without one. */
  async call(tool: string, args: Arguments, options: TaskCallOptions): Promise<TaskRecord> {
    const { ttlMs } = options.task === true ? {} : options.task;
    if (ttlMs !== undefined && !(Number.isSafeInteger(ttlMs) && ttlMs > 0)) {
      const message = `task.ttlMs is a whole number of ms above 0, not ${ttlMs}`;
      throw new SignalboxError('INVALID_ARGUMENT', message, { server: this.#client.name });
    }
    throwIfAborted(options.signal, this.#client.name);
    const { era } = await this.#client.caller.session(options.signal, options.timeoutMs);
    return era?.name === 'modern'
      ? await this.#callModern(tool, args, options)
      : await this.#callLegacy(tool, args, options, era?.protocolVersion, ttlMs);
  }

  async #callModern(tool: string, args: Arguments, options: CallOptions): Promise<TaskRecord> {
    const { caller } = this.#client;
    const requests = this.#requests;
    const extras = {
      acceptsResultTypes: [TASK_RESULT],
      era: (session: Session): Era | undefined => requests.dress('modern', session),
    };
    const result = await caller.request('tools/call', { name: tool, arguments: args }, options, extras);
    if (result['resultType'] !== TASK_RESULT) return await this.#completed('modern', tool, result, options);
    const task = readTask(result, 'modern');
    if (task === undefined) throw this.#noTask();
    return new TaskRecord({ ...this.#identity('modern', tool), id: task.id }, task, this.#clock);
  }

  async #callLegacy(
    tool: string,
    args: Arguments,
    options: CallOptions,
    protocolVersion: string | undefined,
    ttlMs: number | undefined,
  ): Promise<TaskRecord> {
    const { caller, capabilities } = this.#client;
    // Whether a tool may be called so stands in the list, and nowhere else.
    const mayOffer = offersTaskCalls(capabilities, protocolVersion);
    if (mayOffer && this.#client.findTool(tool) === undefined) {
      await this.#client.learnTools({ signal: options.signal });
    }
    const params = { name: tool, arguments: args };
    const support = taskSupport(this.#client.capabilities, protocolVersion, this.#client.findTool(tool));
    if (support === 'forbidden') {
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
    return new TaskRecord({ ...this.#identity('legacy', tool), id: made.id }, made, this.#clock);
  }

  /**
   * A call that asks for a task is never cancelled by `notifications/cancelled`, neither by its caller nor by its
   * deadline (2025-11-25, cancellation): what is given up here is cancelled as a task, when its id comes.
   */
  async #augmented(
    params: Readonly<Record<string, unknown>>,
    options: CallOptions,
  ): Promise<Record<string, unknown>> {
    const { caller, settings, name: server } = this.#client;
    const requests = this.#requests;
    const limitMs = Math.min(
      options.timeoutMs ?? settings.timeouts.request,
      options.totalTimeoutMs ?? Infinity,
    );
    const over = new AbortController();
    const timer = this.#clock.setTimeout(() => {
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
    answer
      .then(async (result) => {
        const made = readTask(result['task'], 'legacy');
        if (made === undefined || !offersTaskCancel(this.#client.capabilities)) return;
        await this.#requests.request('legacy', 'tasks/cancel', { taskId: made.id }, undefined);
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
    const outcome = { kind: 'result' as const, result: await this.#readResult(tool, result, options) };
    return TaskRecord.completed({ ...this.#identity(era, tool), id: undefined }, outcome, this.#clock);
  }

  get #clock(): Clock {
    return this.#client.environment.clock;
  }

  #identity(era: EraName, tool: string): Omit<TaskIdentity, 'id'> {
    return { server: this.#client.name, era, tool };
  }

  #noTask(): SignalboxError {
    const server = this.#client.name;
    const message = 'the answer to tools/call is unusable: its task lacks "taskId" or "status"';
    return new SignalboxError('INVALID_RESULT', message, { server, delivered: 'yes' });
  }
}
