export type { AdapterOptions, Approval, ToolCallRequest } from '../tools/adapter-options.ts';
export type { ContentLimits } from '../tools/model-content.ts';
export type { ModelSchema } from '../tools/model-schema.ts';
export type {
  ClientSource,
  MissingTools,
  RegistrySource,
  ToolSelection,
  ToolSource,
} from '../tools/tool-source.ts';
export type * from './openai-shapes.ts';
export { type OpenAiCallOptions, type OpenAiTools, openaiTools } from './openai-tools.ts';
