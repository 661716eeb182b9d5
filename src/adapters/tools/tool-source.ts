import type { McpClient } from '../../client/mcp-client.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { CatalogTool } from '../../registry/catalog/catalog.ts';
import { toolShares } from '../../registry/catalog/tool-shares.ts';
import type { ServerRegistry } from '../../registry/server-registry.ts';

/** What of a `ServerRegistry` is used here. */
export type RegistrySource = Pick<ServerRegistry, 'listTools' | 'callTool' | 'getServer'>;

/** What of an `McpClient` is used here. */
export type ClientSource = Pick<McpClient, 'name' | 'listTools' | 'callTool' | 'settings'>;

/** Where tools come from: all servers of a registry, or one client. */
export type ToolSource = RegistrySource | ClientSource;

/** What is not among the tools, and why. */
export interface MissingTools {
  /** The server whose tools are missing, or some of them. Undefined if a tool was named that nobody offers. */
  readonly server: string | undefined;
  /** The tool that was named, by its name in the registry. Undefined if it is about a whole server. */
  readonly tool: string | undefined;
  /** One readable sentence. */
  readonly reason: string;
}

/** Which tools a model gets. */
export interface ToolSelection {
  /** Only tools of these servers. Default: of all. */
  readonly servers?: readonly string[] | undefined;
  /**
   * Only these tools: by their names as the registry has them (`server__tool`; of a single client by their own names), or
   * those for which a function says so. Default: all.
   */
  readonly tools?: readonly string[] | ((tool: CatalogTool) => boolean) | undefined;
  /**
   * Most tools that a model gets. Those of the servers with most of them are cut first, and told as missing. Default: 128
   * for OpenAI, which takes no more; otherwise no limit but that of the registry.
   */
  readonly maxTools?: number | undefined;
}

/** The tools that were selected, in the order of their servers' registration. */
export interface SelectedTools {
  readonly tools: readonly CatalogTool[];
  readonly missing: readonly MissingTools[];
}

export function isRegistry(source: ToolSource): source is RegistrySource {
  return 'getServer' in source;
}

/** Whether what a server says of its own tools is believed: `trust` of its entry. */
export function isTrusted(source: ToolSource, server: string): boolean {
  const client = isRegistry(source) ? source.getServer(server)?.client : source;
  return client?.settings.trust === true;
}

/**
 * The tools that are offered now. Of a registry without any traffic; a client reads its list.
 * @throws SignalboxError UNKNOWN_SERVER, and what `McpClient.listTools` throws
 */
export async function selectTools(source: ToolSource, selection: ToolSelection): Promise<SelectedTools> {
  for (const server of selection.servers ?? []) requireServer(source, server);
  const isWanted = (server: string): boolean => selection.servers?.includes(server) ?? true;
  const offered = await offeredBy(source);
  const wanted = offered.tools.filter(({ server }) => isWanted(server));
  const missing: MissingTools[] = offered.missing
    .filter(({ server }) => isWanted(server))
    .map(({ server, reason }) => ({ server, tool: undefined, reason }));
  const { tools } = selection;
  if (typeof tools === 'function') return withinLimit(wanted.filter(tools), missing, selection.maxTools);
  if (tools === undefined) return withinLimit(wanted, missing, selection.maxTools);
  const named = new Set(tools);
  const chosen = wanted.filter(({ name }) => named.has(name));
  for (const { name } of chosen) named.delete(name);
  for (const tool of named)
    missing.push({ server: undefined, tool, reason: 'no server that is available offers it' });
  return withinLimit(chosen, missing, selection.maxTools);
}

function requireServer(source: ToolSource, server: string): void {
  const isThere = isRegistry(source) ? source.getServer(server) !== undefined : source.name === server;
  if (!isThere) throw new SignalboxError('UNKNOWN_SERVER', `no server "${server}" is registered`);
}

async function offeredBy(source: ToolSource): Promise<{
  readonly tools: readonly CatalogTool[];
  readonly missing: readonly { readonly server: string; readonly reason: string }[];
}> {
  if (isRegistry(source)) {
    const { items, missing } = await source.listTools();
    return { tools: items, missing };
  }
  const listed = await source.listTools();
  const server = source.name;
  return { tools: listed.map((tool) => ({ name: tool.name, server, tool, stale: false })), missing: [] };
}

function withinLimit(
  tools: readonly CatalogTool[],
  missing: readonly MissingTools[],
  maxTools: number = Number.POSITIVE_INFINITY,
): SelectedTools {
  if (tools.length <= maxTools) return { tools, missing };
  const byServer = new Map<string, CatalogTool[]>();
  for (const tool of tools) {
    const own = byServer.get(tool.server);
    if (own === undefined) byServer.set(tool.server, [tool]);
    else own.push(tool);
  }
  const parts = [...byServer];
  const shares = toolShares(
    parts.map(([, own]) => own.length),
    maxTools,
  );
  const cut = parts.flatMap(([server, own], index): MissingTools[] => {
    const left = own.length - shares[index]!;
    if (left === 0) return [];
    const reason = `${left} of its tools are left out: more are selected than maxTools (${maxTools})`;
    return [{ server, tool: undefined, reason }];
  });
  return {
    tools: parts.flatMap(([, own], index) => own.slice(0, shares[index])),
    missing: [...missing, ...cut],
  };
}
