import { systemClock } from '../../core/clock.ts';
import type { CommandContext } from '../command-context.ts';
import { connectServers } from '../connect-servers.ts';
import type { StatusAnswer } from '../control/control-answers.ts';
import type { ControlAnswers } from '../control/control-server.ts';
import { findRunning } from '../control/running-up.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findConfig } from '../find-config.ts';
import { closeServers, openServers, readConfig } from '../open-servers.ts';
import { jsonLine } from '../output/json.ts';
import { accountsOf, isWell, type ServerAccount } from '../output/server-account.ts';
import { reportsOf } from '../output/server-report.ts';
import { serverTable, troubleLines } from '../output/server-table.ts';
import { statusTable, totalLine } from '../output/status-table.ts';

export interface StatusOptions {
  /** Time for connecting, in ms. */
  readonly timeout?: number | undefined;
  /** Go on and show every change. */
  readonly watch?: boolean | undefined;
}

/**
 * `signalbox status`: tells how the servers of a running `up` are. Where none runs it connects to all servers, tells how
 * each of them is, and disconnects.
 */
export async function status(context: CommandContext, options: StatusOptions): Promise<ExitCode> {
  if (options.watch === true) return await (await import('../watch-status.ts')).watchStatus(context);
  const running = await findRunning(context, findConfig(context.options.config, context.io.cwd));
  return running === undefined ? await ownStatus(context, options) : await statusOf(context, running);
}

async function statusOf(context: CommandContext, running: ControlAnswers): Promise<ExitCode> {
  const { terminal } = context;
  const answer = (await running.answer({ ask: 'status' })) as StatusAnswer;
  if (context.json) {
    terminal.print(jsonLine(answer));
    return exitCodeOf(answer.servers);
  }
  const { servers, pid, endpoint } = answer;
  const lines = [
    await statusTable(context, servers, systemClock.wallNow(), { reasons: false }),
    '',
    totalLine(servers, answer.total),
    terminal.out.dim(`signalbox up runs (pid ${pid}): ${terminal.peer(endpoint ?? 'no endpoint', 200)}`),
  ];
  const troubled = servers.filter((report) => !isWell(report));
  if (troubled.length > 0) lines.push('', ...troubled.flatMap((report) => troubleLines(context, report)));
  terminal.print(lines.join('\n'));
  return exitCodeOf(servers);
}

async function ownStatus(context: CommandContext, options: StatusOptions): Promise<ExitCode> {
  const servers = openServers(context, await readConfig(context));
  try {
    const results = await connectServers(context, servers, options.timeout);
    const errors = new Map([...results].map(([name, result]) => [name, result.error]));
    const accounts = accountsOf(context, servers, errors);
    if (context.json) {
      const reports = reportsOf(context, servers, errors);
      context.terminal.print(jsonLine({ file: servers.file, servers: reports }));
    } else context.terminal.print(await serverTable(context, accounts));
    return exitCodeOf(accounts);
  } finally {
    await closeServers(context, servers.registry, { drainMs: 0 });
  }
}

function exitCodeOf(accounts: readonly ServerAccount[]): ExitCode {
  return accounts.every(isWell) ? EXIT.ok : EXIT.unreachable;
}
