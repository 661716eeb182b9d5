import type { ResolvedSettings } from '../../config/settings.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { CallToolResult } from '../../protocol/mcp-types.ts';
import { taskSupport } from '../../protocol/tasks/core-tasks.ts';
import type { TaskHandle } from '../tasks/task-handle.ts';
import type { TaskCallOptions } from '../tasks/task-options.ts';
import { Tasks, type TasksOptions } from '../tasks/tasks.ts';
import type { CallExtras } from './call-in-hand.ts';
import type { CallOptions } from './call-options.ts';
import type { OutputCheck } from './output-check.ts';
import type { ToolBook } from './tool-book.ts';

/** How a tool is called: at once, or as a task. */
export type ToolCallOptions = CallOptions & { readonly task?: TaskCallOptions['task'] | undefined };

/** What a {@link ToolCaller} works with. */
export interface ToolCallerOptions extends Omit<TasksOptions, 'timeouts' | 'readResult' | 'findTool'> {
  readonly settings: ResolvedSettings;
  /** Of the present or last connection. */
  readonly protocolVersion: () => string | undefined;
  readonly book: ToolBook;
  readonly outputs: OutputCheck;
}

/** Calls tools, as tasks where that is wanted or the tool insists on it, and checks what they answer. */
export class ToolCaller {
  #tasks: Tasks | undefined;
  readonly #options: ToolCallerOptions;
  /** Reads what a tool answered: one function for all calls. */
  readonly #extras: CallExtras = {
    read: (result, params, options) => this.#check(params?.['name'] as string, result, options),
  };

  constructor(options: ToolCallerOptions) {
    this.#options = options;
  }

  /** Made when the first is wanted: most clients never have any. */
  get tasks(): Tasks {
    const { settings, book, ...options } = this.#options;
    this.#tasks ??= new Tasks({
      ...options,
      timeouts: settings.timeouts,
      findTool: (tool) => book.find(tool),
      readResult: async (tool, result, call) => await this.#check(tool, result, call),
    });
    return this.#tasks;
  }

  /** Undefined if there never was one. */
  get tasksSoFar(): Tasks | undefined {
    return this.#tasks;
  }

  /** Resolves with a handle if `options.task` asks for one. */
  call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: ToolCallOptions,
  ): Promise<CallToolResult | TaskHandle> {
    const { task } = options;
    if (task !== undefined) return this.tasks.start(name, args, { ...options, task });
    if (this.#mustBeTask(name)) return this.tasks.callThrough(name, args, options);
    return this.#options.caller.request('tools/call', { name, arguments: args }, options, this.#extras);
  }

  /** Whether the tool can only be called as a task: a legacy server refuses anything else. */
  #mustBeTask(tool: string): boolean {
    const { capabilities, protocolVersion, book } = this.#options;
    return taskSupport(capabilities(), protocolVersion(), book.find(tool)) === 'required';
  }

  /** At once, unless the answer has to be held against a schema. */
  #check(
    tool: string,
    result: Record<string, unknown>,
    options: Pick<CallOptions, 'validate'>,
  ): CallToolResult | Promise<CallToolResult> {
    const { name: server, settings, book, outputs } = this.#options;
    if (!Array.isArray(result['content'])) {
      const message = 'the answer to tools/call is unusable: it has no array "content"';
      throw new SignalboxError('INVALID_RESULT', message, { server, delivered: 'yes' });
    }
    const answer = result as unknown as CallToolResult;
    const mode = options.validate ?? settings.validate;
    if (mode === 'off') return answer;
    return outputs.check(book.find(tool), answer, mode).then(() => answer);
  }
}
