import type { ResolvedSettings } from '../../config/settings.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { RemoteError, SignalboxError } from '../../core/errors.ts';

export interface HeartbeatEnvironment {
  readonly name: string;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  /** Asks the server for a sign of life, in the manner of its era. Rejects if there is none. */
  ping(timeoutMs: number, signal: AbortSignal): Promise<unknown>;
  /** Told once, of a connection that is to be made anew. */
  stale(cause: SignalboxError): void;
}

/**
 * Pings a server that has been silent for a while: a peer that hangs, or a network path that was cut without a word,
 * shows only to those who ask (2025-11-25, utilities, ping). Whatever the server says is a sign of life, so that a busy
 * connection is never pinged.
 */
export class Heartbeat {
  readonly #settings: ResolvedSettings['heartbeat'];
  readonly #environment: HeartbeatEnvironment;
  #timer: Timer | undefined;
  #ping: AbortController | undefined;
  #isHeard = false;
  #misses = 0;

  constructor(settings: ResolvedSettings['heartbeat'], environment: HeartbeatEnvironment) {
    this.#settings = settings;
    this.#environment = environment;
  }

  /** The server has said something. Costs nothing: it stands in the way of every answer. */
  heard(): void {
    this.#isHeard = true;
  }

  /** A connection stands. */
  start(): void {
    this.stop();
    if (this.#settings.intervalMs === Number.POSITIVE_INFINITY) return;
    this.#misses = 0;
    this.#isHeard = false;
    this.#wait();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#ping?.abort();
    this.#ping = undefined;
  }

  /** With jitter, so that many clients of one server do not beat in time. */
  #wait(): void {
    const { clock, random } = this.#environment;
    this.#timer = clock.setTimeout(
      () => void this.#beat(),
      this.#settings.intervalMs * (0.9 + 0.2 * random()),
    );
    // To be connected is no reason for a process to live on.
    this.#timer.unref();
  }

  async #beat(): Promise<void> {
    if (!this.#isHeard) {
      const ping = new AbortController();
      this.#ping = ping;
      const isAlive = await this.#environment.ping(this.#settings.timeoutMs, ping.signal).then(
        () => true,
        // Some servers do not know the method: an answer all the same.
        (error: unknown) => error instanceof RemoteError,
      );
      if (this.#ping !== ping) return; // stopped, or begun anew, meanwhile
      this.#ping = undefined;
      // Slow to answer a ping, but busy with something else.
      this.#misses = isAlive || this.#isHeard ? 0 : this.#misses + 1;
      if (this.#misses >= this.#settings.misses) {
        this.#environment.stale(this.#silent());
        return;
      }
    } else {
      this.#misses = 0;
    }
    this.#isHeard = false;
    this.#wait();
  }

  #silent(): SignalboxError {
    const { misses, timeoutMs } = this.#settings;
    return new SignalboxError(
      'CONNECTION_LOST',
      `${misses} pings in a row had no answer within ${timeoutMs} ms; the connection is made anew`,
      { server: this.#environment.name, retryable: true, details: { misses, timeoutMs } },
    );
  }
}
