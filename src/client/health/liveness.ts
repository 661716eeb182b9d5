import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { CallOptions } from '../calls/call-options.ts';
import type { Caller } from '../calls/caller.ts';
import type { SignOfLife } from './sign-of-life.ts';

export interface LivenessOptions {
  readonly clock: Clock;
  readonly caller: Caller;
  readonly signOfLife: SignOfLife;
  /** How long a ping waits that does not say it itself, in ms. */
  readonly timeoutMs: number;
}

/** What {@link Liveness.check} has found. */
export interface HealthCheckResult {
  readonly healthy: boolean;
  readonly latencyMs: number | undefined;
  readonly error: Error | undefined;
}

/** Whether a server answers, for those who ask. */
export class Liveness {
  readonly #options: LivenessOptions;

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** Resolves with the latency in ms, after waiting for a connection that is on its way. */
  async ping({ signal, timeoutMs = this.#options.timeoutMs }: CallOptions): Promise<number> {
    const { clock, caller, signOfLife } = this.#options;
    const endsAt = clock.now() + timeoutMs;
    for (let renewals = 0; ; renewals++) {
      const session = await caller.session(signal, Math.max(1, endsAt - clock.now()));
      try {
        return await signOfLife.of(session, Math.max(1, endsAt - clock.now()), signal);
      } catch (error) {
        // The connection is renewing its session already. Who loses that one too is not well.
        if (renewals > 0 || !SignalboxError.is(error) || error.code !== 'SESSION_LOST') throw error;
      }
    }
  }

  async check(options: CallOptions): Promise<HealthCheckResult> {
    try {
      return { healthy: true, latencyMs: await this.ping(options), error: undefined };
    } catch (error) {
      return { healthy: false, latencyMs: undefined, error: error as Error };
    }
  }
}
