import type { CommandContext } from '../command-context.ts';
import { isWell, type ServerAccount, stateMark, stateText } from './server-account.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: ' ' },
  { title: 'SERVER' },
  { title: 'TRANSPORT' },
  { title: 'PROTOCOL' },
  { title: 'STATE' },
  { title: 'TOOLS', align: 'right' },
  { title: 'CONNECT', align: 'right' },
];

/** All servers as a table, and below it what is wrong with those that are not connected. */
export async function serverTable(
  context: CommandContext,
  accounts: readonly ServerAccount[],
): Promise<string> {
  const { out, width } = context.terminal;
  const rows = accounts.map((account) => [
    stateMark(account, out),
    out.bold(account.name),
    account.transport ?? '–',
    [account.era, account.protocolVersion].filter((part) => part !== undefined).join(' ') || '–',
    stateText(account),
    account.state === 'connected' || account.state === 'sleeping' ? String(account.tools) : '–',
    account.state === 'connected' && account.connectMs !== null ? `${Math.round(account.connectMs)} ms` : '–',
  ]);
  const lines = [await table(COLUMNS, rows, width, out.dim)];
  const troubled = accounts.filter((account) => !isWell(account));
  if (troubled.length > 0) lines.push('');
  for (const account of troubled) lines.push(...troubleLines(context, account));
  return lines.join('\n');
}

/** What is wrong with a server, and what to do about it. */
export function troubleLines(context: CommandContext, account: ServerAccount): string[] {
  const { out } = context.terminal;
  const { error } = account;
  const what = error === undefined ? stateText(account) : `${error.message} ${out.dim(`(${error.code})`)}`;
  const lines = [`${stateMark(account, out)} ${out.bold(account.name)}: ${what}`];
  if (error?.hint !== undefined) lines.push(`  ${out.dim(error.hint)}`);
  return lines;
}
