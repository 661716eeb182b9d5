export type { AdapterOptions, Approval, ToolCallRequest } from '../tools/adapter-options.ts';
export type { ContentLimits } from '../tools/model-content.ts';
export { ToolCallError, type ToolCallErrorCode } from '../tools/tool-call-error.ts';
export type {
  ClientSource,
  MissingTools,
  RegistrySource,
  ToolSelection,
  ToolSource,
} from '../tools/tool-source.ts';
export { type LangchainToolsOptions, langchainTools } from './langchain-tools.ts';
