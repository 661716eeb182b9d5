import type { ModelSchema } from '../tools/model-schema.ts';

// The shapes of the Anthropic Messages API that are used here, by structure: the package `@anthropic-ai/sdk` is not needed.

/** A tool as the Messages API wants it. */
export interface AnthropicTool {
  name: string;
  description: string;
  input_schema: AnthropicSchema;
}

/** {@link ModelSchema} as the Messages API has it. */
export interface AnthropicSchema {
  type: 'object';
  properties: ModelSchema['properties'];
  required?: string[];
  [keyword: string]: unknown;
}

/** What a model wants to be called. */
export interface AnthropicToolUse {
  readonly type: 'tool_use';
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

/** A piece of an answer. */
export type AnthropicContent =
  | { type: 'text'; text: string }
  | {
      type: 'image';
      source: {
        type: 'base64';
        media_type: 'image/gif' | 'image/jpeg' | 'image/png' | 'image/webp';
        data: string;
      };
    };

/** The answer to an {@link AnthropicToolUse}. */
export interface AnthropicToolResult {
  type: 'tool_result';
  tool_use_id: string;
  content: AnthropicContent[];
  is_error?: true;
}
