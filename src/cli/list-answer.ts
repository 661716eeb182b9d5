import type { SignalboxError } from '../core/errors.ts';
import type {
  CatalogPrompt,
  CatalogResource,
  CatalogResourceTemplate,
  CatalogTool,
} from '../registry/catalog/catalog.ts';
import { type FoundTool, MAX_FOUND } from '../registry/catalog/search/tool-search.ts';
import type { CommandContext } from './command-context.ts';
import type { OpenServers } from './open-servers.ts';
import { accountsOf, isWell, type ServerAccount } from './output/server-account.ts';

/** What can be listed. */
export const LIST_KINDS = ['tools', 'resources', 'prompts'] as const;
export type ListKind = (typeof LIST_KINDS)[number];

/** What is to be listed. */
export interface ListQuery {
  readonly kinds: readonly ListKind[];
  /** Only what this server offers. */
  readonly server?: string | undefined;
  /** Tools that have these words, in place of lists. */
  readonly search?: string | undefined;
}

/** What the servers offer, of the kinds that were asked for. */
export interface ListAnswer {
  readonly tools?: readonly (CatalogTool | FoundTool)[];
  readonly resources?: readonly CatalogResource[];
  readonly resourceTemplates?: readonly CatalogResourceTemplate[];
  readonly prompts?: readonly CatalogPrompt[];
  /** Servers that may offer more, and why it is not here. */
  readonly missing: readonly ServerAccount[];
}

/** @param errors how connecting the servers ended, where that is known better than by their states */
export async function listAnswer(
  context: CommandContext,
  servers: OpenServers,
  { kinds, server, search }: ListQuery,
  errors?: ReadonlyMap<string, SignalboxError | undefined>,
): Promise<ListAnswer> {
  const { registry } = servers;
  const isWanted = (of: { readonly server: string }): boolean => server === undefined || of.server === server;
  const missing = accountsOf(context, servers, errors).filter(
    (account) => !isWell(account) && (server === undefined || account.name === server),
  );
  if (search !== undefined) {
    const options = { limit: MAX_FOUND, ...(server === undefined ? {} : { servers: [server] }) };
    return { tools: registry.searchTools(search, options), missing };
  }
  return {
    ...(kinds.includes('tools') ? { tools: (await registry.listTools()).items.filter(isWanted) } : {}),
    ...(kinds.includes('resources')
      ? {
          resources: (await registry.listResources()).items.filter(isWanted),
          resourceTemplates: (await registry.listResourceTemplates()).items.filter(isWanted),
        }
      : {}),
    ...(kinds.includes('prompts') ? { prompts: (await registry.listPrompts()).items.filter(isWanted) } : {}),
    missing,
  };
}
