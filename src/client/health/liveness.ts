import type { ResolvedSettings } from '../../config/settings.ts';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { CallOptions } from '../calls/call-options.ts';
import type { Caller } from '../calls/caller.ts';
import type { SignOfLife } from './sign-of-life.ts';

/** The client whose server is asked. */
export interface LivenessOwner {
  readonly settings: Pick<ResolvedSettings, 'health'>;
  readonly environment: { readonly clock: Clock };
  readonly caller: Pick<Caller, 'session'>;
}

/** What `McpClient.healthCheck` has found. */
export interface HealthCheckResult {
  readonly healthy: boolean;
  readonly latencyMs: number | undefined;
  readonly error: Error | undefined;
}

/** Whether a server answers, for those who ask. */
export class Liveness {
  readonly #owner: LivenessOwner;
  readonly #signOfLife: SignOfLife;

  constructor(owner: LivenessOwner, signOfLife: SignOfLife) {
    this.#owner = owner;
    this.#signOfLife = signOfLife;
  }

  /** Resolves with the latency in ms, after waiting for a connection that is on its way. */
  async ping({ signal, timeoutMs = this.#owner.settings.health.timeoutMs }: CallOptions): Promise<number> {
    const { environment, caller } = this.#owner;
    const { clock } = environment;
    const endsAt = clock.now() + timeoutMs;
    for (let renewals = 0; ; renewals++) {
      const session = await caller.session(signal, Math.max(1, endsAt - clock.now()));
      try {
        return await this.#signOfLife.of(session, Math.max(1, endsAt - clock.now()), signal);
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
