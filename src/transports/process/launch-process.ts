import type { ResolvedSandbox } from '../../config/sandbox.ts';
import { abortError, onAbort, throwIfAborted } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sleep } from '../../core/sleep.ts';
import { ByteRing } from '../../wire/byte-ring.ts';
import type { StopTimes, TransportContext } from '../transport-context.ts';
import { warnOfCodeLoading } from './code-loading.ts';
import { childEnvironment, type Environment } from './environment.ts';
import { exitError, safeTail } from './exit-error.ts';
import { fillPort, freePort } from './free-port.ts';
import { ManagedProcess } from './managed-process.ts';
import { OutputWatch } from './output-watch.ts';
import { acceptsTcp, answersHttp } from './reachable.ts';

/** When a launched server counts as ready. */
export type LaunchReady =
  /** Its address accepts a TCP connection. */
  | { readonly tcp: true }
  /** A GET of this path, or of this URL, gets any HTTP answer. `{port}` is filled in. */
  | { readonly http: string }
  /** This text appears in what it prints on stdout or stderr. */
  | { readonly output: string };

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

/** Pause between two looks at a server that starts, in ms: doubled up to the second number. */
const PROBE_PAUSE_MS: readonly [number, number] = [10, 250];

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
  const process = await ManagedProcess.start({
    server,
    command: options.command,
    args: (options.args ?? []).map((argument) => fillPort(argument, port)),
    env: childEnvironment(globalThis.process.env, filledEnvironment(options.env ?? {}, port)),
    cwd: options.cwd,
    sandbox: options.sandbox,
    stop: { ...options.stop, eofMs: 0 },
    stderrBytes: limits.stderrBytes,
    clock,
    logger,
  });
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

/** Longest wait for the answer to one look, in ms. */
const PROBE_TIMEOUT_MS = 2000;

interface Waiting {
  readonly process: ManagedProcess;
  readonly url: URL;
  readonly port: number | undefined;
  readonly context: TransportContext;
  readonly signal: AbortSignal;
}

async function untilReady(ready: LaunchReady, waiting: Waiting): Promise<void> {
  const { process, url, port, context, signal } = waiting;
  if ('output' in ready) {
    const watch = new OutputWatch([process.stdout, process.stderr], ready.output);
    try {
      await Promise.race([watch.seen, aborted(signal)]);
    } finally {
      watch.stop();
    }
    return;
  }
  const target = 'http' in ready ? readUrl(fillPort(ready.http, port), url, context.server) : url;
  const probe = 'http' in ready ? answersHttp : acceptsTcp;
  const [firstMs, longestMs] = PROBE_PAUSE_MS;
  let pauseMs = firstMs;
  while (!(await attempt(probe, target, context.clock, signal))) {
    await sleep(context.clock, pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, longestMs);
  }
  throwIfAborted(signal, context.server);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    onAbort(signal, () => reject(abortError(signal)));
    if (signal.aborted) reject(abortError(signal));
  });
}

/** One look, for a limited time: a server that starts may accept a connection and forget it. */
async function attempt(
  probe: (url: URL, signal: AbortSignal) => Promise<boolean>,
  url: URL,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const limited = new AbortController();
  const release = onAbort(signal, () => limited.abort());
  const timer = clock.setTimeout(() => limited.abort(), PROBE_TIMEOUT_MS);
  try {
    return await probe(url, limited.signal);
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

function readUrl(text: string, base: URL | undefined, server: string): URL {
  if (URL.canParse(text, base?.href)) return new URL(text, base?.href);
  throw new SignalboxError('CONFIG_INVALID', 'the address of the launched server is not a URL', { server });
}

function filledEnvironment(env: Environment, port: number | undefined): Environment {
  const filled = Object.create(null) as Record<string, string | undefined>;
  for (const [name, value] of Object.entries(env)) filled[name] = value && fillPort(value, port);
  return filled;
}
