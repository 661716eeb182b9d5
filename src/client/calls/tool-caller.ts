import type { ResolvedSettings } from '../../config/settings.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { CallToolResult, Tool } from '../../protocol/mcp-types.ts';
import { taskSupport } from '../../protocol/tasks/core-tasks.ts';
import type { Params } from '../../wire/json-rpc.ts';
import type { TaskHandle } from '../tasks/task-handle.ts';
import type { TaskCallOptions } from '../tasks/task-options.ts';
import { Tasks, type TasksOwner } from '../tasks/tasks.ts';
import type { CallExtras } from './call-in-hand.ts';
import type { CallOptions } from './call-options.ts';
import type { OutputCheck } from './output-check.ts';

/** How a tool is called: at once, or as a task. */
export type ToolCallOptions = CallOptions & { readonly task?: TaskCallOptions['task'] | undefined };

/** What a {@link ToolCaller} asks of its client. */
export interface ToolCallerOwner extends TasksOwner {
  readonly settings: ResolvedSettings;
  /** Of the present or last connection. */
  readonly protocolVersion: string | undefined;
  readonly outputs: OutputCheck;
  /** A tool as it was last listed. */
  findTool(name: unknown): Tool | undefined;
}

/**
 * Calls tools, as tasks where that is wanted or the tool insists on it, and checks what they answer. Each call is given
 * it as its {@link CallExtras}: one for all.
 */
export class ToolCaller implements CallExtras {
  readonly #client: ToolCallerOwner;
  #tasks: Tasks | undefined;

  constructor(client: ToolCallerOwner) {
    this.#client = client;
  }

  /** Made when the first is wanted: most clients never have any. */
  get tasks(): Tasks {
    this.#tasks ??= new Tasks(
      this.#client,
      async (tool, result, call) => await this.#check(tool, result, call),
    );
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
    return this.#client.caller.request('tools/call', { name, arguments: args }, options, this);
  }

  /** @internal what a tool answered, as its caller is given it */
  read(
    result: Record<string, unknown>,
    params: Params | undefined,
    options: CallOptions,
  ): CallToolResult | Promise<CallToolResult> {
    return this.#check(params?.['name'] as string, result, options);
  }

  /** Whether the tool can only be called as a task: a legacy server refuses anything else. */
  #mustBeTask(tool: string): boolean {
    const { capabilities, protocolVersion } = this.#client;
    return taskSupport(capabilities, protocolVersion, this.#client.findTool(tool)) === 'required';
  }

  /** At once, unless the answer has to be held against a schema. */
  #check(
    tool: string,
    result: Record<string, unknown>,
    options: Pick<CallOptions, 'validate'>,
  ): CallToolResult | Promise<CallToolResult> {
    const { name: server, settings } = this.#client;
    if (!Array.isArray(result['content'])) {
      const message = 'the answer to tools/call is unusable: it has no array "content"';
      throw new SignalboxError('INVALID_RESULT', message, { server, delivered: 'yes' });
    }
    const answer = result as unknown as CallToolResult;
    const mode = options.validate ?? settings.validate;
    if (mode === 'off') return answer;
    const { outputs } = this.#client;
    return outputs.check(this.#client.findTool(tool), answer, mode).then(() => answer);
  }
}
