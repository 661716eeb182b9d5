import type { ResolvedSettings } from '../../config/settings.ts';
import { SignalboxError } from '../../core/errors.ts';
import { LateMap } from '../../core/late-map.ts';
import type { Era } from '../../protocol/eras/era.ts';
import type { CallToolResult, ServerCapabilities, Tool } from '../../protocol/mcp-types.ts';
import type { Session } from '../../protocol/session/session.ts';
import { offersTaskCancel } from '../../protocol/tasks/core-tasks.ts';
import type { CallOptions } from '../calls/call-options.ts';
import type { Caller } from '../calls/caller.ts';
import type { ClientEnvironment } from '../connection/connector.ts';
import type { InputDesk } from '../input/input-desk.ts';
import type { Subscriptions } from '../subscriptions/subscriptions.ts';
import { LegacyTask } from './eras/legacy-task.ts';
import { ModernTask } from './eras/modern-task.ts';
import { TaskInputs } from './eras/task-inputs.ts';
import type { TaskProtocol, ToolResultReader } from './eras/task-protocol.ts';
import { TaskRequests } from './eras/task-requests.ts';
import type { LiveTask } from './live-task.ts';
import { readStoredTask } from './stored-task.ts';
import { TaskCalls } from './task-calls.ts';
import { TaskHandle } from './task-handle.ts';
import type { TaskCallOptions } from './task-options.ts';
import { PushPlaces, TaskPush } from './task-push.ts';
import { TaskRecord } from './task-record.ts';
import { TaskWatch } from './task-watch.ts';
import { UnfinishedTasks } from './unfinished-tasks.ts';

/** What {@link Tasks} asks of its client. */
export interface TasksOwner {
  readonly name: string;
  readonly environment: ClientEnvironment;
  readonly settings: Pick<ResolvedSettings, 'timeouts'>;
  readonly caller: Caller;
  readonly desk: InputDesk;
  readonly subscriptions: Subscriptions;
  /** Of the present or last connection. */
  readonly capabilities: ServerCapabilities | undefined;
  /** Whether the client is being disconnected only to be connected again. */
  readonly isComingBack: boolean;
  tasksEra(session: Session): Era | undefined;
  findTool(name: string): Tool | undefined;
  learnTools(options: CallOptions): Promise<unknown>;
}

/** The tasks of one client: makes them, resumes them, and brings news to those that are followed. */
export class Tasks {
  readonly #client: TasksOwner;
  readonly #readResult: ToolResultReader;
  readonly #requests: TaskRequests;
  readonly #calls: TaskCalls;
  readonly #places = new PushPlaces();
  readonly #followed: LateMap<TaskHandle, TaskWatch> = new LateMap();
  readonly #unfinished: UnfinishedTasks = new UnfinishedTasks();

  /** @param readResult checks what a tool answered */
  constructor(client: TasksOwner, readResult: ToolResultReader) {
    this.#client = client;
    this.#readResult = readResult;
    this.#requests = new TaskRequests(client);
    this.#calls = new TaskCalls(client, this.#requests, readResult);
  }

  /** How many are not known to have ended. */
  get unfinished(): number {
    return this.#unfinished.count();
  }

  /** Calls a tool as a task, where server and tool allow it; otherwise the handle is completed already. */
  async start(
    tool: string,
    args: Readonly<Record<string, unknown>>,
    options: TaskCallOptions,
  ): Promise<TaskHandle> {
    return this.#handle(await this.#calls.call(tool, args, options), { validate: options.validate });
  }

  /** An ordinary call of a tool that can only be called as a task. Whoever gives it up cancels the task. */
  async callThrough(
    tool: string,
    args: Readonly<Record<string, unknown>>,
    options: CallOptions,
  ): Promise<CallToolResult> {
    const { environment, settings, name } = this.#client;
    const totalMs = options.totalTimeoutMs ?? settings.timeouts.total;
    const over = new AbortController();
    const timer = environment.clock.setTimeout(() => {
      const message = `the task of ${tool.slice(0, 128)} did not end within ${Math.round(totalMs)} ms`;
      over.abort(new SignalboxError('REQUEST_TIMEOUT', message, { server: name, delivered: 'unknown' }));
    }, totalMs);
    const signal =
      options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
    try {
      const handle = await this.start(tool, args, { ...options, signal, task: true });
      return await handle.result({ signal }).catch((error: unknown) => {
        // Nobody else knows of the task; that it cannot be cancelled helps nobody either.
        if (signal.aborted) handle.cancel().catch(() => undefined);
        throw error;
      });
    } finally {
      timer.cancel();
    }
  }

  /** @throws SignalboxError INVALID_ARGUMENT */
  resume(stored: unknown): TaskHandle {
    const { name, environment } = this.#client;
    const checked = readStoredTask(stored, name);
    // Two that follow one task would ask people everything twice.
    const present = [...this.#followed.keys()].find(({ id }) => id !== undefined && id === checked.id);
    return present ?? this.#handle(TaskRecord.restored(checked, environment.clock), {});
  }

  /** `notifications/tasks/status` of a legacy server. */
  notified(params: unknown): void {
    for (const watch of [...this.#followed.values()]) watch.hear(params);
  }

  /** A connection stands, perhaps not the first: something may have been missed. */
  connected(): void {
    for (const watch of [...this.#followed.values()]) watch.hurry();
  }

  /** The client was disconnected on our side; its subscriptions are gone. */
  disconnected(): void {
    const { name, isComingBack } = this.#client;
    const closed = new SignalboxError('CONNECTION_CLOSED', 'the client was disconnected', { server: name });
    for (const watch of [...this.#followed.values()]) {
      if (isComingBack) watch.unsubscribed();
      else watch.stop(closed);
    }
  }

  #handle(record: TaskRecord, call: CallOptions): TaskHandle {
    this.#unfinished.add(record);
    return new TaskHandle({
      record,
      protocol: this.#protocol(record, call),
      logger: this.#client.environment.logger,
      newWatch: (task) => this.#watch(task),
      followed: (handle, watch) => {
        if (watch === undefined) this.#followed.delete(handle);
        else this.#followed.set(handle, watch);
      },
    });
  }

  #protocol({ identity, answered }: TaskRecord, call: CallOptions): TaskProtocol {
    const { desk } = this.#client;
    const { server, tool, id = '' } = identity;
    const options = {
      server,
      id,
      requests: this.#requests,
      readResult: (result: Record<string, unknown>): Promise<CallToolResult> =>
        this.#readResult(tool, result, call),
    };
    return identity.era === 'modern'
      ? new ModernTask(options, new TaskInputs(server, desk, answered))
      : new LegacyTask(options, () => offersTaskCancel(this.#client.capabilities));
  }

  #watch(task: LiveTask): TaskWatch {
    const { environment, subscriptions } = this.#client;
    const { era, id = '' } = task.record.identity;
    const watch = new TaskWatch({
      task,
      clock: environment.clock,
      random: environment.random,
      isPassing: (error) => {
        if (!SignalboxError.is(error)) return false;
        return error.code === 'CONNECTION_CLOSED' ? this.#client.isComingBack : error.retryable;
      },
      push:
        era === 'legacy'
          ? undefined // it tells unasked, or not at all
          : new TaskPush({
              id,
              places: this.#places,
              subscribe: (filter, listener) => subscriptions.subscribe(filter, listener),
              onTask: (params) => watch.hear(params),
              onBegun: () => watch.hurry(),
            }),
    });
    return watch;
  }
}
