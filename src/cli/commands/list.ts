import type { CatalogTool } from '../../registry/catalog/catalog.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openFleet } from '../fleet.ts';
import { LIST_KINDS, type ListAnswer, type ListKind } from '../list-answer.ts';
import { jsonLine } from '../output/json.ts';
import type { ServerAccount } from '../output/server-account.ts';
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

/**
 * `signalbox list`: what the servers offer, or one of them; a running `up` is asked if there is one. Servers that are
 * missing are named on stderr.
 */
export async function list(
  context: CommandContext,
  server: string | undefined,
  options: ListOptions,
): Promise<ExitCode> {
  const fleet = await openFleet(context, { server, wait: true, timeout: options.timeout });
  try {
    const kinds = wantedKinds(options);
    const query = { kinds, server, search: options.search };
    const answer = (await fleet.answers.answer({ ask: 'list', ...query })) as ListAnswer;
    const { missing, ...lists } = answer;
    if (context.json) printFacts(context, lists, missing);
    else if (options.search !== undefined) await printFound(context, lists.tools ?? []);
    else await printTables(context, answer);
    for (const account of missing) tellMissing(context, account);
    return missing.length === 0 ? EXIT.ok : EXIT.unreachable;
  } finally {
    await fleet.close();
  }
}

function wantedKinds(options: ListOptions): readonly ListKind[] {
  const kinds = LIST_KINDS.filter((kind) => options[kind] === true);
  return kinds.length === 0 ? ['tools'] : kinds;
}

function printFacts(
  context: CommandContext,
  lists: Readonly<Record<string, unknown>>,
  missing: readonly ServerAccount[],
): void {
  const gaps = missing.map(({ name, state, error }) => ({ server: name, state, error }));
  context.terminal.print(jsonLine({ ...lists, missing: gaps, complete: gaps.length === 0 }));
}

async function printFound(context: CommandContext, tools: readonly CatalogTool[]): Promise<void> {
  const { out, width } = context.terminal;
  if (tools.length === 0) context.terminal.print(out.dim('no tool has all of these words'));
  else context.terminal.print(await tableOf(context, toolsListing(context, tools), width));
}

async function printTables(context: CommandContext, answer: ListAnswer): Promise<void> {
  const { out, width } = context.terminal;
  const listings = listingsOf(context, answer);
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

function listingsOf(
  context: CommandContext,
  { tools, resources, resourceTemplates = [], prompts }: ListAnswer,
): Listing[] {
  const row = (name: string, description: string | undefined): readonly [string, string] =>
    rowOf(context, name, description);
  const listings: Listing[] = [];
  if (tools !== undefined) listings.push(toolsListing(context, tools));
  if (resources !== undefined) {
    const rows = resources.map(({ resource }) => row(resource.uri, resource.description ?? resource.name));
    listings.push({ title: 'RESOURCE', rows });
  }
  if (resourceTemplates.length > 0) {
    const rows = resourceTemplates.map(({ template }) =>
      row(template.uriTemplate, template.description ?? template.name),
    );
    listings.push({ title: 'RESOURCE TEMPLATE', rows });
  }
  if (prompts !== undefined) {
    const rows = prompts.map(({ name, prompt }) => row(name, prompt.description));
    listings.push({ title: 'PROMPT', rows });
  }
  return listings;
}

function tellMissing(context: CommandContext, { name, state, error }: ServerAccount): void {
  // With --json the missing servers are in the result already.
  if (context.json) return;
  const { terminal } = context;
  const why = error === undefined ? state : `${error.message} ${terminal.err.dim(`(${error.code})`)}`;
  terminal.note(`${terminal.err.yellow('missing:')} ${name}: ${why}`);
}
