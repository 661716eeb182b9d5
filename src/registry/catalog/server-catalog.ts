import type { Prompt, Resource, ResourceTemplate, Tool } from '../../protocol/mcp-types.ts';

/** Which list of a server. That of resources has its templates too. */
export type ListName = 'tools' | 'resources' | 'prompts';

/** What one server offers, as of its last lists. */
export interface ServerCatalog {
  readonly tools: readonly Tool[];
  readonly resources: readonly Resource[];
  readonly resourceTemplates: readonly ResourceTemplate[];
  readonly prompts: readonly Prompt[];
}

export const EMPTY_CATALOG: ServerCatalog = Object.freeze({
  tools: [],
  resources: [],
  resourceTemplates: [],
  prompts: [],
});
