import type { ResolvedSandbox } from '../../config/sandbox.ts';
import { abortError, onAbort, throwIfAborted } from '../../core/abort.ts';
import { SignalboxError } from '../../core/errors.ts';
import { ByteRing } from '../../wire/byte-ring.ts';
import type { StopTimes, TransportContext } from '../transport-context.ts';
import { warnOfCodeLoading } from './code-loading.ts';
import { childEnvironment, type Environment } from './environment.ts';
import { exitError, safeTail } from './exit-error.ts';
import { fillPort, freePort } from './free-port.ts';
import { ManagedProcess } from './managed-process.ts';
import { acceptsTcp } from './reachable.ts';
import { attempt, type LaunchReady, readUrl, untilReady } from './readiness.ts';

/** How a server is started that is then reached through its address. */
export interface LaunchOptions {
  /** Program: a path, or a name that is looked up in PATH. Never read by a shell. */
  readonly command: string;
  /** Default: none. `{port}` is filled in. */
  readonly args?: readonly string[] | undefined;
  /** Variables of the server, beside the few that every child gets. Default: none. `{port}` is filled in. */
  readonly env?: Environment | undefined;
  /** Working directory. Default: the one of this process. */
  readonly cwd?: string | undefined;
  /** Default: none. It must leave the network to the server, which is reached through it. */
  readonly sandbox?: ResolvedSandbox | undefined;
  /** `eofMs` does not apply: to a server with an address the end of stdin says nothing. */
  readonly stop: StopTimes;
  /** The address of the server; `{port}` is filled in. */
  readonly url: string;
  /** What stands for `{port}`; `'auto'` picks a free port of 127.0.0.1. Default: none. */
  readonly port?: 'auto' | number | undefined;
  /** Default `{ tcp: true }`. */
  readonly ready?: LaunchReady | undefined;
  /** Longest wait for readiness, in ms. */
  readonly readyTimeoutMs: number;
}

/** A process that is ready. */
export interface LaunchedProcess {
  readonly process: ManagedProcess;
  readonly port: number | undefined;
  /** The last lines of stderr, or of stdout if it says nothing on stderr; not sanitised. */
  readonly tail: () => string[];
}

/**
 * Starts a server and waits until it is ready. Rejects with SPAWN_FAILED, LAUNCH_FAILED or what `signal` says, when
 * the process and its group are gone again.
 */
export async function launchProcess(
  options: LaunchOptions,
  context: TransportContext,
  signal: AbortSignal,
): Promise<LaunchedProcess> {
  const { server, clock, logger, limits } = context;
  throwIfAborted(signal, server);
  const port = options.port === 'auto' ? await freePort(server) : options.port;
  const url = readUrl(fillPort(options.url, port), undefined, server);
  if (options.port !== 'auto') await refuseOccupied(url, context, signal);
  warnOfCodeLoading(logger, server, options.env ?? {});
  const process = await ManagedProcess.start(
    {
      command: options.command,
      args: (options.args ?? []).map((argument) => fillPort(argument, port)),
      env: childEnvironment(globalThis.process.env, filledEnvironment(options.env ?? {}, port)),
      cwd: options.cwd,
      sandbox: options.sandbox,
      stop: { ...options.stop, eofMs: 0 },
    },
    context,
  );
  const stdout = new ByteRing(limits.stderrBytes);
  process.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  const tail = (): string[] => {
    const stderr = process.stderrTail();
    return stderr.length > 0 ? stderr : stdout.lastLines(20);
  };
  const waiting = new AbortController();
  const release = onAbort(signal, () => waiting.abort(abortError(signal, server)));
  const timer = clock.setTimeout(
    () => waiting.abort(notReady(options, url, server, tail())),
    options.readyTimeoutMs,
  );
  void process.exited.then(() => waiting.abort());
  try {
    if (signal.aborted) waiting.abort(abortError(signal, server));
    await untilReady(options.ready ?? { tcp: true }, { process, url, port, context, signal: waiting.signal });
    return { process, port, tail };
  } catch (error) {
    if (process.hasExited && !signal.aborted) {
      const status = await process.exited;
      await process.releaseStreams();
      await process.gone;
      throw exitError('LAUNCH_FAILED', server, status, tail(), process.hint(tail()));
    }
    await process.stop();
    process.destroyStreams();
    throw error;
  } finally {
    release();
    timer.cancel();
  }
}

/** A stranger at our address would be taken for the server, and the server would fail to listen. */
async function refuseOccupied(
  url: URL,
  { server, clock }: TransportContext,
  signal: AbortSignal,
): Promise<void> {
  if (!(await attempt(acceptsTcp, url, clock, signal))) return;
  const what = `something listens at ${url.host} already; stop it, or set "port": "auto"`;
  throw new SignalboxError('LAUNCH_FAILED', what, { server });
}

function notReady(options: LaunchOptions, url: URL, server: string, tail: readonly string[]): SignalboxError {
  const ready = options.ready ?? { tcp: true };
  const where =
    'output' in ready
      ? `did not print ${JSON.stringify(ready.output)}`
      : `did not answer at ${'http' in ready ? ready.http : url.host}`;
  const what = `the server ${where} within ${options.readyTimeoutMs} ms; raise readyTimeoutMs if it is slow`;
  return new SignalboxError('LAUNCH_FAILED', what, { server, details: { stderrTail: safeTail(tail) } });
}

function filledEnvironment(env: Environment, port: number | undefined): Environment {
  const filled = Object.create(null) as Record<string, string | undefined>;
  for (const [name, value] of Object.entries(env)) filled[name] = value && fillPort(value, port);
  return filled;
}
