import { text as readAll } from 'node:stream/consumers';
import { abortError, onAbort } from '../../core/abort.ts';
import type { CallToolResult } from '../../protocol/mcp-types.ts';
import { toolArguments } from '../arguments/schema-values.ts';
import { type GivenArgument, parseInputObject, parseToolArguments } from '../arguments/tool-arguments.ts';
import { ownersOf } from '../choose-servers.ts';
import { type CommandContext, tell } from '../command-context.ts';
import { connectServers } from '../connect-servers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findTool } from '../find-tool.ts';
import { closeServers, type OpenServers, openServers, readConfig } from '../open-servers.ts';
import { jsonLine } from '../output/json.ts';
import { showProgress } from '../output/progress.ts';
import { rawBytes, toolResultText } from '../output/result-text.ts';

export interface CallCommandOptions {
  /** Time without answer or progress, in ms. */
  readonly timeout?: number | undefined;
  /** A JSON object of arguments, or `-` for stdin. */
  readonly input?: string | undefined;
  /** Text blocks are printed as they came. */
  readonly raw?: boolean | undefined;
}

/** `signalbox call`: calls one tool and prints what it answers. Only the servers that may own the name are started. */
export async function call(
  context: CommandContext,
  name: string,
  words: readonly string[],
  options: CallCommandOptions,
): Promise<ExitCode> {
  // What can be wrong without any server is told before one is started.
  const given = parseToolArguments(words);
  const input = await inputObject(context, options.input);
  const config = await readConfig(context);
  const owners = ownersOf(config, name);
  const servers = openServers(context, config, (server) => owners.has(server));
  try {
    const result = await callOne(context, servers, name, { given, input }, options);
    printResult(context, result, options.raw === true);
    if (result.isError !== true) return EXIT.ok;
    const what = `${context.terminal.peer(name, 128)}: the tool reported an error`;
    tell(context, `${context.terminal.err.red('signalbox:')} ${what}`, {
      error: { code: 'TOOL_ERROR', message: what, retryable: false, delivered: 'yes' },
    });
    return EXIT.serverError;
  } finally {
    await closeServers(context, servers.registry, { drainMs: 0 });
  }
}

async function callOne(
  context: CommandContext,
  servers: OpenServers,
  name: string,
  { given, input }: { given: readonly GivenArgument[]; input: Readonly<Record<string, unknown>> },
  options: CallCommandOptions,
): Promise<CallToolResult> {
  const results = await connectServers(context, servers);
  const found = await findTool(servers, results, name);
  const args = toolArguments(found.tool, input, given);
  const progress = showProgress(context);
  try {
    return await servers.registry.callTool(found.name, args, {
      signal: context.io.interruption.signal,
      ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
      // A server that nobody watches need not report.
      ...(context.terminal.isLive ? { onProgress: progress.update } : {}),
    });
  } finally {
    progress.end();
  }
}

async function inputObject(
  { io }: CommandContext,
  input: string | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  if (input === undefined) return {};
  if (input !== '-') return parseInputObject(input, '--input');
  // Somebody may have asked for it by mistake and end it with Ctrl-C: there is no end of stdin then.
  const { signal } = io.interruption;
  let release = (): void => {};
  const interrupted = new Promise<never>((_resolve, reject) => {
    release = onAbort(signal, () => reject(abortError(signal)));
  });
  try {
    return parseInputObject(await Promise.race([readAll(io.stdin), interrupted]), 'what stdin holds');
  } finally {
    release();
  }
}

function printResult(context: CommandContext, result: CallToolResult, isRaw: boolean): void {
  if (context.json) context.terminal.print(jsonLine(result));
  else if (isRaw) context.terminal.printRaw(rawBytes(result));
  else context.terminal.print(toolResultText(result));
}
