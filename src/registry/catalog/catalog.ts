import type { Prompt, Resource, ResourceTemplate, Tool } from '../../protocol/mcp-types.ts';
import { collidingName, exposedName } from './exposed-names.ts';
import { toolShares } from './tool-shares.ts';

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

/** What one server brings to a {@link Catalog}. */
export interface CatalogPart {
  readonly server: string;
  readonly isConnected: boolean;
  /** False where another server should be asked if there is one. Default: as `isConnected`. */
  readonly isUsable?: boolean;
  readonly offers: ServerCatalog;
}

/**
 * One index over what all servers offer, connected or not: whoever is away keeps its names, so that a name never
 * leads to another server meanwhile. It is rebuilt when a part changes; servers stand in the order of their
 * registration.
 */
export class Catalog {
  readonly tools: ReadonlyMap<string, CatalogTool>;
  readonly prompts: ReadonlyMap<string, CatalogPrompt>;
  /** By URI; the first usable server that offers one has it, else the first connected one, else the first. */
  readonly resources: ReadonlyMap<string, CatalogResource>;
  /** One for each template text, as with resources. */
  readonly resourceTemplates: readonly CatalogResourceTemplate[];
  /** By server: how many of its tools had no room. */
  readonly toolsLeftOut: ReadonlyMap<string, number>;

  /** @param maxTools how many tools there may be in all */
  constructor(parts: readonly CatalogPart[], maxTools: number = Number.POSITIVE_INFINITY) {
    const tools = new Map<string, CatalogTool>();
    const prompts = new Map<string, CatalogPrompt>();
    const leftOut = new Map<string, number>();
    const shares = toolShares(
      parts.map(({ offers }) => offers.tools.length),
      maxTools,
    );
    for (const [index, { server, offers }] of parts.entries()) {
      const share = shares[index]!;
      if (share < offers.tools.length) leftOut.set(server, offers.tools.length - share);
      for (const tool of firstOfEachName(offers.tools.slice(0, share))) {
        const name = freeName(tools, server, tool.name);
        tools.set(name, { name, server, tool });
      }
      for (const prompt of firstOfEachName(offers.prompts)) {
        const name = freeName(prompts, server, prompt.name);
        prompts.set(name, { name, server, prompt });
      }
    }
    const resources = new Map<string, CatalogResource>();
    const templates = new Map<string, CatalogResourceTemplate>();
    for (const { server, offers } of bestFirst(parts)) {
      for (const resource of offers.resources) {
        if (!resources.has(resource.uri)) resources.set(resource.uri, { server, resource });
      }
      for (const template of offers.resourceTemplates) {
        if (!templates.has(template.uriTemplate)) templates.set(template.uriTemplate, { server, template });
      }
    }
    this.tools = tools;
    this.prompts = prompts;
    this.resources = resources;
    this.resourceTemplates = [...templates.values()];
    this.toolsLeftOut = leftOut;
  }
}

function bestFirst(parts: readonly CatalogPart[]): CatalogPart[] {
  const rank = ({ isConnected, isUsable = isConnected }: CatalogPart): number =>
    isUsable ? 0 : isConnected ? 1 : 2;
  return parts.toSorted((one, other) => rank(one) - rank(other));
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
