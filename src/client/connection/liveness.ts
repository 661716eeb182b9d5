import type { ResolvedSettings } from '../../config/settings.ts';
import { RemoteError } from '../../core/errors.ts';
import type { Session } from '../../protocol/session/session.ts';
import type { CallOptions } from '../calls/call-options.ts';
import type { Caller } from '../calls/caller.ts';
import type { Connection } from './connection.ts';
import type { ClientEnvironment } from './connector.ts';
import { Heartbeat } from './heartbeat.ts';

/** How long a ping waits that was asked for, in ms. */
const PING_TIMEOUT_MS = 5000;

export interface LivenessEnvironment {
  readonly name: string;
  readonly settings: ResolvedSettings;
  readonly environment: ClientEnvironment;
  readonly connection: Connection;
  readonly caller: Caller;
}

/** What {@link Liveness.check} has found. */
export interface HealthCheckResult {
  readonly healthy: boolean;
  readonly latencyMs: number | undefined;
  readonly error: Error | undefined;
}

/** Whether a server answers: asked by somebody, or from time to time by itself. */
export class Liveness {
  readonly heartbeat: Heartbeat;
  readonly #on: LivenessEnvironment;

  constructor(on: LivenessEnvironment) {
    this.#on = on;
    const { clock, random } = on.environment;
    this.heartbeat = new Heartbeat(on.settings.heartbeat, {
      name: on.name,
      clock,
      random,
      ping: (timeoutMs, signal) => signOfLife(on.connection.session, timeoutMs, signal),
      stale: (cause) => on.connection.stale(cause),
    });
  }

  async ping(options: CallOptions): Promise<number> {
    const { clock } = this.#on.environment;
    const startedAt = clock.now();
    const waitMs = options.timeoutMs ?? PING_TIMEOUT_MS;
    const session = await this.#on.caller.session(options.signal, waitMs);
    const timeoutMs = Math.max(1, waitMs - (clock.now() - startedAt));
    try {
      await signOfLife(session, timeoutMs, options.signal);
    } catch (error) {
      // Any answer proves life: some servers do not know the method.
      if (!(error instanceof RemoteError)) throw error;
    }
    return clock.now() - startedAt;
  }

  async check(options: CallOptions): Promise<HealthCheckResult> {
    try {
      return { healthy: true, latencyMs: await this.ping(options), error: undefined };
    } catch (error) {
      return { healthy: false, latencyMs: undefined, error: error as Error };
    }
  }
}

/** Asks in the manner of the era. */
async function signOfLife(
  session: Session | undefined,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const method = session?.era?.pingMethod ?? 'ping';
  await session?.request(method, method === 'ping' ? undefined : {}, { timeoutMs, signal });
}
