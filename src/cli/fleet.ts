import type { SignalboxError } from '../core/errors.ts';
import { requireServer } from './choose-servers.ts';
import type { CommandContext } from './command-context.ts';
import { connectServers } from './connect-servers.ts';
import { FleetAnswers } from './control/control-answers.ts';
import type { ControlAnswers } from './control/control-server.ts';
import { findRunning } from './control/running-up.ts';
import { findConfig } from './find-config.ts';
import { closeServers, openServers, readConfig } from './open-servers.ts';

/** The servers of a config: those of a running `up`, or connections of this command's own. */
export interface Fleet {
  readonly answers: ControlAnswers;
  readonly file: string;
  /** Whether they were connected for this command alone. */
  readonly isOwn: boolean;
  close(): Promise<void>;
}

/** How {@link openFleet} goes about it where no `up` runs. */
export interface FleetOptions {
  /** Only this server. Default: all. */
  readonly server?: string | undefined;
  /** Whether to wait until every server has connected or failed, with progress on a terminal. */
  readonly wait: boolean;
  /** Time for connecting, in ms, where it is waited for. */
  readonly timeout?: number | undefined;
}

/**
 * Whoever can be asked how the servers are.
 * @throws SignalboxError what is wrong with the config; UNKNOWN_SERVER; REQUEST_ABORTED
 */
export async function openFleet(context: CommandContext, options: FleetOptions): Promise<Fleet> {
  const { io } = context;
  const file = findConfig(context.options.config, io.cwd);
  const running = await findRunning(context, file);
  if (running !== undefined) {
    return { answers: running, file, isOwn: false, close: () => Promise.resolve() };
  }
  const config = await readConfig(context);
  const { server } = options;
  if (server !== undefined) requireServer(config, server);
  const servers = openServers(context, config, (name) => server === undefined || name === server);
  const close = (): Promise<void> => closeServers(context, servers.registry, { drainMs: 0 });
  let errors: Map<string, SignalboxError | undefined> | undefined;
  try {
    if (options.wait) {
      const results = await connectServers(context, servers, options.timeout);
      errors = new Map([...results].map(([name, result]) => [name, result.error]));
    } else void servers.registry.connectAll({ signal: io.interruption.signal });
  } catch (error) {
    await close();
    throw error;
  }
  return { answers: new FleetAnswers(context, servers, undefined, errors), file, isOwn: true, close };
}
