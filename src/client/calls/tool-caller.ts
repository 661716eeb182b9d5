import type { ResolvedSettings } from '../../config/settings.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { CallToolResult } from '../../protocol/mcp-types.ts';
import type { TaskHandle } from '../tasks/task-handle.ts';
import type { TaskCallOptions } from '../tasks/task-options.ts';
import { Tasks, type TasksOptions } from '../tasks/tasks.ts';
import type { CallOptions } from './call-options.ts';
import type { OutputCheck } from './output-check.ts';
import type { ToolBook } from './tool-book.ts';

/** How a tool is called: at once, or as a task. */
export type ToolCallOptions = CallOptions & { readonly task?: TaskCallOptions['task'] | undefined };

/** What a {@link ToolCaller} works with. */
export interface ToolCallerOptions extends Omit<TasksOptions, 'timeouts' | 'readResult' | 'findTool'> {
  readonly settings: ResolvedSettings;
  readonly book: ToolBook;
  readonly outputs: OutputCheck;
}

/** Calls tools, as tasks where that is wanted or the tool insists on it, and checks what they answer. */
export class ToolCaller {
  readonly tasks: Tasks;
  readonly #options: ToolCallerOptions;

  constructor(options: ToolCallerOptions) {
    this.#options = options;
    this.tasks = new Tasks({
      ...options,
      timeouts: options.settings.timeouts,
      findTool: (tool) => options.book.find(tool),
      readResult: async (tool, result, call) => await this.#check(tool, result, call),
    });
  }

  /** Resolves with a handle if `options.task` asks for one. */
  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: ToolCallOptions,
  ): Promise<CallToolResult | TaskHandle> {
    const { task } = options;
    if (task !== undefined) return await this.tasks.start(name, args, { ...options, task });
    if (this.tasks.mustBeTask(name)) return await this.tasks.callThrough(name, args, options);
    const result = await this.#options.caller.request('tools/call', { name, arguments: args }, options);
    // Awaiting what is there already would cost every call another turn of the queue.
    const answer = this.#check(name, result, options);
    return answer instanceof Promise ? await answer : answer;
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
