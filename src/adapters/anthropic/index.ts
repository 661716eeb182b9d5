export type { AdapterOptions, Approval, ToolCallRequest } from '../tools/adapter-options.ts';
export type { ContentLimits } from '../tools/model-content.ts';
export type {
  ClientSource,
  MissingTools,
  RegistrySource,
  ToolSelection,
  ToolSource,
} from '../tools/tool-source.ts';
export type * from './anthropic-shapes.ts';
export { type AnthropicCallOptions, type AnthropicTools, anthropicTools } from './anthropic-tools.ts';
