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
    const kinds = wantedKinds(options);
    if (context.json) await printJson(context, servers, kinds, missing);
    else await printTables(context, servers, kinds);
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
  const gaps = missing.map(({ name, state, error }) => ({ server: name, state, error }));
  context.terminal.print(jsonLine({ ...lists, missing: gaps, complete: gaps.length === 0 }));
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
    const cells = rows.map(([name, description]) => [out.bold(name), description]);
    texts.push(await table([{ title }, { title: 'DESCRIPTION' }], cells, width, out.dim));
  }
  context.terminal.print(texts.join('\n\n'));
}

async function listingsOf(
  context: CommandContext,
  { registry }: OpenServers,
  kind: Kind,
): Promise<Listing[]> {
  const row = (name: string, description: string | undefined): readonly [string, string] => [
    context.terminal.peer(name, 256),
    context.terminal.peer(firstSentence(description ?? ''), 200),
  ];
  switch (kind) {
    case 'tools': {
      const { items } = await registry.listTools();
      return [
        { title: 'TOOL', rows: items.map(({ name, tool }) => row(name, tool.description ?? tool.title)) },
      ];
    }
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
