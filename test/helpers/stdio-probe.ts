import { systemClock } from '../../src/core/clock.ts';
import type { SignalboxError } from '../../src/core/errors.ts';
import type { LogFields, Logger } from '../../src/core/log.ts';
import { systemRandom } from '../../src/core/random.ts';
import { StdioTransport, type StdioTransportOptions } from '../../src/transports/stdio/stdio-transport.ts';
import type { NoiseKind, Outgoing, TransportReceiver } from '../../src/transports/transport.ts';
import {
  type StopTimes,
  TRANSPORT_LIMITS,
  type TransportContext,
  type TransportLimits,
} from '../../src/transports/transport-context.ts';
import { type FaultyConfig, faultyCommand } from './faulty-server.ts';
import type { ProcessTracker } from './leak-check.ts';
import { until } from './until.ts';

/** One log line. */
export interface LogLine {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** A logger that remembers. */
export class RecordingLogger implements Logger {
  readonly lines: LogLine[] = [];

  debug(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'debug', message, fields });
  }

  info(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  error(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'error', message, fields });
  }
}

/** The context of a transport under test, with a logger that remembers. */
export function recordingContext(
  limits: Partial<TransportLimits> = {},
): TransportContext & { readonly logger: RecordingLogger } {
  return {
    server: 'probe',
    clock: systemClock,
    random: systemRandom,
    logger: new RecordingLogger(),
    limits: { ...TRANSPORT_LIMITS, ...limits },
  };
}

/** Everything that a transport delivered, in order. */
export class RecordingReceiver implements TransportReceiver {
  readonly texts: string[] = [];
  readonly noises: { readonly kind: NoiseKind; readonly sample: string }[] = [];

  message(text: string): void {
    this.texts.push(text);
  }

  noise(kind: NoiseKind, sample: string): void {
    this.noises.push({ kind, sample });
  }

  /** The messages, parsed. */
  get messages(): Record<string, unknown>[] {
    return this.texts.map((text) => JSON.parse(text) as Record<string, unknown>);
  }

  /** Waits until `count` messages have arrived. */
  async count(count: number, ceilingMs?: number): Promise<Record<string, unknown>[]> {
    await until(`${count} messages have arrived`, () => this.texts.length >= count, ceilingMs);
    return this.messages;
  }
}

/** A message on its way out, and what became of it. */
export class SentMessage implements Outgoing {
  readonly expectsAnswer: boolean = true;
  readonly headers: undefined = undefined;
  readonly opensSession: boolean = false;
  readonly longLived: boolean = false;
  settled = false;
  exchange: unknown = undefined;
  isFlushed = false;
  readonly failures: SignalboxError[] = [];
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  flushed(): void {
    this.isFlushed = true;
  }

  failed(error: SignalboxError): void {
    this.failures.push(error);
    this.settled = true;
  }

  /** The error it failed with, if it did. */
  get failure(): SignalboxError | undefined {
    return this.failures[0];
  }
}

/** A request, ready to be sent. */
export function request(id: number | string, method: string, params?: Record<string, unknown>): SentMessage {
  return new SentMessage(JSON.stringify({ jsonrpc: '2.0', id, method, ...(params && { params }) }));
}

/** A call of a tool, ready to be sent. */
export function call(id: number, name: string, args: Record<string, unknown> = {}): SentMessage {
  return request(id, 'tools/call', { name, arguments: args });
}

/** The text that a tool answered with. */
export function textOf(message: Record<string, unknown> | undefined): string {
  const { content } = message!['result'] as { content: { text: string }[] };
  return content[0]!.text;
}

/** Short stages, so that a stop through all of them takes a third of a second. */
export const QUICK_STOP: StopTimes = { eofMs: 150, termMs: 150, killMs: 10_000 };

/** An abort signal that never fires. */
export const NEVER: AbortSignal = new AbortController().signal;

/** A transport under test and what stands around it. */
export interface ProbedStdio {
  readonly transport: StdioTransport;
  readonly receiver: RecordingReceiver;
  readonly log: readonly LogLine[];
  /** Process id of the server. */
  readonly pid: () => number;
}

/** A stdio transport that is not opened yet. */
export function makeStdio(
  options: Partial<StdioTransportOptions>,
  limits: Partial<TransportLimits> = {},
): ProbedStdio {
  const context = recordingContext(limits);
  const transport = new StdioTransport({ command: 'true', stop: QUICK_STOP, ...options }, context);
  return {
    transport,
    receiver: new RecordingReceiver(),
    log: context.logger.lines,
    pid: () => transport.diagnostics().pid!,
  };
}

/** Opens a transport to a misbehaving server, whose process must be gone at the end of the test. */
export async function openFaulty(
  tracker: ProcessTracker,
  config: FaultyConfig,
  options: Partial<StdioTransportOptions> = {},
  limits: Partial<TransportLimits> = {},
): Promise<ProbedStdio> {
  const made = makeStdio({ ...faultyCommand(config), ...options }, limits);
  await made.transport.open(made.receiver, NEVER);
  tracker.track(made.pid());
  return made;
}
