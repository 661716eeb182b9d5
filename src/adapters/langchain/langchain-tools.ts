import { ToolMessage } from '@langchain/core/messages';
import { DynamicStructuredTool, type ToolRunnableConfig } from '@langchain/core/tools';
import type { CallToolResult } from '../../protocol/mcp-types.ts';
import type { AdapterOptions } from '../tools/adapter-options.ts';
import { modelContent, modelContentText } from '../tools/model-content.ts';
import { ToolCallError } from '../tools/tool-call-error.ts';
import type { ToolSource } from '../tools/tool-source.ts';
import { type OfferedTool, Toolbox } from '../tools/toolbox.ts';
import { withoutCheck } from './without-check.ts';

/** How tools are made for LangChain. */
export interface LangchainToolsOptions extends AdapterOptions {
  /**
   * What becomes of a call that failed. `message`: a `ToolMessage` with `status: 'error'`, so that the model reads what
   * happened, whatever agent is around it; where a tool is invoked without a tool call, it throws all the same. `throw`: a
   * {@link ToolCallError}; what follows from it, the agent decides. Default `message`.
   */
  readonly onError?: 'message' | 'throw' | undefined;
  /** Whether images are given to the model, as `image_url` blocks. `false`: they are named. Default `true`. */
  readonly images?: boolean | undefined;
}

/** What stands in the content of a message. */
type Content =
  | string
  | ({ type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } })[];

/**
 * The tools of a registry, or of one client, as LangChain tools (`@langchain/core` 1): for `bindTools`, `createAgent`,
 * LangGraph. Make them anew for each turn: with a registry it costs no traffic, and what has come, gone or changed
 * meanwhile is considered.
 *
 * Invoked with a tool call, a tool gives a `ToolMessage` whose `artifact` is the whole result; invoked with arguments, its
 * content. The `signal` and `timeout` of the config abort the call. Arguments are checked by the server, not here.
 * @throws SignalboxError INVALID_ARGUMENT, UNKNOWN_SERVER; SERVER_UNAVAILABLE if tools are missing and `onMissing` is `error`; with a client
 * also what `McpClient.listTools` throws
 */
export async function langchainTools(
  source: ToolSource,
  options: LangchainToolsOptions = {},
): Promise<DynamicStructuredTool[]> {
  const box = await Toolbox.open(source, options);
  return box.tools.map((offered) => toolOf(offered, box, options));
}

function toolOf(offered: OfferedTool, box: Toolbox, options: LangchainToolsOptions): DynamicStructuredTool {
  const { modelName, description, schema, server, name } = offered;
  const tool = new DynamicStructuredTool({
    name: modelName,
    description,
    schema,
    metadata: { server, tool: name },
    responseFormat: 'content_and_artifact',
    func: async (args, _manager, config?: ToolRunnableConfig) => {
      const toolCallId = config?.toolCall?.id;
      try {
        const result = await box.call(modelName, args, { toolCallId, signal: config?.signal });
        return [contentOf(result, options), result];
      } catch (error) {
        const isForModel = toolCallId !== undefined && (options.onError ?? 'message') === 'message';
        if (!(error instanceof ToolCallError) || !isForModel) throw error;
        return [errorMessage(error, modelName, toolCallId), undefined];
      }
    },
  });
  return withoutCheck(tool);
}

/** A string where there is nothing but text, as every provider understands it. */
function contentOf(result: CallToolResult, { images = true, ...limits }: LangchainToolsOptions): Content {
  if (!images) return modelContentText(result, limits);
  const parts = modelContent(result, limits);
  if (parts.every((part) => part.type === 'text')) return parts.map(({ text }) => text).join('\n');
  return parts.map((part) => {
    if (part.type === 'text') return { type: 'text', text: part.text };
    return { type: 'image_url', image_url: { url: `data:${part.mediaType};base64,${part.data}` } };
  });
}

function errorMessage(error: ToolCallError, name: string, toolCallId: string): ToolMessage {
  return new ToolMessage({
    content: error.message,
    name,
    tool_call_id: toolCallId,
    status: 'error',
    artifact: error.result,
  });
}
