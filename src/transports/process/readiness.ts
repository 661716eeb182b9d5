import { abortError, onAbort, throwIfAborted } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sleep } from '../../core/sleep.ts';
import type { TransportContext } from '../transport-context.ts';
import { fillPort } from './free-port.ts';
import type { ManagedProcess } from './managed-process.ts';
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

/** Pause between two looks at a server that starts, in ms: doubled up to the second number. */
const PROBE_PAUSE_MS: readonly [number, number] = [10, 250];

/** Longest wait for the answer to one look, in ms. */
const PROBE_TIMEOUT_MS = 2000;

/** What is waited for. */
export interface Waiting {
  readonly process: ManagedProcess;
  readonly url: URL;
  readonly port: number | undefined;
  readonly context: TransportContext;
  readonly signal: AbortSignal;
}

/** Resolves when the server is ready; rejects when `signal` fires. */
export async function untilReady(ready: LaunchReady, waiting: Waiting): Promise<void> {
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
export async function attempt(
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

/** @throws SignalboxError CONFIG_INVALID */
export function readUrl(text: string, base: URL | undefined, server: string): URL {
  if (URL.canParse(text, base?.href)) return new URL(text, base?.href);
  throw new SignalboxError('CONFIG_INVALID', 'the address of the launched server is not a URL', { server });
}
