import { SignalboxError } from '../../core/errors.ts';
import type { CommandContext } from '../command-context.ts';
import { findRunning } from '../control/running-up.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findConfig } from '../find-config.ts';
import { jsonLine } from '../output/json.ts';
import type { ServerReport } from '../output/server-report.ts';

/** `signalbox restart`: has a running `up` drop its connection to one server and make it anew. */
export async function restart(context: CommandContext, server: string): Promise<ExitCode> {
  const file = findConfig(context.options.config, context.io.cwd);
  const running = await findRunning(context, file);
  if (running === undefined) {
    throw new SignalboxError(
      'CONNECT_FAILED',
      `no \`signalbox up\` of ${file} runs; there is nothing to restart`,
    );
  }
  const report = (await running.answer({ ask: 'restart', server })) as ServerReport;
  const { terminal } = context;
  const name = terminal.peer(server, 64);
  if (context.json) terminal.print(jsonLine(report));
  else
    terminal.print(
      `${terminal.out.green('✓')} ${terminal.out.bold(name)}: ${terminal.peer(report.state, 32)}`,
    );
  return EXIT.ok;
}
