import type { ServerEntry } from '../../config/entry.ts';
import { loadConfig } from '../../config/load.ts';
import { SignalboxError } from '../../core/errors.ts';
import { consentState } from '../../transports/process/consent/launch-consent.ts';
import type { CommandContext } from '../command-context.ts';
import { configConsents, isStarted } from '../consent/config-consents.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findConfig } from '../find-config.ts';
import { jsonLine } from '../output/json.ts';
import { safeJsonText } from '../output/terminal-text.ts';

/** What one server starts: all of it, as consent to a part would be none. */
interface Start {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  /** Names only: values may be secrets. */
  readonly env: readonly string[];
}

/**
 * `signalbox approve`: agrees to what servers of the config start now, where that has changed since they were started
 * first, and shows it untruncated. @param names of servers; none: all that have changed
 */
export async function approve(context: CommandContext, names: readonly string[]): Promise<ExitCode> {
  const { io, options, terminal } = context;
  const config = await loadConfig(findConfig(options.config, io.cwd), { env: io.env });
  for (const secret of config.secrets) io.redactor.add(secret);
  for (const name of names) {
    if (config.servers.has(name)) continue;
    const cause = config.failed.get(name);
    if (cause !== undefined) throw cause;
    throw new SignalboxError(
      'UNKNOWN_SERVER',
      `no server of ${config.file} is called "${name.slice(0, 64)}"`,
    );
  }
  const consents = await configConsents(context, config.file);
  if (consents === undefined) {
    throw new SignalboxError('CONFIG_INVALID', 'there is no state folder in which consent could be kept');
  }
  const chosen = [...config.servers]
    .map(([name, entry]) => ({ name, entry }))
    .filter(({ entry }) => isStarted(entry))
    .filter((one) =>
      names.length > 0 ? names.includes(one.name) : consentState(one, consents) === 'changed',
    );
  if (chosen.length > 0) await consents.approve(...chosen);
  const approved = chosen.map(({ name, entry }) => ({ server: name, starts: startsOf(entry) }));
  if (context.json) {
    terminal.print(jsonLine(io.redactor.value({ file: config.file, approved })));
    return EXIT.ok;
  }
  if (approved.length === 0) terminal.print('nothing has changed since it was started first');
  for (const { server, starts } of approved) {
    for (const { command, args, cwd, env } of starts) {
      const words = [command, ...args].map((word) => JSON.stringify(word)).join(' ');
      const where = cwd === undefined ? '' : ` in ${JSON.stringify(cwd)}`;
      const variables =
        env.length === 0 ? '' : `, with ${env.map((name) => JSON.stringify(name)).join(', ')}`;
      // As JSON, in which nothing can hide.
      const what = safeJsonText(io.redactor.text(`${words}${where}${variables}`));
      const name = terminal.out.bold(terminal.peer(server, 64));
      terminal.print(`${terminal.out.green('✓')} ${name} starts ${what}`);
    }
  }
  return EXIT.ok;
}

function startsOf(entry: ServerEntry): Start[] {
  const { launch } = entry['x-signalbox'] ?? {};
  return [entry, launch].flatMap((started) =>
    started?.command === undefined
      ? []
      : [
          {
            command: started.command,
            args: started.args ?? [],
            cwd: started.cwd,
            env: Object.keys(started.env ?? {}),
          },
        ],
  );
}
