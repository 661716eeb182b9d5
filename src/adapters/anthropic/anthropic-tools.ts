import type { AdapterOptions } from '../tools/adapter-options.ts';
import { type ModelPart, modelContent } from '../tools/model-content.ts';
import { ToolCallError } from '../tools/tool-call-error.ts';
import type { MissingTools, ToolSource } from '../tools/tool-source.ts';
import { Toolbox } from '../tools/toolbox.ts';
import type {
  AnthropicContent,
  AnthropicTool,
  AnthropicToolResult,
  AnthropicToolUse,
} from './anthropic-shapes.ts';

/** How a call is made. */
export interface AnthropicCallOptions {
  /** Aborts the call: it rejects with REQUEST_ABORTED. */
  readonly signal?: AbortSignal | undefined;
}

/** The tools of a registry, or of one client, for the Anthropic Messages API: made by {@link anthropicTools}. */
export class AnthropicTools {
  readonly #box: Toolbox;

  /** @internal use {@link anthropicTools} */
  constructor(box: Toolbox) {
    this.#box = box;
  }

  /** For `tools` of a request. A new list each time. */
  get definitions(): AnthropicTool[] {
    return this.#box.tools.map(({ modelName: name, description, schema }) => {
      const { required, ...rest } = schema;
      const input_schema = required === undefined ? rest : { ...rest, required: [...required] };
      return { name, description, input_schema };
    });
  }

  /** What was not there when the tools were last taken. */
  get missing(): readonly MissingTools[] {
    return this.#box.missing;
  }

  /**
   * Takes the tools as they are offered now: with a registry it costs no traffic. Resolves with whether anything is
   * different.
   * @throws as {@link anthropicTools}
   */
  refresh(): Promise<boolean> {
    return this.#box.refresh();
  }

  /**
   * Makes the call that a model asked for, and resolves with the block that answers it: also where the tool is unknown,
   * fails or cannot be reached. Then the block has `is_error`, and says in words for the model what happened.
   * @throws SignalboxError REQUEST_ABORTED if the signal has fired
   */
  async call(use: AnthropicToolUse, { signal }: AnthropicCallOptions = {}): Promise<AnthropicToolResult> {
    const answered = { type: 'tool_result', tool_use_id: use.id } as const;
    try {
      const result = await this.#box.call(use.name, use.input, { toolCallId: use.id, signal });
      return { ...answered, content: modelContent(result, this.#box.options).map(blockOf) };
    } catch (error) {
      if (!(error instanceof ToolCallError)) throw error;
      return { ...answered, content: [{ type: 'text', text: error.message }], is_error: true };
    }
  }

  /**
   * Makes all calls that stand in the `content` of a message, at the same time; resolves with the blocks that answer them,
   * in their order: the content of the next user message.
   * @throws SignalboxError REQUEST_ABORTED if the signal has fired
   */
  async callAll(
    content: readonly (AnthropicToolUse | { readonly type: string })[],
    options: AnthropicCallOptions = {},
  ): Promise<AnthropicToolResult[]> {
    const uses = content.filter((block): block is AnthropicToolUse => block.type === 'tool_use');
    return await Promise.all(uses.map((use) => this.call(use, options)));
  }
}

/**
 * The tools of a registry, or of one client, as tools of the Anthropic Messages API, and what makes the calls. No package is
 * needed for it.
 * @throws SignalboxError INVALID_ARGUMENT, UNKNOWN_SERVER; SERVER_UNAVAILABLE if tools are missing and `onMissing` is `error`; with a client
 * also what `McpClient.listTools` throws
 */
export async function anthropicTools(
  source: ToolSource,
  options: AdapterOptions = {},
): Promise<AnthropicTools> {
  return new AnthropicTools(await Toolbox.open(source, options));
}

function blockOf(part: ModelPart): AnthropicContent {
  if (part.type === 'text') return { type: 'text', text: part.text };
  return { type: 'image', source: { type: 'base64', media_type: part.mediaType, data: part.data } };
}
