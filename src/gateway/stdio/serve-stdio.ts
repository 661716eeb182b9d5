import type { Readable, Writable } from 'node:stream';
import { type Clock, systemClock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { guardLogger, type Logger, silentLogger } from '../../core/log.ts';
import { sleep } from '../../core/sleep.ts';
import type { ServerRegistry } from '../../registry/server-registry.ts';
import { LineDecoder } from '../../wire/line-framing.ts';
import { createCore } from '../gateway-core.ts';
import { type GatewayLimits, resolveLimits } from '../gateway-options.ts';
import { LineWriter } from './line-writer.ts';
import { StdioClient } from './stdio-client.ts';

/** How a registry is served on a pair of streams. */
export interface ServeStdioOptions {
  /** The servers to stand before. It is neither connected nor shut down here. */
  readonly registry: ServerRegistry;
  /** Where the client writes: usually `process.stdin`. */
  readonly input: Readable;
  /** Where the client reads: usually `process.stdout`, which nothing else may write to. It is not ended here. */
  readonly output: Writable;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly limits?: Partial<GatewayLimits>;
  /** Ends the service as the end of the input does. */
  readonly signal?: AbortSignal;
  /** Time that requests in flight get after the end of the input, in ms. Default 1 500. */
  readonly drainMs?: number;
}

/** Clients give a server about 2 s between the end of its input and SIGTERM. */
const DRAIN_MS = 1500;

/**
 * Serves one client over newline-delimited JSON, in whichever era it speaks. Resolves when the input has ended, or
 * the output has failed, and everything in flight is settled.
 */
export async function serveStdio(options: ServeStdioOptions): Promise<void> {
  const { registry, input, output, signal, drainMs = DRAIN_MS } = options;
  const clock = options.clock ?? systemClock;
  const logger = guardLogger(options.logger ?? silentLogger);
  const limits = resolveLimits(options.limits);
  const core = createCore({ registry, clock, logger, limits });
  const writer = new LineWriter(output, limits.bufferedBytes);
  const client = new StdioClient(core, writer);
  await readAll({ input, output, signal, writer, client, maxLineBytes: limits.bodyBytes });
  const over = new AbortController();
  const drained = client.drain();
  await Promise.race([drained, sleep(clock, drainMs, over.signal).catch(() => undefined)]);
  over.abort();
  client.abort(new SignalboxError('CONNECTION_CLOSED', 'the gateway is shutting down', { retryable: true }));
  await drained;
  core.changes.close();
  await writer.close();
}

interface Reading {
  readonly input: Readable;
  readonly output: Writable;
  readonly signal: AbortSignal | undefined;
  readonly writer: LineWriter;
  readonly client: StdioClient;
  readonly maxLineBytes: number;
}

/** Feeds the client with lines until there are no more, or nobody reads the answers. */
function readAll({ input, output, signal, writer, client, maxLineBytes }: Reading): Promise<void> {
  return new Promise((resolve) => {
    const decoder = new LineDecoder(
      {
        line: (text) => client.line(text),
        fault: (fault) => {
          client.unreadable(
            fault === 'too-large' ? `the line is longer than ${maxLineBytes} bytes` : 'not UTF-8',
          );
          // Where the next line begins is unknown, and it may never end.
          if (fault === 'too-large') finish();
        },
      },
      maxLineBytes,
    );
    const onData = (chunk: Buffer | string): void => {
      decoder.push(typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk);
      // S19: a client that does not read its answers is not asked for more.
      if (writer.isBehind) input.pause();
    };
    const onDrain = (): void => {
      input.resume();
    };
    const onEnd = (): void => {
      decoder.end();
      finish();
    };
    const finish = (): void => {
      input.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onEnd);
      output.off('drain', onDrain).off('close', onEnd);
      signal?.removeEventListener('abort', onEnd);
      input.pause();
      resolve();
    };
    input.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onEnd);
    // EPIPE: the client has gone. The listener stays, or a late error would end the process.
    output.on('error', onEnd).on('drain', onDrain).on('close', onEnd);
    signal?.addEventListener('abort', onEnd, { once: true });
    if (signal?.aborted === true) finish();
  });
}
