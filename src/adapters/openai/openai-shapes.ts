import type { ModelSchema } from '../tools/model-schema.ts';

// The shapes of the OpenAI API that are used here, by structure: the package `openai` is not needed, and any other server
// that speaks this API will do.

/** A function as Chat Completions want it. */
export interface ChatTool {
  type: 'function';
  function: { name: string; description: string; parameters: Record<string, unknown> & ModelSchema };
}

/** A function as the Responses API wants it. */
export interface ResponsesTool {
  type: 'function';
  name: string;
  description: string;
  parameters: Record<string, unknown> & ModelSchema;
  /** Always `false`: schemas of MCP tools are any JSON Schema, and the strict mode takes a small part of it. */
  strict: false;
}

/** What a model wants to be called, of Chat Completions. */
export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** What a model wants to be called, of the Responses API. */
export interface ResponsesToolCall {
  readonly type: 'function_call';
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

/** The answer to a {@link ChatToolCall}. */
export interface ChatToolMessage {
  role: 'tool';
  tool_call_id: string;
  content: string;
}

/** A piece of an answer of the Responses API. */
export type ResponsesContent =
  | { type: 'input_text'; text: string }
  | { type: 'input_image'; image_url: string; detail: 'auto' };

/** The answer to a {@link ResponsesToolCall}. */
export interface ResponsesToolOutput {
  type: 'function_call_output';
  call_id: string;
  output: string | ResponsesContent[];
}
