import { type Clock, systemClock } from '../../src/core/clock.ts';
import { type Deferred, deferred } from '../../src/core/deferred.ts';
import type { SignalboxError } from '../../src/core/errors.ts';
import { type LogFields, type Logger, silentLogger } from '../../src/core/log.ts';
import type { NoiseKind, Outgoing, TransportReceiver } from '../../src/transports/transport.ts';
import {
  TRANSPORT_LIMITS,
  type TransportContext,
  type TransportLimits,
} from '../../src/transports/transport-context.ts';
import type { TransportTally } from '../../src/transports/transport-tally.ts';

/** Something a transport delivered. */
export interface Delivered {
  readonly text: string;
  readonly exchange: Outgoing | undefined;
  readonly status: number | undefined;
}

/** Stands where a session stands: keeps what arrives, and settles a request by the id of its answer. */
export class ProbeReceiver implements TransportReceiver {
  readonly messages: Delivered[] = [];
  readonly events: { readonly type: string; readonly data: unknown }[] = [];
  readonly lostSessions: SignalboxError[] = [];
  readonly noises: { readonly kind: NoiseKind; readonly sample: string }[] = [];

  message(text: string, exchange: Outgoing | undefined, status?: number): void {
    this.messages.push({ text, exchange, status });
    let value: { id?: unknown; method?: unknown; error?: unknown };
    try {
      value = JSON.parse(text) as typeof value;
    } catch {
      return;
    }
    if (!(exchange instanceof ProbeOutgoing) || value.method !== undefined) return;
    if (value.id === exchange.id || (value.id == null && value.error !== undefined)) exchange.answer(value);
  }

  told(type: string, data: unknown): void {
    this.events.push({ type, data });
  }

  sessionLost(error: SignalboxError): void {
    this.lostSessions.push(error);
  }

  noise(kind: NoiseKind, sample: string): void {
    this.noises.push({ kind, sample });
  }
}

/** What a message may ask for. */
export interface ProbeOptions {
  readonly id?: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly expectsAnswer?: boolean;
  readonly opensSession?: boolean;
  readonly longLived?: boolean;
}

let nextId = 1;

/** A request as a session would make it; `result` tells how it ended. */
export class ProbeOutgoing implements Outgoing {
  readonly id: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly expectsAnswer: boolean;
  readonly opensSession: boolean;
  readonly longLived: boolean;
  settled = false;
  exchange: unknown = undefined;
  flushes = 0;
  failures = 0;
  error: SignalboxError | undefined;
  readonly #outcome: Deferred<unknown> = deferred();

  constructor(options: ProbeOptions = {}) {
    this.id = options.id ?? nextId++;
    this.expectsAnswer = options.expectsAnswer ?? true;
    this.opensSession = options.opensSession ?? false;
    this.longLived = options.longLived ?? false;
    this.headers = options.headers;
    const method = options.method ?? 'tools/call';
    this.text = JSON.stringify(
      this.expectsAnswer ? { jsonrpc: '2.0', id: this.id, method } : { jsonrpc: '2.0', method },
    );
    this.#outcome.promise.catch(() => {});
  }

  /** The answer, or the typed error that the request failed with. */
  get result(): Promise<unknown> {
    return this.#outcome.promise;
  }

  flushed(): void {
    this.flushes++;
  }

  answer(value: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.#outcome.resolve(value);
  }

  failed(error: SignalboxError): void {
    if (this.settled) return;
    this.settled = true;
    this.failures++;
    this.error = error;
    this.#outcome.reject(error);
  }

  /** The error that the request must fail with. */
  async failure(): Promise<SignalboxError> {
    try {
      const value = await this.result;
      throw new Error(`an error was expected, got ${JSON.stringify(value)}`);
    } catch (error) {
      if (this.error === undefined) throw error;
      return this.error;
    }
  }
}

/** A log line that was written. */
export interface LogLine {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps its lines. */
export function recordingLogger(lines: LogLine[]): Logger {
  const at =
    (level: keyof Logger) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push({ level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** What a transport is given in tests: real time, no chance, default limits, silence. */
export function probeContext(
  options: {
    readonly clock?: Clock;
    readonly random?: () => number;
    readonly limits?: Partial<TransportLimits>;
    readonly logger?: Logger;
    readonly tally?: TransportTally;
  } = {},
): TransportContext {
  return {
    server: 'probe',
    clock: options.clock ?? systemClock,
    random: options.random ?? (() => 0),
    logger: options.logger ?? silentLogger,
    limits: { ...TRANSPORT_LIMITS, ...options.limits },
    tally: options.tally,
  };
}
