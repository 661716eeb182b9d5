import { onAbort } from '../../core/abort.ts';
import { systemClock } from '../../core/clock.ts';
import { Gateway } from '../../gateway/index.ts';
import { type CommandContext, tell } from '../command-context.ts';
import { whileAnswering } from '../control/serve-control.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { LiveConfig } from '../live-config.ts';
import {
  type CloseOptions,
  closeServers,
  type OpenServers,
  openServers,
  readConfig,
} from '../open-servers.ts';
import { showConnecting } from '../output/connecting.ts';
import { endpointSnippets } from '../output/endpoint-snippets.ts';
import { jsonLine } from '../output/json.ts';
import { accountsOf, type ServerAccount } from '../output/server-account.ts';
import { serverTable } from '../output/server-table.ts';
import { showStopping } from '../output/stopping.ts';
import { stateStore } from '../state-store.ts';
import { watchServers } from '../watch-servers.ts';

export interface UpOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly allowRemote?: boolean | undefined;
  readonly allowedHost?: readonly string[] | undefined;
  readonly allowedOrigin?: readonly string[] | undefined;
  readonly stdio?: boolean | undefined;
  /** File in which is kept what is known of the servers; `false`: none. */
  readonly state?: string | false | undefined;
  /** How long the first account of the servers waits for slow ones, in ms. */
  readonly wait?: number | undefined;
  /** Whether changes of the config file are followed. */
  readonly watch?: boolean | undefined;
}

/** Default of `--wait`. */
const READY_WAIT_MS = 10_000;
/** How long calls in flight may go on when everything is stopped, in ms. */
const DRAIN_MS = 5000;
const HTTP_CLOSE: CloseOptions = { drainMs: DRAIN_MS };
/** Hosts kill a program about 2 s after they have closed its stdin; no server may be left then (F-020). */
const STDIO_CLOSE: CloseOptions = { drainMs: 0, hurryAfterMs: 1200 };
const STDIO_DRAIN_MS = 500;

/** `signalbox up`: connects all servers and offers them at one endpoint until it is interrupted. */
export async function up(context: CommandContext, options: UpOptions): Promise<ExitCode> {
  const live = options.watch === true ? new LiveConfig(context) : undefined;
  try {
    const config = await readConfig(context);
    const servers = openServers(context, config, () => true, stateStore(context, config.file, options.state));
    live?.follow(servers, config.files);
    await serve(context, servers, options, () => live?.close());
  } finally {
    live?.close();
  }
  tell(context, 'all servers are stopped', { event: 'stopped' });
  return EXIT.ok;
}

/** @param stopping called when nothing new is to be begun any more */
async function serve(
  context: CommandContext,
  servers: OpenServers,
  options: UpOptions,
  stopping: () => void,
): Promise<void> {
  try {
    await (options.stdio === true
      ? serveStdin(context, servers, options)
      : serveHttp(context, servers, options));
  } finally {
    stopping();
    const view = showStopping(context, servers.registry);
    await closeServers(context, servers.registry, options.stdio === true ? STDIO_CLOSE : HTTP_CLOSE);
    view.end();
  }
}

async function serveHttp(context: CommandContext, servers: OpenServers, options: UpOptions): Promise<void> {
  const { logger, io } = context;
  const gateway = new Gateway({
    registry: servers.registry,
    logger,
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.path === undefined ? {} : { path: options.path }),
    ...(options.allowRemote === undefined ? {} : { allowRemote: options.allowRemote }),
    ...(options.allowedHost === undefined ? {} : { allowedHosts: options.allowedHost }),
    ...(options.allowedOrigin === undefined ? {} : { allowedOrigins: options.allowedOrigin }),
  });
  // First, as a port that is taken is told before any server is started.
  const { url } = await gateway.start();
  try {
    await whileAnswering(context, servers, url, async () => {
      await firstConnections(context, servers, options.wait);
      if (!io.interruption.signal.aborted) await tellReady(context, servers, url);
      const stopWatching = watchServers(context, servers.registry);
      await interrupted(io.interruption.signal);
      stopWatching();
    });
  } finally {
    tellStopping(context);
    await closeGateway(context, gateway);
  }
}

/** The protocol has stdout for itself; it ends when stdin ends. */
async function serveStdin(context: CommandContext, servers: OpenServers, options: UpOptions): Promise<void> {
  const { io, logger, terminal } = context;
  const { serveStdio } = await import('../../gateway/index.ts');
  const { registry } = servers;
  const { signal } = io.interruption;
  const served = serveStdio({
    registry,
    input: io.stdin,
    output: io.stdout,
    logger,
    signal,
    drainMs: STDIO_DRAIN_MS,
  });
  await whileAnswering(context, servers, 'stdio', async () => {
    await firstConnections(context, servers, options.wait, served);
    const accounts = accountsOf(context, servers);
    if (context.json) terminal.note(jsonLine({ servers: accounts, endpoint: 'stdio' }));
    else terminal.note(summary(accounts));
    const stopWatching = watchServers(context, servers.registry);
    await served;
    stopWatching();
  });
  tellStopping(context);
}

/** Waits until every server has connected or failed, or for as long as a person likes to wait, or until `over`. */
async function firstConnections(
  context: CommandContext,
  servers: OpenServers,
  waitMs: number = READY_WAIT_MS,
  over: Promise<void> = new Promise(() => {}),
): Promise<void> {
  const { signal } = context.io.interruption;
  const view = showConnecting(context, servers, !context.json);
  let release = (): void => {};
  const waited = new Promise<void>((resolve) => {
    const timer = systemClock.setTimeout(resolve, waitMs);
    const stop = onAbort(signal, resolve);
    release = () => {
      timer.cancel();
      stop();
    };
  });
  // What is not connected by then goes on trying.
  await Promise.race([servers.registry.connectAll({ signal }), waited, over]);
  release();
  view.end();
}

async function tellReady(context: CommandContext, servers: OpenServers, url: string): Promise<void> {
  const { terminal } = context;
  const accounts = accountsOf(context, servers);
  if (context.json) {
    terminal.print(jsonLine({ endpoint: { url }, file: servers.file, servers: accounts }));
    return;
  }
  const parts = [
    await serverTable(context, accounts),
    '',
    summary(accounts),
    '',
    endpointSnippets(url, servers.file, terminal.out),
  ];
  terminal.print(parts.join('\n'));
  if (terminal.isLive) terminal.note(terminal.err.dim('Ctrl-C stops everything.'));
}

function summary(accounts: readonly ServerAccount[]): string {
  const wanted = accounts.filter(({ state }) => state !== 'disabled');
  const connected = wanted.filter(({ state }) => state === 'connected');
  const asleep = wanted.filter(({ state }) => state === 'sleeping');
  const tools = [...connected, ...asleep].reduce((sum, account) => sum + account.tools, 0);
  const also = asleep.length === 0 ? '' : `, ${asleep.length} asleep`;
  const text = `${connected.length} of ${wanted.length} servers connected${also}, ${tools} tools`;
  if (wanted.length === 0) return 'no server is configured; add one to the config file';
  if (connected.length + asleep.length > 0) return text;
  const isHopeless = wanted.every(({ state }) => state === 'invalid');
  return `${text}; ${isHopeless ? 'correct the entries and start again' : 'none could be reached yet'}`;
}

function tellStopping(context: CommandContext): void {
  const { cause, hurry } = context.io.interruption;
  const why = cause === undefined ? 'the client has gone' : cause;
  const more = hurry.aborted || cause !== 'SIGINT' ? '' : '; Ctrl-C again hurries';
  tell(context, `stopping (${why})${more}`, { event: 'stopping', reason: why });
}

async function closeGateway(context: CommandContext, gateway: Gateway): Promise<void> {
  const { hurry } = context.io.interruption;
  const closing = gateway.close({ drainMs: hurry.aborted ? 0 : DRAIN_MS });
  const release = onAbort(hurry, () => void gateway.close({ drainMs: 0 }));
  await closing;
  release();
  tell(context, 'the endpoint is closed', { event: 'endpoint-closed' });
}

async function interrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
