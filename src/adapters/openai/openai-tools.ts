import type { CallToolResult } from '../../protocol/mcp-types.ts';
import type { AdapterOptions } from '../tools/adapter-options.ts';
import { modelContent, modelContentText } from '../tools/model-content.ts';
import { ToolCallError } from '../tools/tool-call-error.ts';
import type { MissingTools, ToolSource } from '../tools/tool-source.ts';
import { Toolbox, type ToolboxCall, type ToolboxDefaults } from '../tools/toolbox.ts';
import type {
  ChatTool,
  ChatToolCall,
  ChatToolMessage,
  ResponsesContent,
  ResponsesTool,
  ResponsesToolCall,
  ResponsesToolOutput,
} from './openai-shapes.ts';

/** What the API takes: it refuses a request with more. */
const DEFAULTS: ToolboxDefaults = { maxTools: 128, maxDescriptionLength: 1024 };

/** How a call is made. */
export interface OpenAiCallOptions {
  /** Aborts the call: it rejects with REQUEST_ABORTED. */
  readonly signal?: AbortSignal | undefined;
}

/** The tools of a registry, or of one client, for the OpenAI API: made by {@link openaiTools}. */
export class OpenAiTools {
  readonly #box: Toolbox;

  /** @internal use {@link openaiTools} */
  constructor(box: Toolbox) {
    this.#box = box;
  }

  /** For `tools` of Chat Completions. A new list each time. */
  get chat(): ChatTool[] {
    return this.#box.tools.map(({ modelName: name, description, schema: parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    }));
  }

  /** For `tools` of the Responses API. A new list each time. */
  get responses(): ResponsesTool[] {
    return this.#box.tools.map(({ modelName: name, description, schema: parameters }) => ({
      type: 'function',
      name,
      description,
      parameters,
      strict: false,
    }));
  }

  /** What was not there when the tools were last taken. */
  get missing(): readonly MissingTools[] {
    return this.#box.missing;
  }

  /**
   * Takes the tools as they are offered now: with a registry it costs no traffic. Resolves with whether anything is
   * different.
   * @throws as {@link openaiTools}
   */
  refresh(): Promise<boolean> {
    return this.#box.refresh();
  }

  /**
   * Makes the call that a model asked for, and resolves with the message that answers it: also where the arguments are no
   * JSON, the tool is unknown, fails or cannot be reached. Then the message says so in words for the model.
   * @throws SignalboxError REQUEST_ABORTED if the signal has fired
   */
  call(call: ChatToolCall, options?: OpenAiCallOptions): Promise<ChatToolMessage>;
  call(call: ResponsesToolCall, options?: OpenAiCallOptions): Promise<ResponsesToolOutput>;
  async call(
    call: ChatToolCall | ResponsesToolCall,
    { signal }: OpenAiCallOptions = {},
  ): Promise<ChatToolMessage | ResponsesToolOutput> {
    if (call.type === 'function_call') {
      const { call_id, name } = call;
      const answer = await this.#answer(name, call.arguments, { toolCallId: call_id, signal });
      const output = typeof answer === 'string' ? answer : responsesOutput(answer, this.#box);
      return { type: 'function_call_output', call_id, output };
    }
    const { id, function: wanted } = call;
    const answer = await this.#answer(wanted.name, wanted.arguments, { toolCallId: id, signal });
    // A tool message of Chat Completions holds text only.
    const content = typeof answer === 'string' ? answer : modelContentText(answer, this.#box.options);
    return { role: 'tool', tool_call_id: id, content };
  }

  /**
   * Makes all calls that stand in `message.tool_calls` of Chat Completions, at the same time; resolves with the messages
   * that answer them, in their order. Calls of other kinds are left out.
   * @throws SignalboxError REQUEST_ABORTED if the signal has fired
   */
  async callChat(
    calls: readonly (ChatToolCall | { readonly type: string })[] | null | undefined,
    options: OpenAiCallOptions = {},
  ): Promise<ChatToolMessage[]> {
    const ours = (calls ?? []).filter((call): call is ChatToolCall => call.type === 'function');
    return await Promise.all(ours.map((call) => this.call(call, options)));
  }

  /**
   * Makes all function calls that stand in the `output` of the Responses API, at the same time; resolves with the items
   * that answer them, in their order. Items of other kinds are left out.
   * @throws SignalboxError REQUEST_ABORTED if the signal has fired
   */
  async callResponses(
    output: readonly (ResponsesToolCall | { readonly type: string })[],
    options: OpenAiCallOptions = {},
  ): Promise<ResponsesToolOutput[]> {
    const ours = output.filter((item): item is ResponsesToolCall => item.type === 'function_call');
    return await Promise.all(ours.map((call) => this.call(call, options)));
  }

  /** The result, or what the model is told instead. */
  async #answer(name: string, text: string, call: ToolboxCall): Promise<CallToolResult | string> {
    try {
      return await this.#box.call(name, argumentsIn(text), call);
    } catch (error) {
      if (error instanceof ToolCallError) return `Error: ${error.message}`;
      throw error;
    }
  }
}

/**
 * The tools of a registry, or of one client, as function definitions of the OpenAI API, and what makes the calls. It works
 * with Chat Completions and with the Responses API, of any server that speaks them; no package is needed for it.
 * @throws SignalboxError INVALID_ARGUMENT, UNKNOWN_SERVER; SERVER_UNAVAILABLE if tools are missing and `onMissing` is `error`; with a client
 * also what `McpClient.listTools` throws
 */
export async function openaiTools(source: ToolSource, options: AdapterOptions = {}): Promise<OpenAiTools> {
  return new OpenAiTools(await Toolbox.open(source, options, DEFAULTS));
}

/** Models leave the text empty where a tool takes no arguments. What is no JSON the model is told of. */
function argumentsIn(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function responsesOutput(result: CallToolResult, { options }: Toolbox): string | ResponsesContent[] {
  const parts = modelContent(result, options);
  if (parts.every((part) => part.type === 'text')) return parts.map(({ text }) => text).join('\n');
  return parts.map((part) => {
    if (part.type === 'text') return { type: 'input_text', text: part.text };
    return { type: 'input_image', image_url: `data:${part.mediaType};base64,${part.data}`, detail: 'auto' };
  });
}
