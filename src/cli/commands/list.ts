import type { CatalogTool } from '../../registry/catalog/catalog.ts';
import { type FoundTool, MAX_FOUND } from '../../registry/catalog/search/tool-search.ts';
import { requireServer } from '../choose-servers.ts';
import type { CommandContext } from '../command-context.ts';
import { connectServers } from '../connect-servers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { closeServers, type OpenServers, openServers, readConfig } from '../open-servers.ts';
import { jsonLine } from '../output/json.ts';
import { accountsOf, isWell, type ServerAccount } from '../output/server-account.ts';
import { table } from '../output/table.ts';
import { firstSentence } from '../output/terminal-text.ts';

export interface ListOptions {
  readonly tools?: boolean | undefined;
  readonly resources?: boolean | undefined;
  readonly prompts?: boolean | undefined;
  /** Words that tools are searched for. */
  readonly search?: string | undefined;
  /** Time for connecting, in ms. */
  readonly timeout?: number | undefined;
}

/** One list as it is printed: a title, and rows of name and description. */
interface Listing {
  readonly title: string;
  readonly rows: readonly (readonly [name: string, description: string])[];
}

/** `signalbox list`: what the servers offer, or one of them. Servers that are missing are named on stderr. */
export async function list(
  context: CommandContext,
  server: string | undefined,
  options: ListOptions,
): Promise<ExitCode> {
  const config = await readConfig(context);
  if (server !== undefined) requireServer(config, server);
  const servers = openServers(context, config, (name) => server === undefined || name === server);
  try {
    const results = await connectServers(context, servers, options.timeout);
    const errors = new Map([...results].map(([name, result]) => [name, result.error]));
    const missing = accountsOf(context, servers, errors).filter((account) => !isWell(account));
    if (options.search === undefined) {
      const kinds = wantedKinds(options);
      if (context.json) await printJson(context, servers, kinds, missing);
      else await printTables(context, servers, kinds);
    } else {
      const tools = servers.registry.searchTools(options.search, { limit: MAX_FOUND });
      if (context.json) printFacts(context, { tools }, missing);
      else await printFound(context, tools);
    }
    for (const account of missing) tellMissing(context, account);
    return missing.length === 0 ? EXIT.ok : EXIT.unreachable;
  } finally {
    await closeServers(context, servers.registry, { drainMs: 0 });
  }
}

type Kind = 'tools' | 'resources' | 'prompts';

function wantedKinds(options: ListOptions): readonly Kind[] {
  const kinds = (['tools', 'resources', 'prompts'] as const).filter((kind) => options[kind] === true);
  return kinds.length === 0 ? ['tools'] : kinds;
}

async function printJson(
  context: CommandContext,
  { registry }: OpenServers,
  kinds: readonly Kind[],
  missing: readonly ServerAccount[],
): Promise<void> {
  const lists: Record<string, unknown> = {};
  if (kinds.includes('tools')) lists['tools'] = (await registry.listTools()).items;
  if (kinds.includes('resources')) {
    lists['resources'] = (await registry.listResources()).items;
    lists['resourceTemplates'] = (await registry.listResourceTemplates()).items;
  }
  if (kinds.includes('prompts')) lists['prompts'] = (await registry.listPrompts()).items;
  printFacts(context, lists, missing);
}

function printFacts(
  context: CommandContext,
  lists: Readonly<Record<string, unknown>>,
  missing: readonly ServerAccount[],
): void {
  const gaps = missing.map(({ name, state, error }) => ({ server: name, state, error }));
  context.terminal.print(jsonLine({ ...lists, missing: gaps, complete: gaps.length === 0 }));
}

async function printFound(context: CommandContext, tools: readonly FoundTool[]): Promise<void> {
  const { out, width } = context.terminal;
  if (tools.length === 0) context.terminal.print(out.dim('no tool has all of these words'));
  else context.terminal.print(await tableOf(context, toolsListing(context, tools), width));
}

async function printTables(
  context: CommandContext,
  servers: OpenServers,
  kinds: readonly Kind[],
): Promise<void> {
  const { out, width } = context.terminal;
  const listings = (await Promise.all(kinds.map((kind) => listingsOf(context, servers, kind)))).flat();
  const texts: string[] = [];
  for (const { title, rows } of listings) {
    if (rows.length === 0) {
      texts.push(out.dim(`no ${title.toLowerCase()}s`));
      continue;
    }
    texts.push(await tableOf(context, { title, rows }, width));
  }
  context.terminal.print(texts.join('\n\n'));
}

function tableOf(
  context: CommandContext,
  { title, rows }: Listing,
  width: number | undefined,
): Promise<string> {
  const { out } = context.terminal;
  const cells = rows.map(([name, description]) => [out.bold(name), description]);
  return table([{ title }, { title: 'DESCRIPTION' }], cells, width, out.dim);
}

function toolsListing(context: CommandContext, tools: readonly CatalogTool[]): Listing {
  const rows = tools.map(({ name, tool }) => rowOf(context, name, tool.description ?? tool.title));
  return { title: 'TOOL', rows };
}

/** A server decides whether its descriptions are texts. */
function rowOf({ terminal }: CommandContext, name: string, description: unknown): [string, string] {
  const sentence = typeof description === 'string' ? firstSentence(description) : '';
  return [terminal.peer(name, 256), terminal.peer(sentence, 200)];
}

async function listingsOf(
  context: CommandContext,
  { registry }: OpenServers,
  kind: Kind,
): Promise<Listing[]> {
  const row = (name: string, description: string | undefined): readonly [string, string] =>
    rowOf(context, name, description);
  switch (kind) {
    case 'tools':
      return [toolsListing(context, (await registry.listTools()).items)];
    case 'prompts': {
      const { items } = await registry.listPrompts();
      return [{ title: 'PROMPT', rows: items.map(({ name, prompt }) => row(name, prompt.description)) }];
    }
    case 'resources': {
      const { items } = await registry.listResources();
      const templates = (await registry.listResourceTemplates()).items;
      const listings: Listing[] = [
        {
          title: 'RESOURCE',
          rows: items.map(({ resource }) => row(resource.uri, resource.description ?? resource.name)),
        },
      ];
      if (templates.length > 0) {
        listings.push({
          title: 'RESOURCE TEMPLATE',
          rows: templates.map(({ template }) =>
            row(template.uriTemplate, template.description ?? template.name),
          ),
        });
      }
      return listings;
    }
  }
}

function tellMissing(context: CommandContext, { name, state, error }: ServerAccount): void {
  // With --json the missing servers are in the result already.
  if (context.json) return;
  const { terminal } = context;
  const why = error === undefined ? state : `${error.message} ${terminal.err.dim(`(${error.code})`)}`;
  terminal.note(`${terminal.err.yellow('missing:')} ${name}: ${why}`);
}
