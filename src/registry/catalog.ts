import type { Prompt, Resource, ResourceTemplate, Tool } from '../protocol/mcp-types.ts';
import { collidingName, exposedName } from './exposed-names.ts';

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

/** A tool under its exposed name. */
export interface CatalogTool {
  /** `server__tool`: what to call. */
  readonly name: string;
  readonly server: string;
  /** The tool as its server describes it, own name included. */
  readonly tool: Tool;
}

/** A prompt under its exposed name. */
export interface CatalogPrompt {
  readonly name: string;
  readonly server: string;
  readonly prompt: Prompt;
}

/** A resource; its URI stays what it is. */
export interface CatalogResource {
  readonly server: string;
  readonly resource: Resource;
}

export interface CatalogResourceTemplate {
  readonly server: string;
  readonly template: ResourceTemplate;
}

/**
 * One index over what all servers offer. It is rebuilt from the parts when one of them changes; servers keep the
 * order of their registration, so that names given to collisions are stable.
 */
export class Catalog {
  readonly tools: ReadonlyMap<string, CatalogTool>;
  readonly prompts: ReadonlyMap<string, CatalogPrompt>;
  /** By URI; the first server that offers one has it. */
  readonly resources: ReadonlyMap<string, CatalogResource>;
  /** One for each template text; the first server that offers it has it. */
  readonly resourceTemplates: readonly CatalogResourceTemplate[];

  constructor(parts: Iterable<readonly [server: string, catalog: ServerCatalog]>) {
    const tools = new Map<string, CatalogTool>();
    const prompts = new Map<string, CatalogPrompt>();
    const resources = new Map<string, CatalogResource>();
    const resourceTemplates = new Map<string, CatalogResourceTemplate>();
    for (const [server, part] of parts) {
      for (const tool of firstOfEachName(part.tools)) {
        const name = freeName(tools, server, tool.name);
        tools.set(name, { name, server, tool });
      }
      for (const prompt of firstOfEachName(part.prompts)) {
        const name = freeName(prompts, server, prompt.name);
        prompts.set(name, { name, server, prompt });
      }
      for (const resource of part.resources) {
        if (!resources.has(resource.uri)) resources.set(resource.uri, { server, resource });
      }
      for (const template of part.resourceTemplates) {
        if (!resourceTemplates.has(template.uriTemplate)) {
          resourceTemplates.set(template.uriTemplate, { server, template });
        }
      }
    }
    this.tools = tools;
    this.prompts = prompts;
    this.resources = resources;
    this.resourceTemplates = [...resourceTemplates.values()];
  }
}

/** F-124: a server that lists a name twice offers the first. */
function firstOfEachName<Item extends { readonly name: string }>(items: readonly Item[]): Iterable<Item> {
  const byName = new Map<string, Item>();
  for (const item of items) if (!byName.has(item.name)) byName.set(item.name, item);
  return byName.values();
}

function freeName(taken: ReadonlyMap<string, unknown>, server: string, name: string): string {
  const wanted = exposedName(server, name);
  return taken.has(wanted) ? collidingName(server, name) : wanted;
}
