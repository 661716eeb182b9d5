import type { ToolResultPart } from 'ai';
import type { CallToolResult } from '../../protocol/mcp-types.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { type ContentLimits, modelContent } from '../tools/model-content.ts';

/** What the AI SDK gives a model of a result. */
export type ModelOutput = ToolResultPart['output'];

/**
 * Turns a result into what a model reads: plain text where there is nothing else, as every provider understands it, and a
 * list of content where there are images. It may have been stored as JSON meanwhile.
 */
export function modelOutput(output: unknown, limits: ContentLimits): ModelOutput {
  if (!isObject(output) || !Array.isArray(output['content']))
    return { type: 'text', value: typeof output === 'string' ? output : JSON.stringify(output ?? null) };
  const parts = modelContent(output as unknown as CallToolResult, limits);
  if (parts.every((part) => part.type === 'text'))
    return { type: 'text', value: parts.map(({ text }) => text).join('\n') };
  return {
    type: 'content',
    value: parts.map((part) =>
      part.type === 'text' ? part : { type: 'image-data', data: part.data, mediaType: part.mediaType },
    ),
  };
}
