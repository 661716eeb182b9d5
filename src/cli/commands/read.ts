import { SignalboxError } from '../../core/errors.ts';
import type { ReadResourceResult } from '../../protocol/mcp-types.ts';
import { requireServer } from '../choose-servers.ts';
import type { CommandContext } from '../command-context.ts';
import { connectServers } from '../connect-servers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { closeServers, type OpenServers, openServers, readConfig } from '../open-servers.ts';
import { jsonLine } from '../output/json.ts';
import { rawBytes, resourceText } from '../output/result-text.ts';

export interface ReadOptions {
  /** The server to ask. Default: the one that lists the URI, or whose template it fits. */
  readonly server?: string | undefined;
  /** Time without answer, in ms. */
  readonly timeout?: number | undefined;
  /** Text and bytes are printed as they came. */
  readonly raw?: boolean | undefined;
}

/** `signalbox read`: reads one resource and prints it. */
export async function read(context: CommandContext, uri: string, options: ReadOptions): Promise<ExitCode> {
  const config = await readConfig(context);
  const { server } = options;
  if (server !== undefined) requireServer(config, server);
  const servers = openServers(context, config, (name) => server === undefined || name === server);
  try {
    const result = await readOne(context, servers, uri, options);
    if (context.json) context.terminal.print(jsonLine(result));
    else if (options.raw === true) context.terminal.printRaw(rawBytes(result));
    else context.terminal.print(resourceText(result));
    return EXIT.ok;
  } finally {
    await closeServers(context, servers.registry, { drainMs: 0 });
  }
}

async function readOne(
  context: CommandContext,
  servers: OpenServers,
  uri: string,
  { server, timeout }: ReadOptions,
): Promise<ReadResourceResult> {
  const results = await connectServers(context, servers);
  const failed = [...results].flatMap(([name, { error }]) => (error === undefined ? [] : [{ name, error }]));
  if (server !== undefined && failed[0] !== undefined) throw failed[0].error;
  try {
    return await servers.registry.readResource(uri, {
      signal: context.io.interruption.signal,
      ...(server === undefined ? {} : { server }),
      ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    });
  } catch (error) {
    if (!SignalboxError.is(error) || error.code !== 'UNKNOWN_NAME') throw error;
    throw notFound(context, uri, failed, error);
  }
}

/** A server that is not there may well be the one that has it. */
function notFound(
  context: CommandContext,
  uri: string,
  failed: readonly { readonly name: string; readonly error: SignalboxError }[],
  cause: SignalboxError,
): SignalboxError {
  const wanted = context.terminal.peer(uri, 200);
  if (failed.length === 0) {
    const cure = 'with --server NAME a server is asked for what it does not list';
    return new SignalboxError('UNKNOWN_NAME', `no server offers the resource "${wanted}"; ${cure}`, {
      cause,
    });
  }
  const names = failed.map(({ name }) => name).join(', ');
  const message = `no connected server offers the resource "${wanted}", and these are not connected: ${names}`;
  return new SignalboxError('CONNECT_FAILED', message, { cause: failed[0]?.error });
}
