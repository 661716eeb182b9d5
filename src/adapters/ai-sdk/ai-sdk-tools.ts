import { dynamicTool, jsonSchema, type ToolSet } from 'ai';
import { isObject } from '../../wire/json-rpc.ts';
import type { AdapterOptions, ToolCallRequest } from '../tools/adapter-options.ts';
import type { ToolSource } from '../tools/tool-source.ts';
import { type OfferedTool, Toolbox } from '../tools/toolbox.ts';
import { modelOutput } from './model-output.ts';

/** How tools are made for the AI SDK. */
export interface AiSdkToolsOptions extends AdapterOptions {
  /**
   * Leaves the approval to the AI SDK: it stops with a `tool-approval-request` instead of making the call, until an answer
   * stands in the messages. `true`: for all tools but the read-only ones of servers that the configuration trusts; a
   * function decides of each call. Beside it `approve` is asked too, if there is one. Default `false`.
   */
  readonly needsApproval?: boolean | ((call: ToolCallRequest) => boolean | PromiseLike<boolean>) | undefined;
}

/**
 * The tools of a registry, or of one client, as tools of the AI SDK (package `ai`, 6 or 7): for `generateText`,
 * `streamText`, agents. Make them anew for each turn: with a registry it costs no traffic, and what has come, gone or
 * changed meanwhile is considered.
 *
 * A tool's `execute` resolves with the whole result, and the model reads its texts and images. Where the tool fails, or
 * cannot be called, it rejects with a {@link ToolCallError}: the AI SDK makes a `tool-error` of it and shows the model its
 * message. Aborting the generation aborts the call.
 * @throws SignalboxError INVALID_ARGUMENT, UNKNOWN_SERVER; SERVER_UNAVAILABLE if tools are missing and `onMissing` is `error`; with a client
 * also what `McpClient.listTools` throws
 */
export async function aiSdkTools(source: ToolSource, options: AiSdkToolsOptions = {}): Promise<ToolSet> {
  const box = await Toolbox.open(source, options);
  // Defined, not assigned: a tool may be called `__proto__`.
  return Object.fromEntries(box.tools.map((offered) => [offered.modelName, toolOf(offered, box, options)]));
}

function toolOf(offered: OfferedTool, box: Toolbox, options: AiSdkToolsOptions): ToolSet[string] {
  const { modelName, title, description, schema, server, name } = offered;
  return dynamicTool({
    ...(title === undefined ? {} : { title }),
    description,
    // Shown to the model, and checked by the server: a schema of a peer is not run here.
    inputSchema: jsonSchema(schema as unknown as Parameters<typeof jsonSchema>[0]),
    metadata: { server, tool: name },
    ...approvalOf(offered, box, options),
    execute: async (args, { toolCallId, abortSignal }) =>
      await box.call(modelName, args, { toolCallId, signal: abortSignal }),
    toModelOutput: ({ output }) => modelOutput(output, options),
  });
}

/** Nothing, where nobody wants the AI SDK to ask. */
function approvalOf(
  offered: OfferedTool,
  box: Toolbox,
  { needsApproval: wanted = false }: AiSdkToolsOptions,
): Pick<Parameters<typeof dynamicTool>[0], 'needsApproval'> {
  if (wanted === false) return {};
  if (wanted === true) return { needsApproval: box.needsApproval(offered) };
  return {
    needsApproval: async (args, { toolCallId }) => {
      // What is no call at all needs no approval either: `execute` tells the model what is wrong with it.
      if (!isObject(args)) return false;
      return await wanted(box.request(offered.modelName, args, { toolCallId }));
    },
  };
}
