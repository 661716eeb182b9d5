import type { Prompt, Resource, ResourceTemplate, Tool } from '../../protocol/mcp-types.ts';
import type { BlockedTool } from './drift/definition-change.ts';
import { exposedName } from './exposed-names.ts';
import type { ListName, ServerCatalog } from './server-catalog.ts';
import { toolShares } from './tool-shares.ts';

/** What all that stands in a catalog tells of itself. */
export interface CatalogItem {
  readonly server: string;
  /**
   * Whether this is only what was known last: its server is away, is being read again, could not be read or says that
   * it has changed; or nobody has read it yet, and it was restored from an earlier run.
   */
  readonly stale: boolean;
}

/** A tool under its exposed name. */
export interface CatalogTool extends CatalogItem {
  /** `server__tool`: what to call. */
  readonly name: string;
  /** The tool as its server describes it, own name included. */
  readonly tool: Tool;
}

/** A prompt under its exposed name. */
export interface CatalogPrompt extends CatalogItem {
  readonly name: string;
  readonly prompt: Prompt;
}

/** A resource; its URI stays what it is. */
export interface CatalogResource extends CatalogItem {
  readonly resource: Resource;
}

/** A resource template, with the server that offers it. */
export interface CatalogResourceTemplate extends CatalogItem {
  readonly template: ResourceTemplate;
}

/** What one server brings to a {@link Catalog}. */
export interface CatalogPart {
  readonly server: string;
  readonly isConnected: boolean;
  /** False where another server should be asked if there is one. Default: as `isConnected`. */
  readonly isUsable?: boolean;
  readonly offers: ServerCatalog;
  readonly isStale: (list: ListName) => boolean;
  /** Tools that are not what was approved, by their own names. */
  readonly blocked: ReadonlyMap<string, BlockedTool>;
}

/** A tool that is kept out of the lists. */
export interface CatalogBlockedTool {
  readonly name: string;
  readonly server: string;
  readonly blocked: BlockedTool;
}

/**
 * One index over what all servers offer, connected or not: whoever is away keeps its names. It is rebuilt when a part
 * changes; servers stand in the order of their registration.
 */
export class Catalog {
  readonly tools: ReadonlyMap<string, CatalogTool>;
  /** By exposed name. */
  readonly blockedTools: ReadonlyMap<string, CatalogBlockedTool>;
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
    const blockedTools = new Map<string, CatalogBlockedTool>();
    const prompts = new Map<string, CatalogPrompt>();
    const leftOut = new Map<string, number>();
    const allowed = parts.map(({ server, offers, isStale, blocked }) => {
      const items = toolItems(server, offers, isStale('tools'));
      return blocked.size === 0 ? items : items.filter(({ tool }) => !blocked.has(tool.name));
    });
    const shares = toolShares(
      allowed.map(({ length }) => length),
      maxTools,
    );
    for (const [index, { server, offers, isStale, blocked }] of parts.entries()) {
      const own = allowed[index]!;
      const share = shares[index]!;
      if (share < own.length) leftOut.set(server, own.length - share);
      const stale = isStale('prompts');
      for (const item of own.slice(0, share)) addFirst(tools, item.name, item);
      for (const why of blocked.values()) {
        const name = exposedName(server, why.tool);
        blockedTools.set(name, { name, server, blocked: why });
      }
      for (const prompt of offers.prompts) {
        const name = exposedName(server, prompt.name);
        addFirst(prompts, name, { name, server, stale, prompt });
      }
    }
    const resources = new Map<string, CatalogResource>();
    const templates = new Map<string, CatalogResourceTemplate>();
    for (const { server, offers, isStale } of bestFirst(parts)) {
      const stale = isStale('resources');
      for (const resource of offers.resources) {
        addFirst(resources, resource.uri, { server, stale, resource });
      }
      for (const template of offers.resourceTemplates) {
        addFirst(templates, template.uriTemplate, { server, stale, template });
      }
    }
    this.tools = tools;
    this.blockedTools = blockedTools;
    this.prompts = prompts;
    this.resources = resources;
    this.resourceTemplates = [...templates.values()];
    this.toolsLeftOut = leftOut;
  }
}

/** What stands in the catalog of each reading of a list: a change of one server makes a new catalog of all. */
const made: WeakMap<readonly Tool[], readonly CatalogTool[]> = new WeakMap();

/** The tools of one server under their exposed names; the same as before where nothing of them is another. */
function toolItems(server: string, { tools }: ServerCatalog, stale: boolean): readonly CatalogTool[] {
  const known = made.get(tools);
  if (known?.[0]?.server === server && known[0].stale === stale) return known;
  const items = tools.map((tool) => ({ name: exposedName(server, tool.name), server, stale, tool }));
  made.set(tools, items);
  return items;
}

function bestFirst(parts: readonly CatalogPart[]): CatalogPart[] {
  const rank = ({ isConnected, isUsable = isConnected }: CatalogPart): number =>
    isUsable ? 0 : isConnected ? 1 : 2;
  return parts.toSorted((one, other) => rank(one) - rank(other));
}

/** F-124: a server that lists a name twice offers the first. Exposed names of two servers are never the same. */
function addFirst<Item>(items: Map<string, Item>, name: string, item: Item): void {
  if (!items.has(name)) items.set(name, item);
}
