import type { CommandContext } from '../command-context.ts';
import { connectServers } from '../connect-servers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { closeServers, openServers, readConfig } from '../open-servers.ts';
import { jsonLine } from '../output/json.ts';
import { accountsOf, isWell } from '../output/server-account.ts';
import { serverTable } from '../output/server-table.ts';

export interface StatusOptions {
  /** Time for connecting, in ms. */
  readonly timeout?: number | undefined;
}

/** `signalbox status`: connects to all servers, tells how each of them is, and disconnects. */
export async function status(context: CommandContext, options: StatusOptions): Promise<ExitCode> {
  const servers = openServers(context, await readConfig(context));
  try {
    const results = await connectServers(context, servers, options.timeout);
    const errors = new Map([...results].map(([name, result]) => [name, result.error]));
    const accounts = accountsOf(context, servers, errors);
    if (context.json) context.terminal.print(jsonLine({ file: servers.file, servers: accounts }));
    else context.terminal.print(await serverTable(context, accounts));
    return accounts.every(isWell) ? EXIT.ok : EXIT.unreachable;
  } finally {
    await closeServers(context, servers.registry, { drainMs: 0 });
  }
}
