import { throwIfAborted } from '../../core/abort.ts';
import { type Disposer, disposer, Emitter } from '../../core/emitter.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { CallToolResult } from '../../protocol/mcp-types.ts';
import type { TaskStatus } from '../../protocol/tasks/task-snapshot.ts';
import type { TaskProtocol } from './eras/task-protocol.ts';
import { LiveTask } from './live-task.ts';
import type { StoredTask } from './stored-task.ts';
import { resultOf, type TaskOutcome } from './task-outcome.ts';
import type { TaskRecord } from './task-record.ts';
import type { TaskWatch } from './task-watch.ts';
import { untilAborted } from './until-aborted.ts';

/** What a task tells of itself. */
export interface TaskEvents {
  /** Its status or its message has changed. The message is text of the server: untrusted. */
  readonly status: { readonly status: TaskStatus; readonly statusMessage: string | undefined };
  /** It is no longer followed although it has not ended; `result()` begins anew. */
  readonly error: { readonly error: Error };
}

/** What a {@link TaskHandle} works with. */
export interface TaskHandleOptions {
  readonly record: TaskRecord;
  readonly protocol: TaskProtocol;
  readonly logger: Logger;
  readonly newWatch: (task: LiveTask) => TaskWatch;
  /** Told by whom the task is followed now; undefined: by nobody. */
  readonly followed: (handle: TaskHandle, watch: TaskWatch | undefined) => void;
}

/**
 * A tool call that goes on at the server after its request was answered: the same in both eras. It is followed only
 * while somebody waits for {@link result} or listens to `status`; otherwise it costs nothing, and can be let go,
 * stored as JSON, and resumed by another client.
 */
export class TaskHandle {
  readonly #options: TaskHandleOptions;
  readonly #record: TaskRecord;
  readonly #events: Emitter<TaskEvents>;
  readonly #task: LiveTask;
  #watch: TaskWatch | undefined;
  #watched: Promise<unknown> = Promise.resolve();
  /** How many wait or listen. */
  #interest = 0;

  /** @internal use `McpClient.callTool` with `task`, or `McpClient.resumeTask` */
  constructor(options: TaskHandleOptions) {
    this.#options = options;
    this.#record = options.record;
    this.#events = new Emitter(options.logger);
    this.#task = new LiveTask(options.record, options.protocol, () => {
      this.#events.emit('status', { status: this.status, statusMessage: this.statusMessage });
    });
  }

  /** The server's name for it; undefined if it answered at once, without making a task. */
  get id(): string | undefined {
    return this.#record.identity.id;
  }

  /** The tool that was called. */
  get tool(): string {
    return this.#record.identity.tool;
  }

  /** As last heard; {@link refresh} asks. */
  get status(): TaskStatus {
    return this.#record.snapshot.status;
  }

  /** For people: untrusted text of the server. */
  get statusMessage(): string | undefined {
    return this.#record.snapshot.statusMessage;
  }

  /**
   * Listens. Whoever listens to `status` has the task followed until it ends or the listener is taken away, which
   * calling what is returned, or `using` it, does.
   */
  on<Name extends keyof TaskEvents>(name: Name, listener: (event: TaskEvents[Name]) => void): Disposer {
    const stop = this.#events.on(name, listener);
    let follows = name === 'status' && this.#record.outcome === undefined;
    if (follows) this.#follow();
    return disposer(() => {
      stop();
      if (follows) this.#unfollow();
      follows = false;
    });
  }

  /**
   * Waits until the task has ended. Failures that pass, such as a lost connection, are outlasted until its time to
   * live is over; without such a limit, until `signal` fires. A tool that fails by itself resolves with
   * `isError: true`. What the task asks for goes to the handlers of `McpClient.onInputRequest`.
   * @param options.signal ends the waiting, not the task
   * @throws RemoteError the JSON-RPC error that the task failed with; SignalboxError TASK_CANCELLED, TASK_EXPIRED,
   *   INPUT_REQUIRED, INPUT_REFUSED, CONNECTION_CLOSED, …
   */
  async result(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<CallToolResult> {
    const { server } = this.#record.identity;
    throwIfAborted(options.signal, server);
    if (this.#record.outcome === undefined) {
      this.#follow();
      try {
        await untilAborted(this.#watched, options.signal, server);
      } finally {
        this.#unfollow();
      }
    }
    return resultOf(this.#record.outcome!, server, this.statusMessage);
  }

  /** Asks the server once how the task stands. */
  async refresh(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<TaskStatus> {
    if (this.#record.outcome === undefined) await this.#task.ask(options.signal);
    return this.status;
  }

  /**
   * Asks the server to end the task. Resolves when it has taken note: it may end the task later, or not at all, and
   * {@link result} tells. Does nothing if the task has ended.
   * @throws SignalboxError NOT_SUPPORTED if a legacy server cannot; RemoteError
   */
  async cancel(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#record.isFinal) return;
    await this.#task.cancel(options.signal);
    this.#watch?.hurry();
  }

  /** Plain JSON, for `McpClient.resumeTask`. */
  toJSON(): StoredTask {
    return this.#record.toJSON();
  }

  #follow(): void {
    this.#interest++;
    if (this.#watch !== undefined || this.#record.outcome !== undefined) return;
    const watch = this.#options.newWatch(this.#task);
    this.#watch = watch;
    this.#options.followed(this, watch);
    this.#watched = watch.run().then(
      (outcome) => this.#ended(watch, outcome),
      (error: unknown) => {
        this.#ended(watch, undefined);
        if (this.#interest > 0) this.#events.emit('error', { error: error as Error });
        throw error;
      },
    );
    // Listeners hear of it; without any, nobody waits.
    this.#watched.catch(() => undefined);
  }

  #unfollow(): void {
    this.#interest--;
    if (this.#interest > 0 || this.#watch === undefined) return;
    const message = 'nobody waits for the task any more';
    this.#watch.stop(
      new SignalboxError('REQUEST_ABORTED', message, { server: this.#record.identity.server }),
    );
    this.#ended(this.#watch, undefined);
  }

  #ended(watch: TaskWatch, outcome: TaskOutcome | undefined): void {
    if (outcome !== undefined) this.#record.outcome = outcome;
    if (this.#watch !== watch) return;
    this.#watch = undefined;
    this.#options.followed(this, undefined);
  }
}
