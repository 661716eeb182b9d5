import { defaultTokenFolder, FileTokenStore } from '../auth/store/file-token-store.ts';
import { ClientFactory } from '../client/client-factory.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { onAbort } from '../core/abort.ts';
import { systemClock } from '../core/clock.ts';
import { SignalboxError } from '../core/errors.ts';
import { ServerRegistry } from '../registry/server-registry.ts';
import type { StateStore } from '../registry/store/state-store.ts';
import type { CommandContext } from './command-context.ts';
import { withholdChanged } from './consent/withhold-changed.ts';
import { findConfig } from './find-config.ts';
import { isLogged } from './logging/log-level.ts';
import { createWireTrace } from './logging/wire-trace.ts';

/** Servers that are connected at the same time: a few that hang must not hold up the others. */
const PARALLEL_CONNECTS = 16;

/** The servers of a config file, registered and not yet connected. */
export interface OpenServers {
  readonly file: string;
  readonly registry: ServerRegistry;
  /** Servers whose entries cannot be used, and why. A config that is read again changes it. */
  readonly failed: Map<string, SignalboxError>;
}

/** Reads the config file that the options name, and feeds its secrets to the redaction. */
export async function readConfig(context: CommandContext): Promise<LoadedConfig> {
  const { io, options } = context;
  const config = await loadConfig(findConfig(options.config, io.cwd), { env: io.env });
  takeInConfig(context, config);
  await withholdChanged(context, config);
  return config;
}

/** Feeds the secrets of a config to the redaction, and tells what is odd about it. */
export function takeInConfig({ io, logger }: CommandContext, config: LoadedConfig): void {
  for (const secret of config.secrets) io.redactor.add(secret);
  for (const warning of config.warnings) logger.warn(warning);
  logger.debug('read the config file', {
    file: config.file,
    servers: [...config.servers.keys()],
    failed: [...config.failed.keys()],
  });
}

/** Registers the servers of a config, or those that `wanted` asks for. Close it with {@link closeServers}. */
export function openServers(
  context: CommandContext,
  config: LoadedConfig,
  wanted: (name: string) => boolean = () => true,
  store?: StateStore,
): OpenServers {
  const { io, options, logger } = context;
  const tap = isLogged('trace', options.logLevel) ? createWireTrace(logger, io.redactor) : undefined;
  const authorization = {
    store: new FileTokenStore({ folder: defaultTokenFolder(io.env) }),
    clientName: 'Signalbox',
    onSecret: (secret: string) => io.redactor.add(secret),
  };
  const factory = new ClientFactory({ logger, authorization, ...(tap === undefined ? {} : { tap }) });
  const registry = new ServerRegistry({
    factory,
    logger,
    parallelConnects: PARALLEL_CONNECTS,
    ...(store === undefined ? {} : { store }),
  });
  const failed = new Map([...config.failed].filter(([name]) => wanted(name)));
  for (const [name, entry] of config.servers) {
    if (!wanted(name)) continue;
    try {
      registry.register(name, entry);
    } catch (error) {
      if (!SignalboxError.is(error)) throw error;
      failed.set(name, error);
    }
  }
  return { file: config.file, registry, failed };
}

/** How {@link closeServers} goes about it. */
export interface CloseOptions {
  /** Time for calls in flight, in ms. */
  readonly drainMs: number;
  /** Time after which servers that have not ended are killed, in ms. Default: as their entries say. */
  readonly hurryAfterMs?: number;
}

/** Stops all servers in good order, or at once when the command is interrupted for the second time. */
export async function closeServers(
  context: CommandContext,
  registry: ServerRegistry,
  { drainMs, hurryAfterMs = Number.POSITIVE_INFINITY }: CloseOptions,
): Promise<void> {
  const { hurry } = context.io.interruption;
  const closing = registry.shutdown({ drainMs });
  // A second call makes the registry hurry.
  const again = (): void => void registry.shutdown();
  const timer = systemClock.setTimeout(again, hurryAfterMs);
  if (hurry.aborted) again();
  const release = onAbort(hurry, again);
  await closing;
  timer.cancel();
  release();
}
